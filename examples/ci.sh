#!/bin/sh
# Plans from a recording of a host for a change review. Usage: ci.sh RECORDING; exit 2: changes are pending.
set -eu
recording=$1
harden plan --from "$recording" --format md --exit-code \
  -o plan.json --report junit:harden.junit.xml --report sarif:harden.sarif > plan.md
