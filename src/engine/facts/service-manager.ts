import type { HostFacts } from '../../model/facts.ts';
import type { CommandOutcome, HostKind, ProcessInfo } from '../../model/host.ts';

/** Programs that are asked for by name as the first process. */
export const INIT_NAMES = [
  'systemd',
  'init',
  'openrc-init',
  'runit',
  'runit-init',
  's6-svscan',
  'dinit',
  'finit',
  'busybox',
] as const;

export interface ServiceManagerAnswers {
  readonly hostKind: HostKind;
  /** /run/systemd/system is there. */
  readonly systemdFolder: boolean;
  /** The first process, where it is one of INIT_NAMES and has this root. */
  readonly first: ProcessInfo | undefined;
  /** `systemctl show`; undefined where it was not asked. */
  readonly show: CommandOutcome | undefined;
}

/** True where asking systemctl makes sense: systemd runs here as the first process of this root. */
export function systemdRuns({ hostKind, systemdFolder, first }: Omit<ServiceManagerAnswers, 'show'>): boolean {
  return hostKind !== 'root' && systemdFolder && first !== undefined && isSystemd(first);
}

/** Who restarts services here. */
export function serviceManagerOf(answers: ServiceManagerAnswers): HostFacts['serviceManager'] {
  const { hostKind, first, systemdFolder, show } = answers;
  if (hostKind === 'root') {
    return { type: 'none', reason: 'this is a folder, not a running machine' };
  }
  if (first === undefined) {
    return { type: 'none', reason: 'no init runs in this root (a chroot or a container)' };
  }
  if (!isSystemd(first)) {
    return { type: 'other', reason: `the first process is ${first.name}, not systemd` };
  }
  if (!systemdFolder) {
    return { type: 'none', reason: 'systemd is the first process, but /run/systemd/system is missing' };
  }
  return show?.type === 'exited' && show.code === 0
    ? { type: 'systemd', reason: 'systemd is the first process and systemctl answers' }
    : { type: 'none', reason: `systemd is the first process, but systemctl does not answer: ${failure(show)}` };
}

function isSystemd(process: ProcessInfo): boolean {
  return process.name === 'systemd' || (process.exe.status === 'present' && process.exe.value.endsWith('/systemd'));
}

function failure(outcome: CommandOutcome | undefined): string {
  switch (outcome?.type) {
    case undefined:
      return 'it was not asked';
    case 'exited':
      return outcome.stderr.trim().split('\n')[0] ?? `exit code ${outcome.code}`;
    case 'killed':
      return `ended by ${outcome.signal}`;
    case 'timed-out':
      return `no answer within ${outcome.afterMs} ms`;
    case 'not-found':
      return 'systemctl is not installed';
    case 'not-started':
      return outcome.reason;
  }
}
