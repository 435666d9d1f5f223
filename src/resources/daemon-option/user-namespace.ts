import type { HostFacts } from '../../model/facts.ts';
import type { UserNamespaceFiles } from './state.ts';

interface Range {
  readonly name: string;
  readonly start: number;
  readonly count: number;
}

const NEEDED = 65536;

/**
 * Why user namespaces cannot be switched on here. `mapping`: `default`, `USER`, `USER:GROUP`, by name or number. With it the
 * engine works below another folder: what it has now is out of sight, so a host that has anything is left to a person.
 */
export function userNamespaceObstacles(
  mapping: string,
  facts: HostFacts,
  files: UserNamespaceFiles | undefined,
): readonly string[] {
  if (files === undefined) {
    return ['/etc/subuid and /etc/subgid could not be read'];
  }
  const [user = '', group = user] = mapping === 'default' ? ['dockremap', 'dockremap'] : mapping.split(':');
  return [
    ...inUse(facts),
    ...(facts.engine.imageStore === 'containerd'
      ? ['user namespaces and the containerd image store exclude each other']
      : []),
    ...rangeObstacles('/etc/subuid', files.subuid, user),
    ...rangeObstacles('/etc/subgid', files.subgid, group),
    ...(mapping === 'default' || knows(files.passwd, user) ? [] : [`there is no user ${user}`]),
    ...files.closedFolders.map(
      (folder) => `others may not pass through ${folder}, which lies on the way to the data root`,
    ),
  ];
}

/** Counts in words, so that a person can judge what would be out of sight. */
function inUse({ engine }: HostFacts): readonly string[] {
  const containers = engine.containers;
  if (containers === undefined || engine.imageCount === undefined) {
    return ['what containers and images there are is not known'];
  }
  const special = containers.filter((container) => container.networkMode === 'host').map((container) => container.name);
  return [
    ...(containers.length + engine.imageCount > 0
      ? [
          `${containers.length} containers and ${engine.imageCount} images would be out of sight, and their volumes with them`,
        ]
      : []),
    ...(special.length > 0 ? [`containers in the host's network would not start: ${special.join(', ')}`] : []),
  ];
}

function rangeObstacles(file: string, text: string, name: string): readonly string[] {
  const ranges = rangesOf(text);
  const own = ranges.filter((range) => range.name === name);
  const total = own.reduce((sum, range) => sum + range.count, 0);
  if (total < NEEDED) {
    return [`${file} gives ${name} ${total} ids; ${NEEDED} are needed`];
  }
  const clash = ranges.find((range) => range.name !== name && own.some((mine) => overlap(mine, range)));
  return clash === undefined ? [] : [`in ${file} the ids of ${name} and ${clash.name} overlap`];
}

function rangesOf(text: string): readonly Range[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([^:#]+):(\d+):(\d+)\s*$/.exec(line);
    return match?.[1] === undefined ? [] : [{ name: match[1], start: Number(match[2]), count: Number(match[3]) }];
  });
}

function overlap(a: Range, b: Range): boolean {
  return a.start < b.start + b.count && b.start < a.start + a.count;
}

function knows(passwd: string, user: string): boolean {
  return passwd.split('\n').some((line) => line.startsWith(`${user}:`) || line.split(':')[2] === user);
}
