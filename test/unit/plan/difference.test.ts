import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProposedChange } from '../../../src/model/change.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { differenceOf } from '../../../src/plan/difference.ts';
import { redactedPlan } from '../../../src/plan/redacted.ts';
import { planMarkdown } from '../../../src/render/plan-markdown.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const KEYS = ['icc', 'live-restore', 'userland-proxy', 'no-new-privileges'] as const;

/** One failing control per change, named after it. */
function planFor(changes: readonly ProposedChange[], facts?: HostFacts): Plan {
  const findings = changes.map((change, index) => ({
    control: selectedControl(`control-${change.address.replaceAll(/[^a-z-]/g, '-')}`, `2.${index + 1}`),
    assessments: [failing(change)],
  }));
  return planOf(findings, facts);
}

function planWith(keys: readonly string[], risk: 'low' | 'high' = 'low'): Plan {
  return planFor(keys.map((key) => optionChange(key, { risk })));
}

function side(plan: Plan): { readonly plan: Plan; readonly proofs: readonly []; readonly met: readonly string[] } {
  return { plan, proofs: [], met: [] };
}

describe('the difference of two plans', () => {
  test('is empty from a plan to itself, and turned round from the newer one to the older', () => {
    fc.assert(
      fc.property(fc.subarray([...KEYS]), fc.subarray([...KEYS]), (some, others) => {
        const [old, now] = [planWith(some), planWith(others)];
        const same = differenceOf(side(old), side(old));
        expect([same.added, same.removed, same.changed, same.results, same.others]).toEqual([[], [], [], [], []]);
        const [there, back] = [differenceOf(side(old), side(now)), differenceOf(side(now), side(old))];
        expect(there.added).toEqual(back.removed);
        expect(there.removed).toEqual(back.added);
        expect(there.added).toHaveLength(others.filter((key) => !some.includes(key)).length);
        expect(there.results.map(({ before, after }) => [after, before])).toEqual(
          expect.arrayContaining(back.results.map(({ before, after }) => [before, after])),
        );
      }),
    );
  });

  test('names what is weighed differently, and not what is only said differently', () => {
    const [old, now] = [planWith(['icc']), planWith(['icc'], 'high')];
    expect(differenceOf(side(old), side(now)).changed).toMatchObject([{ title: 'Set icc', what: ['risk'] }]);
    const renamed = planFor([optionChange('icc', { title: 'Other words', notes: ['n'] })]);
    expect(differenceOf(side(old), side(renamed)).changed).toEqual([]);
  });

  test('a control that an apply fixed is fixed in its results', () => {
    const plan = planWith(['icc']);
    const id = plan.changes[0]?.id ?? '';
    const proofs = [{ change: id, proof: 'live', reason: '' }] as const;
    expect(
      differenceOf(side(plan), { plan, proofs, met: plan.controls.map(({ slug }) => slug) }).results,
    ).toMatchObject([{ before: 'fail', after: 'fixed' }]);
  });

  test('another host is said', () => {
    const plan = planWith(['icc']);
    const other = { ...plan, host: { ...plan.host, idHmac: 'other', name: 'web-02' } };
    expect(differenceOf(side(plan), side(other)).others).toEqual([`another host: ${plan.host.name} -> web-02`]);
  });
});

describe('a redacted plan', () => {
  test('has no name of host or container and no path, and the same mask for the same word', () => {
    const containers = [
      { id: '1', name: 'shop', running: true },
      { id: '2', name: 'shop-db', running: true },
    ].map((one) => ({ ...one, networks: [], publishedPorts: 0, image: 'x', networkMode: 'bridge' }));
    const plan = planFor(
      [
        accessChange('/etc/docker/daemon.json', { breaks: ['shop-db reads /etc/docker/daemon.json on web-01'] }),
        optionChange('icc'),
      ],
      someFacts({ containers }),
    );
    const masked = redactedPlan(plan);
    const text = planMarkdown(masked, undefined);
    expect(text).not.toMatch(/web-01|shop|\/etc\/|daemon\.json/);
    expect(masked.digest).toBe(plan.digest);
    const [broken = ''] = masked.changes.flatMap(({ breaks }) => breaks);
    const words = /^(container-\d) reads (path-\d+) on host-\d$/.exec(broken);
    const paths = masked.changes.map(({ target }) => (target.type === 'daemon-option' ? target.file : target.path));
    expect(paths).toContain(words?.[2]);
  });
});
