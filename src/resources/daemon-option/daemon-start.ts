import { type AbsPath, absPath, cleanPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import type { Observed } from '../../model/state.ts';
import { pidFileOf } from './activation.ts';
import type { DaemonDocument } from './document.ts';

/** Linux reports process times to programs in hundredths of a second on every architecture Docker runs on. */
const NS_PER_TICK = 10_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

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
  const processes = daemonsOf(facts, host);
  const witnessed = fromPidFile(facts, document, processes, host);
  // A recording keeps the order of process starts, not their times.
  return witnessed ?? (facts.hostKind === 'live' ? fromBootTime(processes, host) : undefined);
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

function fromPidFile(
  facts: HostFacts,
  document: DaemonDocument,
  processes: readonly ProcessInfo[],
  host: HostReader,
): bigint | undefined {
  const named = document.status === 'object' ? document.value['pidfile'] : undefined;
  const path = cleanPath(pidFileOf(facts, typeof named === 'string' ? named : undefined));
  const real = path === undefined ? undefined : host.realPath(path);
  if (real?.status !== 'present') {
    return undefined;
  }
  const pid = Number(textOf(real.value, host));
  const stat = host.stat(real.value);
  return stat.status === 'present' && processes.some((process) => process.pid === pid)
    ? BigInt(stat.value.mtimeNs)
    : undefined;
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
