import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESULTS, type Result } from '../../../src/model/report.ts';
import { scoreSentence } from '../../../src/model/score.ts';

const countsArbitrary = fc
  .tuple(...RESULTS.map(() => fc.nat(200)))
  .map(
    (numbers) =>
      Object.fromEntries(RESULTS.map((result, index) => [result, numbers[index] ?? 0])) as Record<Result, number>,
  );

describe('a score', () => {
  it('never stands alone: its formula, its two numbers, and what is not in it', () => {
    const counts = {
      ...{ pass: 14, fixed: 2, fail: 8, waived: 3, manual: 5 },
      ...{ 'not-checked': 1, error: 4, 'not-applicable': 10, 'not-selected': 6 },
    };
    expect(scoreSentence(counts)).toBe(
      'Score: 66.6 %, pass / (pass + fail) of automated controls: 16 of 24. Not in it: 3 waived, 5 manual, 1 not checked, 4 with errors, 10 not applicable, 6 not selected.',
    );
  });

  it('is none where nothing passed or failed', () => {
    const none = Object.fromEntries(RESULTS.map((result) => [result, 0])) as Record<Result, number>;
    expect(scoreSentence({ ...none, manual: 2 })).toMatch(/^Score: none, .* 2 manual/);
  });

  it('is 100 only where nothing fails, and no waiver or unknown moves it', () => {
    fc.assert(
      fc.property(countsArbitrary, fc.nat(50), (counts, more) => {
        const percent = /^Score: ([\d.]+) %/.exec(scoreSentence(counts))?.[1];
        expect(percent === undefined).toBe(counts.pass + counts.fixed + counts.fail === 0);
        if (percent !== undefined) {
          expect(Number(percent) === 100).toBe(counts.fail === 0);
          const beside = { ...counts, waived: counts.waived + more, 'not-checked': counts['not-checked'] + more };
          expect(scoreSentence(beside)).toContain(`Score: ${percent} %`);
        }
      }),
    );
  });
});
