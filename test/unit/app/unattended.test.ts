import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stillTheWayBack } from '../../../src/app/still-approved.ts';
import { coveredByYes, NOT_UNATTENDED } from '../../../src/app/unattended.ts';
import type { ProposedChange } from '../../../src/model/change.ts';
import type { AtRestart } from '../../../src/model/facts.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { narrowed } from '../../../src/plan/narrow.ts';
import { isFinal, mayKeepOut } from '../../../src/plan/strength.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  restartOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const HIGHEST = { maxRisk: 'high', maxImpact: 'reboot' } as const;
const SOCKET = accessChange('/run/docker.sock', { breaks: ['ann reaches the socket as others'] });
const FINAL = optionChange('icc', { reversible: false });
const HARMLESS = accessChange('/etc/docker');

function planFor(...changes: readonly ProposedChange[]): Plan {
  return planOf(
    changes.map((change, index) => ({
      control: selectedControl(`control-${index + 1}`, `3.${index + 1}`),
      assessments: [failing(change)],
    })),
  );
}

function removing(atRestart: AtRestart): Plan {
  const web = { id: 'w', name: 'web', running: true, networks: [], publishedPorts: 0, image: 'x', networkMode: 'x' };
  return planOf(
    [{ control: selectedControl('control-1', '3.1'), assessments: [failing(optionChange('icc'))] }],
    someFacts({ containers: [{ ...web, atRestart }] }),
  );
}

function covered(
  plan: Plan,
  unattended: Partial<typeof NOT_UNATTENDED> = {},
  verb: 'apply' | 'rollback' = 'apply',
): Plan {
  return coveredByYes({
    plan,
    verb,
    ceiling: HIGHEST,
    unattended: { ...NOT_UNATTENDED, ...unattended },
    part: (ids) => narrowed(plan, ids, restartOf(someFacts())),
  });
}

function refusal(work: () => unknown): HardenError {
  try {
    work();
  } catch (error) {
    if (error instanceof HardenError) {
      return error;
    }
  }
  throw new Error('it was not refused');
}

describe('--yes under the highest ceilings', () => {
  test.each([
    ['what may keep somebody out', SOCKET, 'may keep somebody out'],
    ['what cannot be undone', FINAL, 'cannot be undone'],
  ])('does not cover %s, until it is accepted by number or by name', (_what, change, words) => {
    const plan = planFor(HARMLESS, change);
    const error = refusal(() => covered(plan));
    expect({ code: error.code, exit: error.exit }).toEqual({ code: 'H4002', exit: 4 });
    expect(error.details.join()).toContain(words);
    expect(error.hint).toContain('--accept 3.2\n');
    expect(covered(plan, { accept: ['3.2'] })).toBe(plan);
    expect(covered(plan, { accept: ['control-2'] })).toBe(plan);
    expect(refusal(() => covered(plan, { accept: ['3.1'] })).code).toBe('H4002');
  });

  test('an accepted control is still held against the ceilings', () => {
    const plan = planFor(SOCKET);
    const unattended = { ...NOT_UNATTENDED, accept: ['3.1'] };
    const low = { maxRisk: 'low', maxImpact: 'none' } as const;
    const dear = planFor({ ...SOCKET, risk: 'high' });
    expect(coveredByYes({ plan, verb: 'apply', ceiling: low, unattended, part: undefined })).toBe(plan);
    const refused = refusal(() =>
      coveredByYes({ plan: dear, verb: 'apply', ceiling: low, unattended, part: undefined }),
    );
    expect(refused.code).toBe('H4002');
  });

  test('a rollback goes back to what was, so nothing of it has to be named', () => {
    const plan = planFor(SOCKET);
    expect(covered(plan, {}, 'rollback')).toBe(plan);
  });

  test('a container that would stop when the way back was shown, and is removed now, is not agreed to', () => {
    const shown = removing('down');
    expect(stillTheWayBack(shown, removing('back'))).toBeDefined();
    const error = refusal(() => stillTheWayBack(shown, removing('removed')));
    expect({ code: error.code, exit: error.exit, details: error.details }).toEqual({
      code: 'H4003',
      exit: 5,
      details: ['web'],
    });
    expect(stillTheWayBack(removing('removed'), removing('removed'))).toBeDefined();
  });

  test('what a refused rollback proposes is a rollback, which has nothing to accept', () => {
    const low = { maxRisk: 'low', maxImpact: 'none' } as const;
    const plan = removing('removed');
    const unattended = NOT_UNATTENDED;
    const error = refusal(() => coveredByYes({ plan, verb: 'rollback', ceiling: low, unattended, part: undefined }));
    expect(error.hint).toContain('harden rollback --yes');
    expect(error.hint).not.toContain('--accept');
  });

  test('with --skip-over-ceiling what is left never has a forbidden change, nor one that needs one', () => {
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const change = fc.record({ final: fc.boolean(), needs: fc.option(fc.nat(4), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 5, maxLength: 5 }), (wanted) => {
        const made = wanted.map(({ final, needs }, index) => {
          const needed = needs !== undefined && needs < index ? optionChange(keys[needs] ?? '').address : undefined;
          return optionChange(keys[index] ?? '', {
            impact: 'none',
            reversible: !final,
            needs: needed === undefined ? [] : [needed],
          });
        });
        const plan = planFor(...made);
        const rest = covered(plan, { skipOverCeiling: true });
        expect(rest.changes.some((one) => isFinal(one) || mayKeepOut(one))).toBe(false);
        const left = new Set(rest.changes.map(({ address }) => address));
        expect(rest.changes.flatMap(({ needs }) => needs).filter((address) => !left.has(address))).toEqual([]);
      }),
    );
  });
});
