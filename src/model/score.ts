import type { Result } from './report.ts';

/**
 * How much of what a program can judge holds, as a sentence with its formula and all that is not in it: a share of controls says nothing
 * of how grave the others are. Nobody gets it without asking.
 */
export function scoreSentence(counts: Readonly<Record<Result, number>>): string {
  const passed = counts.pass + counts.fixed;
  const automated = passed + counts.fail;
  const beside = `Not in it: ${counts.waived} waived, ${counts.manual} manual, ${counts['not-checked']} not checked, ${counts.error} with errors, ${counts['not-applicable']} not applicable, ${counts['not-selected']} not selected.`;
  if (automated === 0) {
    return `Score: none, no automated control passed or failed. ${beside}`;
  }
  // Cut, not rounded: nothing but all of them is 100.
  const percent = Math.floor((passed / automated) * 1000) / 10;
  return `Score: ${percent} %, pass / (pass + fail) of automated controls: ${passed} of ${automated}. ${beside}`;
}
