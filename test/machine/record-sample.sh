#!/usr/bin/env bash
# Records the sample host anew: a virtual Debian 13 with the containers of sample-host.sh, asked by the built executable.
# usage: record-sample.sh [DIR]      DIR holds the machine (default: a folder that is removed again); one that runs there is used as it is
# Needs root, `npm run build`, and what build-image.sh and boot.sh need. Five minutes the first time.
set -euo pipefail
cd "$(dirname "$0")"
harden=../../dist/harden
target=../../snapshots/hosts/debian-13-sample.json
[ -x "$harden" ] || { echo "record-sample: no $harden; run npm run build" >&2; exit 1; }

dir=${1:-}
new=no
if [ -z "$dir" ]; then
  dir=$(mktemp -d /var/tmp/harden-machine-XXXXXX)
  trap './boot.sh stop "$dir" >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
fi
if ! ./boot.sh run "$dir" true 2>/dev/null; then
  [ -e "$dir/disk.qcow2" ] || new=yes
  ./build-image.sh trixie
  ./boot.sh start "$dir" trixie
fi
if [ "$new" = yes ]; then
  ./boot.sh run "$dir" 'bash -s' <sample-host.sh
fi
./boot.sh copy "$dir" "$harden" /usr/local/sbin/harden
./boot.sh run "$dir" 'chmod 755 /usr/local/sbin/harden && umask 077 && harden record -o /run/recording.json >&2 && cat /run/recording.json && rm /run/recording.json' >"$target.new"
./boot.sh run "$dir" 'rm /usr/local/sbin/harden'
mv "$target.new" "$target"
