import type { CrashMethod, Effort } from './method.ts';
import { BLOCK_METHODS } from './block.ts';
import { BLOCK_MUTANTS } from './block-caught.ts';
import { BUILT_METHODS } from './built.ts';
import { DEVICE_METHODS } from './device.ts';
import { ERROR_METHODS } from './errors.ts';
import { FUZZ_METHODS } from './fuzz.ts';
import { LIMIT_METHODS } from './limits.ts';
import { LOCK_METHODS } from './locks.ts';
import { MACHINE_METHODS } from './machine.ts';
import { MEMORY_METHODS } from './memory.ts';
import { mutants } from './mutants.ts';
import { PROCESS_METHODS } from './process.ts';
import { RACE_METHODS } from './races.ts';
import { WATCH_METHODS } from './watch.ts';

/** Every way to break a run that is known here, in the order of the table. */
export const METHODS: readonly CrashMethod[] = [
  ...MEMORY_METHODS,
  ...PROCESS_METHODS,
  ...ERROR_METHODS,
  ...LIMIT_METHODS,
  ...RACE_METHODS,
  ...WATCH_METHODS,
  ...LOCK_METHODS,
  ...BUILT_METHODS,
  ...BLOCK_METHODS,
  BLOCK_MUTANTS,
  ...DEVICE_METHODS,
  ...MACHINE_METHODS,
  mutants,
  ...FUZZ_METHODS,
];

/** Those that belong to a run of that effort: some take too long for a quick one. */
export function methodsOf(effort: Effort): readonly CrashMethod[] {
  return METHODS.filter(({ least }) => least?.[effort] !== 0);
}
