import type { CrashMethod, Effort, MethodResult } from './method.ts';
import { type SourceMutant, tryMutants } from './mutants-run.ts';
import { SAVING } from './mutants-saving.ts';
import { UNDOING } from './mutants-undoing.ts';
import { WRITING } from './mutants-writing.ts';

export const MUTANTS: readonly SourceMutant[] = [...SAVING, ...WRITING, ...UNDOING];

/** Breaks the product on purpose: a mistake that no test notices is a hole in the tests. */
export const mutants: CrashMethod = {
  name: 'mutants',
  counts: 'mutants',
  rows: ['T62', 'T89', 'T90', 'T91', 'T92', 'T93', 'T94', 'T95', 'T96'],
  least: { quick: 22, full: 80 },
  missing: () => undefined,
  run,
};

/** Quick: those of the matrix. */
async function run(effort: Effort): Promise<MethodResult> {
  const chosen = effort === 'full' ? MUTANTS : MUTANTS.filter(({ row }) => row !== undefined);
  const verdicts = await tryMutants(chosen);
  return {
    points: verdicts.filter(({ verdict }) => verdict !== 'untried').length,
    violations: verdicts
      .filter(({ verdict }) => verdict !== 'caught')
      .map(({ name, verdict, why }) => `${name} ${verdict === 'survived' ? 'survived' : 'was not tried'}: ${why}`),
  };
}
