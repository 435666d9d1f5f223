import type { Machine } from '../machine/machine.ts';

/** A machine as its files, kernel and engine show it; what may not differ between two machines in the same state. */
export interface Look {
  /** Path, mode, owner and digest of each object in the folders that harden changes. */
  readonly files: string;
  /** What the kernel's audit has loaded. */
  readonly rules: string;
  /** What dockerd runs with. */
  readonly engine: string;
  readonly socket: string;
  readonly containers: string;
  /** What is to be gone when nothing is at work: hidden files, open transactions, the unit of the boot. */
  readonly leftovers: string;
}

const FOLDERS = '/etc/audit/rules.d /etc/docker /etc/tmpfiles.d /etc/systemd/system';
const SECTIONS: Readonly<Record<keyof Look, string>> = {
  files: `{ find ${FOLDERS} -type d -name 'docker*' -printf '%p %m %U:%G\\n'; find ${FOLDERS} -type f ! -name '.harden-*' ! -name '*harden-recover*' -printf '%p %m %U:%G ' -exec sha256sum {} \\; ; } | cut -d' ' -f1-4 | sort`,
  rules: 'auditctl -l | sort',
  engine: `docker info -f '{{.LiveRestoreEnabled}} {{json .SecurityOptions}}'; docker network inspect bridge -f '{{json .Options}}'; pidof docker-proxy | wc -w`,
  socket: "stat -c '%a %U:%G' /run/docker.sock",
  containers: "docker ps --format '{{.Names}} {{.State}}'",
  leftovers: `find /etc /usr/lib/systemd -xdev -name '.harden-*'; ls /var/lib/harden/tx 2>/dev/null; find /etc/systemd/system -name '*harden-recover*'`,
};
const NAMES = Object.keys(SECTIONS) as readonly (keyof Look)[];
const MARK = '@@@';

export async function lookAt(machine: Machine): Promise<Look> {
  const script = NAMES.map((name) => `echo '${MARK}'; ${SECTIONS[name]}`).join('\n');
  const parts = (await machine.check(`${script}\ntrue`, 300_000)).split(`${MARK}\n`).slice(1);
  const part = (name: keyof Look): string => parts[NAMES.indexOf(name)] ?? '';
  return {
    files: part('files'),
    rules: part('rules'),
    engine: part('engine'),
    socket: part('socket'),
    containers: part('containers'),
    leftovers: part('leftovers'),
  };
}

/** Where two looks differ, a line for each line of only one of them; empty where they do not. */
export function differences(seen: Look, expected: Look): readonly string[] {
  return NAMES.flatMap((name) => {
    const [has, should] = [linesOf(seen[name]), linesOf(expected[name])];
    return [
      ...[...has].filter((line) => !should.has(line)).map((line) => `${name} has ${line}`),
      ...[...should].filter((line) => !has.has(line)).map((line) => `${name} lacks ${line}`),
    ];
  });
}

function linesOf(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').filter((line) => line !== ''));
}
