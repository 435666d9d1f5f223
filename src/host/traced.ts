import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HostReader } from '../model/host.ts';

type Question = Exclude<keyof HostReader, 'kind'>;

interface Trace {
  /** How often each question was asked. */
  readonly calls: Readonly<Record<Question, number>>;
  /** Programs this Node process started meanwhile, whoever asked for them, in order. */
  readonly started: readonly string[];
}

export interface TracedReader extends Disposable {
  readonly reader: HostReader;
  trace(): Trace;
}

/**
 * Counts what a host is asked, and the child processes Node itself reports, so that nothing started on a side way is
 * missed. Counts until disposed.
 */
export function tracedReader(host: HostReader): TracedReader {
  const calls: Record<Question, number> = {
    identity: 0,
    stat: 0,
    read: 0,
    list: 0,
    realPath: 0,
    attributes: 0,
    mounts: 0,
    processes: 0,
    query: 0,
    docker: 0,
  };
  const children: unknown[] = [];
  const onChild = (message: unknown): void => void children.push(message);
  const counted =
    <A extends unknown[], R>(question: Question, ask: (...args: A) => R) =>
    (...args: A): R => {
      calls[question] += 1;
      return ask(...args);
    };
  subscribe('child_process', onChild);
  return {
    reader: {
      kind: host.kind,
      identity: counted('identity', () => host.identity()),
      stat: counted('stat', (path) => host.stat(path)),
      read: counted('read', (path, limit) => host.read(path, limit)),
      list: counted('list', (path) => host.list(path)),
      realPath: counted('realPath', (path) => host.realPath(path)),
      attributes: counted('attributes', (paths) => host.attributes(paths)),
      mounts: counted('mounts', () => host.mounts()),
      processes: counted('processes', (names, environment) => host.processes(names, environment)),
      query: counted('query', (query) => host.query(query)),
      docker: counted('docker', (socket, path) => host.docker(socket, path)),
    },
    trace: () => ({ calls: { ...calls }, started: children.map(programOf) }),
    [Symbol.dispose]: () => void unsubscribe('child_process', onChild),
  };
}

/** The message carries the ChildProcess, which knows its program once it was started. */
function programOf(message: unknown): string {
  const child = isObject(message) ? message['process'] : undefined;
  const program = isObject(child) ? child['spawnfile'] : undefined;
  return typeof program === 'string' ? program : 'unknown';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
