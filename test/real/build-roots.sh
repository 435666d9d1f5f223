#!/usr/bin/env bash
# Builds the Debian roots the real-host tests run on, once; later runs find them in the cache.
# usage: build-roots.sh [SUITE ...]      default: bullseye bookworm trixie forky
# A root is complete when SUITE.ok stands beside it; a half-built one is built anew.
set -euo pipefail
cache=${HARDEN_TEST_ROOTS:-/var/cache/harden-test/roots}
mirror=${HARDEN_TEST_MIRROR:-}
if [ -z "$mirror" ]; then
  mirror=$(sed -nE 's/^URIs: *([^ ]*\/debian)\/?$/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || mirror=$(sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]*\/debian)\/? .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || { echo "build-roots: no Debian mirror in the apt sources; set HARDEN_TEST_MIRROR" >&2; exit 1; }
fi
[ $# -gt 0 ] || set -- bullseye bookworm trixie forky
common=auditd,docker.io,iptables,iproute2,procps,kmod,acl,attr,systemd,systemd-sysv,dbus,udev
mkdir -p "$cache"
for suite in "$@"; do
  root=$cache/$suite
  [ -e "$root.ok" ] && continue
  rm -rf "$root"
  packages=$common
  case $suite in trixie | forky) packages=$packages,docker-cli ;; esac
  script=/usr/share/debootstrap/scripts/$suite
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  started=$SECONDS
  if ! debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" "$script" >"$root.log" 2>&1; then
    echo "build-roots: debootstrap $suite failed; the end of $root.log:" >&2
    tail -n 20 "$root.log" >&2
    exit 1
  fi
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  : >"$root/etc/machine-id"
  cp /bin/busybox "$root/bin/busybox.static"
  : >"$root.ok"
  echo "build-roots: $suite built in $((SECONDS - started)) s"
done
