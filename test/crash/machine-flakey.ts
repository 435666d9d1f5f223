import { type Bench, type Point, failed } from './machine-bench.ts';
import { HARDEN } from '../machine/prepared.ts';

const TREE = '/mnt/tree';
const RUN = `${HARDEN} apply --root ${TREE} --yes --max-risk high --max-impact restart`;

/** A disk in the machine that throws writes away from some moment on, as a cache without power does; then mounted anew. */
export function droppedWrites(its: Bench, count: number): Point {
  return {
    what: 'writes are dropped',
    run: async (machine) => {
      await machine.check(PREPARE, 300_000);
      const seconds = Number(
        await machine.check(
          `s=$(date +%s.%N); ${RUN} >/run/flakey.log 2>&1 || { cat /run/flakey.log >&2; exit 1; }; e=$(date +%s.%N); awk "BEGIN { print $e - $s }"`,
        ),
      );
      const states = { old: await machine.check('cat /run/old'), new: await machine.check(STATE) };
      const violations: string[] = [];
      if (states.old === states.new) {
        violations.push('the apply changed nothing');
      }
      for (let point = 0; point < count; point += 1) {
        const after = (its.random() * seconds).toFixed(3);
        const { code, stdout, stderr } = await machine.run(dropAfter(after), 300_000);
        const [before = '', ended = '', state = ''] = stdout.split('@@@\n');
        const what = `dropped after ${after} s`;
        violations.push(...failed({ code, stdout, stderr }).map((one) => `${what}: ${one}`));
        if (state !== states.old && state !== states.new) {
          violations.push(`${what}: neither old nor new: ${state} ${ended}`);
        }
        if (before.trim() === 'ended 0' && state !== states.new) {
          violations.push(`${what}: it had ended before, and is not there: ${state}`);
        }
      }
      return violations;
    },
  };
}

const STATE = `{ find ${TREE}/etc/docker ${TREE}/etc/audit -type f -printf '%p %m %U:%G ' -exec sha256sum {} \\; | cut -d' ' -f1-4 | sort; find ${TREE}/etc ${TREE}/usr -name '.harden-*'; ls ${TREE}/var/lib/harden/tx 2>/dev/null || true; }`;

/** A file system of its own with the files of this host that harden looks at; the programs are empty ones. */
const FRESH = `
  ! mountpoint -q ${TREE} || umount ${TREE}
  mkfs.ext4 -qF /dev/mapper/flakey
  mount /dev/mapper/flakey ${TREE}
  cp -a /run/tree/. ${TREE}/
  sync -f ${TREE}`;

const PREPARE = `
  set -e
  mkdir -p ${TREE} /run/tree/etc /run/tree/usr/sbin /run/tree/usr/bin /run/tree/usr/lib/systemd/system /run/tree/var/lib/dpkg /run/tree/var/lib/docker
  cp -a /etc/passwd /etc/group /etc/hostname /etc/os-release /etc/audit /etc/docker /run/tree/etc/
  echo abababababababababababababababab >/run/tree/etc/machine-id
  cp -a /usr/lib/systemd/system/docker.* /usr/lib/systemd/system/containerd.service /usr/lib/systemd/system/auditd.service /run/tree/usr/lib/systemd/system/
  cp /var/lib/dpkg/status /run/tree/var/lib/dpkg/status
  for program in sbin/dockerd sbin/runc sbin/auditctl sbin/auditd sbin/augenrules bin/docker bin/containerd bin/containerd-shim-runc-v2; do
    echo x >/run/tree/usr/$program
    chmod 755 /run/tree/usr/$program
  done
  ln -s usr/sbin /run/tree/sbin; ln -s usr/lib /run/tree/lib; ln -s usr/bin /run/tree/bin
  modprobe loop; modprobe dm-flakey
  truncate -s 64M /run/disk
  loop=$(losetup --find --show /run/disk)
  echo "0 131072 linear $loop 0" >/run/good
  echo "0 131072 flakey $loop 0 0 3600 1 drop_writes" >/run/bad
  dmsetup create flakey --noudevsync --noudevrules /run/good
  dmsetup mknodes
  ${FRESH}
  ${STATE} >/run/old`;

/** Prints how the apply stood when writes began to be dropped, how it ended, and the state after the next recovery. */
function dropAfter(seconds: string): string {
  const load = (table: string): string =>
    `dmsetup suspend --noflush --nolockfs --noudevsync flakey && dmsetup load flakey ${table} && dmsetup resume --noudevsync flakey`;
  return `
    ${FRESH}
    ${RUN} >/run/flakey.log 2>&1 & pid=$!
    sleep ${seconds}
    if kill -0 $pid 2>/dev/null; then echo running; else wait $pid; echo "ended $?"; fi
    ${load('/run/bad')}
    echo '@@@'
    sleep 0.3
    kill -KILL $pid 2>/dev/null
    wait $pid
    echo "exit $?"
    tail -n 3 /run/flakey.log
    umount ${TREE}
    ${load('/run/good')}
    mount /dev/mapper/flakey ${TREE} || exit 1
    ${HARDEN} recover --root ${TREE} >/run/recover.log 2>&1 || { cat /run/recover.log >&2; exit 1; }
    echo '@@@'
    ${STATE}`;
}
