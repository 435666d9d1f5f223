#!/usr/bin/env bash
# Keeps one throwaway Debian host alive until its standard input ends, then ends everything in it and leaves nothing behind.
# Runs inside mount, net, uts and ipc namespaces of its own (throwaway-host.ts starts it so); standard input ends with its
# starter, however that one dies.
# usage: throwaway-keeper.sh plain|systemd BASE ROOT CGROUP HOSTNAME AUDIT STATE [FROM:TO ...]
#   BASE: an empty folder; ROOT: the Debian root, only read; CGROUP: a cgroup v2 folder of this host's own; AUDIT: yes|no
#   STATE: disk (a small ext4 at /var/lib/harden) or overlay (nothing there)
# Prints `ready PID`, where PID is a process inside the host.
set -euo pipefail
kind=$1 base=$2 root=$3 cgroup=$4 name=$5 audit=$6 state=$7
shift 7
inside=

mount_host() {
  mount -t tmpfs -o mode=0755 harden-test "$base"
  mkdir "$base/upper" "$base/work" "$base/merged"
  chmod --reference="$root" "$base/upper"
  mount -t overlay -o "lowerdir=$root,upperdir=$base/upper,workdir=$base/work" overlay "$base/merged"
  cd "$base/merged"
  mkdir -p var/lib/docker var/lib/containerd
  mount -t tmpfs -o mode=0710 tmpfs var/lib/docker
  mount -t tmpfs -o mode=0711 tmpfs var/lib/containerd
  if [ "$state" = disk ]; then mount_state; fi
}

# What harden keeps stands on a disk of its own: the overlay's own parts are in memory.
mount_state() {
  truncate -s 64M "$base/state.img"
  mkfs.ext4 -q -F -m 0 -b 4096 -E lazy_itable_init=1,lazy_journal_init=1 "$base/state.img"
  mkdir -p var/lib/harden
  mount -o loop "$base/state.img" var/lib/harden
  rmdir var/lib/harden/lost+found
  chmod 0700 var/lib/harden
}

start_plain() {
  mount --rbind /proc proc
  mount -t sysfs sysfs sys
  mount --rbind /sys/fs/cgroup sys/fs/cgroup
  own_devices
  mount -t tmpfs -o mode=0755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  local pair
  for pair in "$@"; do
    if [ -d "${pair%%:*}" ]; then mkdir -p ".${pair#*:}"; else mkdir -p ".$(dirname "${pair#*:}")"; : >".${pair#*:}"; fi
    mount --bind "${pair%%:*}" ".${pair#*:}"
  done
  hostname "$name"
  ip link set lo up
  if [ "$audit" = yes ]; then wipe_audit; fi
  # Its root is the host's root for good: no path of the machine outside is left in that namespace.
  unshare --mount --propagation private /bin/bash -c '
    mkdir run/.machine && pivot_root . run/.machine && cd / && umount -l run/.machine && rmdir run/.machine && exec sleep infinity' &
  inside=$!
  until [ "$(cat "/proc/$inside/comm")" = sleep ]; do sleep 0.01; done
}

# A /dev of its own: what a test breaks in it, it breaks for itself.
own_devices() {
  mount -t tmpfs -o mode=0755,nosuid tmpfs dev
  local node
  for node in null zero full random urandom tty kmsg fuse loop-control; do
    if [ -e "/dev/$node" ]; then cp -a "/dev/$node" dev/; fi
  done
  mkdir dev/pts dev/shm dev/mqueue
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  mount -t mqueue mqueue dev/mqueue
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin
  ln -s fd/1 dev/stdout
  ln -s fd/2 dev/stderr
}

start_systemd() {
  local pair binds=()
  for pair in "$@"; do binds+=("--bind-ro=$pair"); done
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --register=no --keep-unit --boot --directory="$base/merged" \
    --machine="$(basename "$cgroup")" --hostname="$name" --capability=all --private-network --system-call-filter='@keyring bpf' \
    "${binds[@]}" </dev/null >"$base/console" 2>&1 &
  local nspawn=$! child
  # nspawn has other children for a moment; the host's first process has the number 1 in there.
  while [ -z "$inside" ]; do
    kill -0 "$nspawn" || { tail -n 20 "$base/console" >&2; exit 1; }
    for child in $(cat "/proc/$nspawn/task/$nspawn/children"); do
      if grep -qE '^NSpid:.*[[:space:]]1$' "/proc/$child/status" 2>/dev/null && [ "$(cat "/proc/$child/comm")" = systemd ]; then inside=$child; fi
    done
    sleep 0.02
  done
}

wipe_audit() {
  local arguments
  for arguments in -D '-e 0' '-f 1'; do
    # shellcheck disable=SC2086 # an option and its value
    chroot "$base/merged" auditctl $arguments >/dev/null 2>&1 || true
  done
}

container_ids() {
  ls "/proc/$inside/root/run/docker/runtime-runc/moby" "/proc/$inside/root/var/lib/docker/containers" 2>/dev/null | grep -xE '[0-9a-f]{64}' | sort -u || true
}

# Whatever lives in the host's mount namespace, and whatever a container of it left behind.
stragglers() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$process/ns/mnt" -ef "/proc/$inside/ns/mnt" ] && [ "${process#/proc/}" != "$inside" ]; then
      echo "${process#/proc/}"
    fi
  done
  if [ -n "$ids" ]; then
    grep -lF "$ids" /proc/[0-9]*/cgroup 2>/dev/null | cut -d / -f 3
  fi
}

clean_up() {
  trap - EXIT
  trap '' INT TERM HUP PIPE
  set +e
  # Whoever would read a complaint may be gone.
  exec >/dev/null 2>&1
  cd /
  if [ -n "$inside" ]; then
    ids=$(container_ids)
    for _ in 1 2 3 4 5; do
      found=$(stragglers)
      [ -n "$found" ] || break
      # shellcheck disable=SC2086 # a list of pids
      kill -9 $found 2>/dev/null
      sleep 0.05
    done
  fi
  if [ "$audit" = yes ]; then wipe_audit; fi
  # The first process of a pid namespace takes all others with it; its starter is given the time to see that.
  if [ "$kind" = systemd ] && [ -n "$inside" ]; then
    kill -9 "$inside"
    wait
  fi
  # This shell goes last: it leaves the host's cgroup before the rest of it is ended.
  echo 0 >"$(dirname "$cgroup")/cgroup.procs"
  echo 1 >"$cgroup/cgroup.kill"
  for _ in $(seq 100); do
    grep -q 'populated 0' "$cgroup/cgroup.events" && break
    sleep 0.02
  done
  wait
  find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
  for id in ${ids:-}; do
    for group in /sys/fs/cgroup/*/docker/"$id"; do
      [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    done
  done
  # runc leaves these behind beside its own version 1 groups; one with a process in it stays.
  find "$(dirname "$cgroup")/docker" -mindepth 1 -maxdepth 1 -type d -mmin +10 -exec rmdir {} + 2>/dev/null
  umount -R -l "$base"
  rmdir "$base"
}

trap clean_up EXIT
mkdir -p "$cgroup"
echo 0 >"$cgroup/cgroup.procs"
mount_host
"start_$kind" "$@"
echo "ready $inside"
cat >/dev/null
