import type { OwnProgram, RevertAlarm, RevertClocks } from '../model/revert-clock.ts';
import { guardClock } from './guard-clock.ts';
import { systemdClock } from './systemd-clock.ts';

/** Clocks that start `program` again; `where`: arguments that lead it to the same state folder. */
export function revertClocks(program: OwnProgram, where: readonly string[]): RevertClocks {
  const argsFor = ({ id, name }: RevertAlarm): readonly string[] => ['recover', '--tx', id, '--clock', name, ...where];
  const options = { program, argsFor, monotonicMs };
  return {
    unsafe: program.unsafe,
    monotonicMs,
    of: (kind) => (kind === 'systemd' ? systemdClock(options) : guardClock(options)),
  };
}

/** The same clock in every process of this boot, and the one of systemd's timers. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
