import { type AbsPath, absPath, cleanPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import type { Observed } from '../../model/state.ts';
import { pidFileOf } from './activation.ts';
import type { DaemonDocument } from './document.ts';

/** Linux reports process times to programs in hundredths of a second on every architecture Docker runs on. */
const NS_PER_TICK = 10_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/** The pid file of a running dockerd, which writes it anew at each start. Times and inode as `lstat` says, in decimal. */
export interface PidFile {
  readonly path: AbsPath;
  readonly mtimeNs: string;
  readonly ino: string;
}

/**
 * When the running dockerd read its settings, in nanoseconds since the epoch; undefined where that cannot be told.
 * It writes its pid file right after reading them, on the clock that also stamps daemon.json, so the pid file's time is the
 * best witness, as long as it names a dockerd that runs. Else boot time plus the process's own start, good to a second and
 * never too late: a file written in that second counts as younger.
 */
export function daemonStart(facts: HostFacts, document: DaemonDocument, host: HostReader): bigint | undefined {
  if (!facts.engine.running) {
    return undefined;
  }
  const witness = startWitness(facts, document, host);
  if (witness !== undefined) {
    return BigInt(witness.mtimeNs);
  }
  // A recording keeps the order of process starts, not their times.
  return facts.hostKind === 'live' ? fromBootTime(daemonsOf(facts, host), host) : undefined;
}

/** The pid file that names a running dockerd; undefined where there is none. */
export function startWitness(facts: HostFacts, document: DaemonDocument, host: HostReader): PidFile | undefined {
  if (!facts.engine.running) {
    return undefined;
  }
  const named = document.status === 'object' ? document.value['pidfile'] : undefined;
  const path = cleanPath(pidFileOf(facts, typeof named === 'string' ? named : undefined));
  const real = path === undefined ? undefined : host.realPath(path);
  if (real?.status !== 'present') {
    return undefined;
  }
  const pid = Number(textOf(real.value, host));
  const stat = host.stat(real.value);
  return stat.status === 'present' && daemonsOf(facts, host).some((process) => process.pid === pid)
    ? { path: real.value, mtimeNs: stat.value.mtimeNs, ino: stat.value.ino }
    : undefined;
}

/** Looking through all processes takes long and is the same for every key. */
const daemons = new WeakMap<HostFacts, readonly ProcessInfo[]>();

function daemonsOf(facts: HostFacts, host: HostReader): readonly ProcessInfo[] {
  const found = daemons.get(facts) ?? present(host.processes(['dockerd'], []));
  daemons.set(facts, found);
  return found;
}

function present(listed: Observed<readonly ProcessInfo[]>): readonly ProcessInfo[] {
  return listed.status === 'present' ? listed.value : [];
}

function fromBootTime(processes: readonly ProcessInfo[], host: HostReader): bigint | undefined {
  const boot = /^btime (\d+)$/m.exec(textOf(absPath('/proc/stat'), host))?.[1];
  const [only, another] = processes;
  if (boot === undefined || only === undefined || another !== undefined || !/^\d+$/.test(only.startTicks)) {
    return undefined;
  }
  return BigInt(boot) * NS_PER_SECOND + BigInt(only.startTicks) * NS_PER_TICK;
}

function textOf(path: AbsPath, host: HostReader): string {
  const bytes = host.read(path);
  return bytes.status === 'present' ? new TextDecoder().decode(bytes.value).trim() : '';
}
