import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../src/model/change.ts';
import { controlVerdict } from '../../../src/plan/control-verdict.ts';
import { assessed, failing, optionChange } from '../../helpers/plan-builders.ts';

const said = (verdict: 'not-checked' | 'not-applicable' | 'error', reason: string): Comparison => ({
  verdict,
  reason,
  evidence: [],
});
const pass: Comparison = {
  verdict: 'pass',
  evidence: [{ source: 'GET /info', read: 'LiveRestoreEnabled', value: true }],
};
const manual: Comparison = { verdict: 'manual', reason: 'the site decides', evidence: [], steps: ['Decide.'] };

describe('the verdict of a control', () => {
  it('is a pass only where every part that applies passes', () => {
    expect(
      controlVerdict([assessed('a:1', pass), assessed('a:2', said('not-applicable', 'no such file'))], []).verdict,
    ).toBe('pass');
    expect(controlVerdict([assessed('a:1', pass), assessed('a:2', manual)], []).verdict).toBe('manual');
    expect(
      controlVerdict([assessed('a:1', pass), assessed('a:2', said('not-checked', 'needs root'))], []).verdict,
    ).toBe('not-checked');
    expect(controlVerdict([assessed('a:1', pass), failing(optionChange('icc'))], []).verdict).toBe('fail');
  });

  it('says a failure before what is unknown, and an error before both', () => {
    const unknown = assessed('a:1', said('not-checked', 'needs root'));
    expect(controlVerdict([unknown, failing(optionChange('icc'))], []).verdict).toBe('fail');
    expect(controlVerdict([failing(optionChange('icc')), assessed('a:3', said('error', 'broken'))], []).verdict).toBe(
      'error',
    );
  });

  it('is manual, with the remediation’s steps, where nothing can be looked at', () => {
    expect(controlVerdict([], ['Ask the owner.'])).toMatchObject({ verdict: 'manual', steps: ['Ask the owner.'] });
  });

  it('keeps the evidence of every part once, and the reasons of the decisive ones', () => {
    const both = controlVerdict(
      [
        assessed('a:1', pass),
        assessed('a:2', pass),
        failing(optionChange('icc'), 'icc is on'),
        failing(optionChange('x'), 'x is on'),
      ],
      [],
    );
    expect(both.evidence).toHaveLength(1);
    expect(both.reason).toBe('icc is on; x is on');
  });
});
