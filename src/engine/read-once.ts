import type { AbsPath } from '../model/brand.ts';
import type { HostReader } from '../model/host.ts';

/**
 * The host as it is at one look: what was read of files, mounts and processes is kept, so that all controls judge the same state and what
 * thirty of them look at is read once. For one plan; whoever looks again makes a new one. Questions to programs and daemons go through.
 */
export function readOnce(host: HostReader): HostReader {
  const byPath = (path: AbsPath): string => path;
  const always = (): string => '';
  return {
    kind: host.kind,
    identity: once(() => host.identity(), always),
    stat: once((path) => host.stat(path), byPath),
    read: once(
      (path, limit) => host.read(path, limit),
      (path, limit) => (limit === undefined ? path : `${path}\0${limit}`),
    ),
    list: once((path) => host.list(path), byPath),
    realPath: once((path) => host.realPath(path), byPath),
    mounts: once(() => host.mounts(), always),
    processes: once(
      (names, environment) => host.processes(names, environment),
      (names, environment) => `${names.join('\0')}\0\0${environment.join('\0')}`,
    ),
    attributes: (paths) => host.attributes(paths),
    query: (query) => host.query(query),
    docker: (socket, path) => host.docker(socket, path),
  };
}

function once<A extends readonly unknown[], R>(ask: (...args: A) => R, keyOf: (...args: A) => string) {
  const answers = new Map<string, R>();
  return (...args: A): R => {
    const key = keyOf(...args);
    const known = answers.get(key);
    if (known !== undefined) {
      return known;
    }
    const answer = ask(...args);
    answers.set(key, answer);
    return answer;
  };
}
