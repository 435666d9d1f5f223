import { describe, expect, test } from 'vitest';
import { explainChangeText, explainText } from '../../../src/render/explain-text.ts';
import { planText } from '../../../src/render/plan-text.ts';
import { assessed, failing, optionChange, planOf, selectedControl, selectionOf } from '../../helpers/plan-builders.ts';

const STYLE = { width: 80, colour: false };
const icc = selectedControl('icc-disabled', '2.2', { title: 'Containers are kept apart', why: 'They attack.' });
const plan = planOf([
  {
    control: icc,
    assessments: [failing(optionChange('icc', { breaks: ['db no longer reaches web'] }), 'icc is true')],
  },
]);
const { profile } = selectionOf([icc]);

describe('a control explained', () => {
  test('says what it means, how this host stands, what would change, what that breaks, and the way back', () => {
    expect(explainText({ remediation: icc.remediation, profile, plan }, STYLE)).toMatchInlineSnapshot(`
      "2.2   icc-disabled   cis-docker-1.8.0   level 1
        Containers are kept apart.

      WHY
        They attack.

      WHAT IT MAY BREAK
        Nothing.

      ON WEB-01
        fail: icc is true

      WHAT WOULD BE CHANGED
       1 !~ Set icc                                                                low
            2.2   /etc/docker/daemon.json   icc   (unset, false) -> true
            ! db no longer reaches web

      TO UNDO IT
        sudo harden rollback puts it back as it was.

      BY HAND
        Do it by hand.

      NUMBERS
        2.2 in cis-docker-1.8.0
      "
    `);
  });

  test('that is not part of the profile says so, and claims nothing of the host', () => {
    const text = explainText({ remediation: icc.remediation, profile, plan: undefined }, STYLE);
    expect(text).toContain('Not looked at: it is not part of cis-docker-1.8.0/L1.');
    expect(text).not.toContain('TO UNDO IT');
  });

  test('names the steps for a person once', () => {
    const manual = planOf([
      {
        control: icc,
        assessments: [
          assessed('report:x', {
            verdict: 'manual',
            reason: 'for the site to say',
            evidence: [],
            steps: ['Do it by hand.'],
          }),
        ],
      },
    ]);
    const text = explainText({ remediation: icc.remediation, profile, plan: manual }, STYLE);
    expect(text.split('Do it by hand.')).toHaveLength(2);
  });
});

test('a change explained names the controls it fixes and where to read on', () => {
  const [change] = plan.changes;
  expect(change === undefined ? '' : explainChangeText(plan, change, STYLE)).toMatchInlineSnapshot(`
    " 1 !~ Set icc                                                                low
          2.2   /etc/docker/daemon.json   icc   (unset, false) -> true
          ! db no longer reaches web

    FIXES
      2.2 Containers are kept apart: icc is true

    TO UNDO IT
      sudo harden rollback puts it back as it was.

    MORE
      harden explain 2.2
    "
  `);
});

test('a change that a plan folds is unfolded by a command that counts as the plan does', () => {
  const rules = Array.from({ length: 20 }, (_, index) => `-w /etc/file-${index} -p wa`);
  const target = { type: 'audit-rule' as const, subject: 'dockerd-binary', path: '/x', file: '/y', rules };
  const folded = { ...plan, changes: plan.changes.map((change) => ({ ...change, target })) };
  const layout = { groupBy: 'effect', full: false, showPass: false, again: ['-c', "'2.*'", '--section', '2'] } as const;
  expect(planText(folded, STYLE, [], layout)).toContain("8 more lines: harden explain 1 -c '2.*' --section 2\n");
});
