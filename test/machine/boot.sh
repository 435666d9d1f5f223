#!/usr/bin/env bash
# A whole Debian machine in software emulation: real boot, systemd, kernel audit, Docker. It can reboot and lose power.
# Its processor lacks cmpxchg16b: emulated, that instruction crashes newer kernels at boot (QEMU 7.2).
# usage: boot.sh start DIR [SUITE]    boots from a disk of its own below DIR (made on first use) and waits until all units are up
#        boot.sh run DIR COMMAND...   runs a command in it as root; standard input, output and exit code are the command's
#        boot.sh copy DIR FILE PATH   puts a file of this machine into it
#        boot.sh stop DIR             shuts it down; boot.sh cut DIR: takes its power away
# The disk outlives stop and cut: start boots it again. The machine's network is qemu's own (10.0.2.0/24) and cannot be reached
# but through one forwarded port of 127.0.0.1. Needs build-image.sh SUITE, qemu-system-x86 and an ssh client.
set -euo pipefail
action=$1 dir=$2
shift 2

image_of() {
  echo "${HARDEN_TEST_MACHINES:-/var/cache/harden-test/machines}/$1"
}

start() {
  local image port
  if runs; then echo "boot: a machine runs in $dir already" >&2; exit 1; fi
  rm -f "$dir/pid" "$dir/console"
  image=$(image_of "${1:-trixie}")
  mkdir -p "$dir"
  [ -e "$dir/disk.qcow2" ] || qemu-img create -q -f qcow2 -F qcow2 -b "$image/base.qcow2" "$dir/disk.qcow2"
  install -m 600 "$image/key" "$dir/key"
  # A port nobody has: the range is searched from a place that differs between folders.
  port=$((20000 + $(cksum <<<"$dir" | cut -d' ' -f1) % 20000))
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port" >"$dir/port"
  setsid qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-cx16 -m 2048 -smp 2 -kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
    -append 'root=/dev/vda rw console=ttyS0 net.ifnames=0' -drive "file=$dir/disk.qcow2,if=virtio" \
    -netdev "user,id=n0,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=n0 \
    -display none -serial "file:$dir/console" -monitor none -pidfile "$dir/pid" </dev/null >"$dir/qemu.log" 2>&1 &
  wait_for 600 inside true
  wait_for 300 inside 'systemctl is-system-running --wait >/dev/null; systemctl is-active -q docker auditd'
}

inside() {
  ssh -q -i "$dir/key" -p "$(cat "$dir/port")" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=10 \
    -o BatchMode=yes root@127.0.0.1 "$@"
}

wait_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@" </dev/null; do
    if [ -e "$dir/pid" ] && ! runs; then tail -n 5 "$dir/qemu.log" "$dir/console" >&2; exit 1; fi
    [ "$SECONDS" -lt "$until" ] || { echo "boot: the machine did not come up; the end of its console:" >&2; tail -n 20 "$dir/console" >&2; exit 1; }
    sleep 2
  done
}

runs() {
  [ -e "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null
}

gone() {
  for _ in $(seq "$1"); do
    runs || { rm -f "$dir/pid"; return 0; }
    sleep 1
  done
  return 1
}

case $action in
  start) start "$@" ;;
  run) inside "$@" ;;
  copy) inside "mkdir -p '$(dirname "$2")' && cat >'$2'" <"$1" ;;
  stop)
    inside poweroff || true
    gone 120 || { kill -KILL "$(cat "$dir/pid")"; gone 10; }
    ;;
  cut)
    kill -KILL "$(cat "$dir/pid")"
    gone 10
    ;;
  *)
    echo "boot: $action is not an action" >&2
    exit 64
    ;;
esac
