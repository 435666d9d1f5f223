import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { differenceOf } from '../../../src/plan/difference.ts';
import { differenceMarkdown, differenceText } from '../../../src/render/difference-text.ts';
import { failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const STYLE = { width: 80, colour: false };
const KEYS = ['icc', 'live-restore', 'userland-proxy', 'no-new-privileges', 'debug', 'experimental', 'ip6tables'];
const whole = planOf(
  KEYS.map((key, index) => ({
    control: selectedControl(key, `2.${index + 1}`),
    assessments: [failing(optionChange(key))],
  })),
);

/** The same host, with only the first of its controls chosen. */
function firstOf(plan: Plan, chosen: number): Plan {
  const out = plan.controls.slice(chosen).map(({ slug, ids: [id = '-'] }) => ({ control: slug, id, by: '-c' }));
  const gone = (slugs: readonly string[]): boolean => out.some(({ control }) => slugs.includes(control));
  return {
    ...plan,
    controls: plan.controls.slice(0, chosen),
    changes: plan.changes.filter(({ controls }) => !gone(controls)),
    selection: { ...plan.selection, leftOut: out },
  };
}

function difference(old: Plan, now: Plan) {
  return differenceOf({ plan: old, proofs: [], met: [] }, { plan: now, proofs: [], met: [] });
}

describe('a plan of some controls, against one of all', () => {
  test('counts in one line what was left out, controls and their changes', () => {
    const [first, ...rest] = differenceText(difference(whole, firstOf(whole, 1)), STYLE)
      .trimEnd()
      .split('\n  ');
    expect(first).toMatch(/: 0 more, 0 fewer, 0 different; 0 controls$/);
    expect(rest).toEqual(['with another result.', '! not chosen now, so not compared: 6 controls, with 6 changes']);
  });

  test('names a few of them', () => {
    expect(differenceText(difference(whole, firstOf(whole, 5)), STYLE)).toContain(
      '! not chosen now, so not compared: 2 controls (2.6 2.7), with 2 changes\n',
    );
  });

  test('says so in Markdown too', () => {
    expect(differenceMarkdown(difference(whole, firstOf(whole, 1))).join('\n')).toMatch(
      /\*\*-0\*\*, .*\n- not chosen now, so not compared: 6 controls, with 6 changes$/s,
    );
  });
});

test('a plan of all controls, against one of some, lists every change there is more', () => {
  const text = differenceText(difference(firstOf(whole, 1), whole), STYLE);
  expect(text).toContain(': 6 more, 0 fewer');
  expect(text).toContain('! not chosen then: 6 controls\n');
  expect(text.match(/^ {2}\+ Set /gm)).toHaveLength(6);
});
