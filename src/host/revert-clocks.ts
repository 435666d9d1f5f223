import type { OwnProgram, RevertAlarm, RevertClocks } from '../model/revert-clock.ts';
import { guardClock } from './guard-clock.ts';
import { monotonicMs } from './monotonic.ts';
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
