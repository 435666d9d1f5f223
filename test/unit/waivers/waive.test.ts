import { describe, expect, it } from 'vitest';
import type { Assessment } from '../../../src/model/change.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { Waiver } from '../../../src/model/waiver.ts';
import { isIntact } from '../../../src/plan/seal.ts';
import { type WaiverPlace, standingsOf } from '../../../src/plan/waive.ts';
import { reviewWaivers } from '../../../src/plan/waiver-review.ts';
import { reportOf, reportWaivers } from '../../../src/plan/report-of.ts';
import { accessChange, assessed, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';
import { here, waiver } from './sample.ts';

const icc = {
  control: selectedControl('icc-disabled', '2.2'),
  assessments: [failing(optionChange('icc'), 'icc is on')],
};
const live = { control: selectedControl('live-restore', '2.16'), assessments: [failing(optionChange('live-restore'))] };
const passing = {
  control: selectedControl('seccomp', '2.18'),
  assessments: [assessed('report:x', { verdict: 'pass', evidence: [] })],
};

function planned(
  findings: readonly {
    readonly control: ReturnType<typeof selectedControl>;
    readonly assessments: readonly Assessment[];
  }[],
  waivers: readonly Waiver[],
  place: Partial<WaiverPlace> = {},
): Plan {
  return planOf(findings, undefined, { waivers: standingsOf(waivers, here(place)) });
}

function verdicts(plan: Plan): Readonly<Record<string, string>> {
  return Object.fromEntries(plan.controls.map(({ slug, verdict }) => [slug, verdict]));
}

describe('a waived control', () => {
  const plan = planned([icc, live], [waiver('icc-disabled', { approvedBy: 'ciso', from: '2025-12-01' })]);

  it('is waived with what was found, and its change is not proposed', () => {
    expect(verdicts(plan)).toEqual({ 'icc-disabled': 'waived', 'live-restore': 'fail' });
    expect(plan.changes.map(({ address }) => address)).toEqual(['daemon-option:live-restore']);
    expect(plan.summary).toMatchObject({ waived: 1, toFix: 1, changes: 1 });
    expect(plan.waived).toEqual([
      { control: 'icc-disabled', id: '2.2', title: 'Title of icc-disabled', reason: 'icc is on', steps: [] },
    ]);
    expect(plan.waivers.taken).toEqual([
      {
        id: 'icc-disabled@*',
        control: 'icc-disabled',
        found: 'fail',
        reason: 'reason for icc-disabled',
        owner: 'ops@example.org',
        approvedBy: 'ciso',
        from: '2025-12-01',
        until: '2026-01-31',
        graceUntil: null,
      },
    ]);
  });

  it('is in the digest, whole, but not where its file is', () => {
    expect(isIntact(plan)).toBe(true);
    const own = { approvedBy: 'ciso', from: '2025-12-01' };
    const moved = planned([icc, live], [waiver('icc-disabled', { ...own, file: '/srv/x.json5', line: 7 })]);
    const other = planned([icc, live], [waiver('icc-disabled', { ...own, reason: 'another' })]);
    expect(moved.digest).toBe(plan.digest);
    expect(other.digest).not.toBe(plan.digest);
    expect(other.waivers.digest).not.toBe(plan.waivers.digest);
  });

  it('is in the reports with its reason', () => {
    const { controls } = reportOf(plan, { kind: 'verify', proofs: [], met: [], waivers: reportWaivers(plan) });
    expect(controls[0]).toMatchObject({
      result: 'waived',
      waiver: { reason: 'reason for icc-disabled', owner: 'ops@example.org', until: '2026-01-31' },
    });
  });

  it('leaves a change that another control needs as well to that one', () => {
    const shared = accessChange('/etc/docker/daemon.json');
    const plan2 = planned(
      [
        { control: selectedControl('owner', '3.17'), assessments: [failing(shared)] },
        { control: selectedControl('mode', '3.18'), assessments: [failing(shared)] },
      ],
      [waiver('owner')],
    );
    expect(plan2.changes.map(({ controls }) => controls)).toEqual([['mode']]);
    expect(plan2.controls.map(({ changes }) => changes)).toEqual([[], ['c1']]);
  });

  it.each(['manual', 'not-checked'] as const)('may be %s', (verdict) => {
    const finding = {
      control: selectedControl('seccomp', '2.18'),
      assessments: [assessed('report:x', { verdict, reason: 'who knows', evidence: [], steps: [] })],
    };
    const one = planned([finding], [waiver('seccomp')]);
    expect(verdicts(one)).toEqual({ seccomp: 'waived' });
    expect(one.notChecked.length + one.manual.length).toBe(0);
    expect(one.waivers.taken?.[0]?.found).toBe(verdict);
  });

  it('does not wait for an activation', () => {
    const pending = {
      ...icc,
      assessments: [
        assessed('daemon-option:icc', {
          verdict: 'fail',
          reason: 'written',
          evidence: [],
          pending: { until: 'restart', command: 'systemctl restart docker' },
        }),
      ],
    };
    expect(planned([pending], []).pending).toHaveLength(1);
    expect(planned([pending], [waiver('icc-disabled')]).pending).toEqual([]);
  });
});

describe('a waiver hides nothing else', () => {
  it('not a broken file', () => {
    const broken = {
      ...icc,
      assessments: [assessed('report:x', { verdict: 'error', reason: 'not JSON', evidence: [] })],
    };
    const plan = planned([broken], [waiver('icc-disabled')]);
    expect(verdicts(plan)).toEqual({ 'icc-disabled': 'error' });
    expect(plan.waivers).toMatchObject({ used: [], digest: null, unneeded: [] });
  });

  it('not a pass: it is said that it can be removed', () => {
    const plan = planned([passing], [waiver('seccomp')]);
    expect(verdicts(plan)).toEqual({ seccomp: 'pass' });
    expect(plan.waivers.unneeded).toEqual([{ id: 'seccomp@*', reason: 'what it is for passes' }]);
  });

  it('nothing on another host, before it begins, or after it ended', () => {
    const cases: readonly Partial<Waiver>[] = [
      { hosts: ['db-*', 'web-2?'] },
      { from: '2026-01-03', until: '2026-01-31' },
      { until: '2026-01-01' },
    ];
    for (const over of cases) {
      expect(verdicts(planned([icc], [waiver('icc-disabled', over)]))).toEqual({ 'icc-disabled': 'fail' });
    }
    expect(verdicts(planned([icc], [waiver('icc-disabled', { hosts: ['db-*', 'web-0?'] })]))).toEqual({
      'icc-disabled': 'waived',
    });
  });
});

describe('the end of a waiver', () => {
  const ends = (at: string, graceMs = 0) =>
    planned([icc], [waiver('icc-disabled', { until: '2026-01-31' })], { at, graceMs });

  it('is after its last day, UTC', () => {
    expect(verdicts(ends('2026-01-31T23:59:59.999Z'))).toEqual({ 'icc-disabled': 'waived' });
    const over = ends('2026-02-01T00:00:00.000Z');
    expect(verdicts(over)).toEqual({ 'icc-disabled': 'fail' });
    expect(over.changes).toHaveLength(1);
    expect(over.warnings).toEqual(['The waiver of 2.2 (ops@example.org) ended on 2026-01-31. It counts again.']);
    expect(over.waivers.ended).toEqual([
      { id: 'icc-disabled@*', controls: ['icc-disabled'], owner: 'ops@example.org', reason: 'ended on 2026-01-31' },
    ]);
  });

  it('is a grace later where one is given, and that is said', () => {
    const DAY = 86_400_000;
    const late = ends('2026-02-02T00:00:00.000Z', 3 * DAY);
    expect(verdicts(late)).toEqual({ 'icc-disabled': 'waived' });
    expect(late.waivers.taken?.[0]?.graceUntil).toBe('2026-02-04T00:00:00.000Z');
    expect(late.warnings).toEqual([
      'The waiver of 2.2 (ops@example.org) ended on 2026-01-31, taken until 2026-02-04 00:00 UTC by --waiver-grace.',
    ]);
    expect(verdicts(ends('2026-02-04T00:00:00.000Z', 3 * DAY))).toEqual({ 'icc-disabled': 'fail' });
  });

  it('comes with another value at the place it was granted for', () => {
    const condition = { type: 'daemon-key', written: 'daemon.json#/icc', keys: ['icc'], wanted: null } as const;
    const granted = waiver('icc-disabled', { onlyWhile: [condition] });
    const seen = (value: null | boolean) => ({
      seen: new Map([['daemon.json#/icc', { type: 'value', value } as const]]),
    });
    expect(verdicts(planned([icc], [granted], seen(null)))).toEqual({ 'icc-disabled': 'waived' });
    const moved = planned([icc], [granted], seen(true));
    expect(verdicts(moved)).toEqual({ 'icc-disabled': 'fail' });
    expect(moved.warnings).toEqual([
      'The waiver of 2.2 (ops@example.org) holds no more: daemon.json#/icc is true, not unset any more. It counts again.',
    ]);
    const blind = planned([icc], [granted], {
      seen: new Map([['daemon.json#/icc', { type: 'unknown', reason: 'EIO' }]]),
    });
    expect(blind.waivers.ended?.[0]?.reason).toBe('holds no more: daemon.json#/icc cannot be seen: EIO');
    expect(verdicts(planned([icc], [granted]))).toEqual({ 'icc-disabled': 'fail' });
  });

  it('is that of the waiver that lasts longest', () => {
    const short = waiver('icc-disabled', { id: 'short', until: '2026-01-10' });
    const long = waiver('icc-disabled', {
      id: 'long',
      until: '2026-01-20',
      controls: ['icc-disabled', 'live-restore'],
    });
    for (const list of [
      [short, long],
      [long, short],
    ]) {
      const plan = planned([icc], list);
      expect(plan.waivers.used).toEqual(['long']);
      expect(plan.waivers.unneeded).toEqual([{ id: 'short', reason: 'other waivers cover what it is for' }]);
    }
  });
});

describe('a review', () => {
  it('has one remark for each waiver that needs one', () => {
    const list = [
      waiver('icc-disabled', { until: '2026-06-30' }),
      waiver('live-restore', { until: '2026-01-09' }),
      waiver('seccomp'),
      waiver('other', { id: 'other-host', hosts: ['db-*'] }),
      waiver('nothing', { id: 'nothing' }),
      waiver('late', { id: 'over', until: '2026-01-01' }),
      waiver('soon', { id: 'not-yet', from: '2026-01-20' }),
    ];
    const standings = standingsOf(list, here());
    const plan = planOf([icc, live, passing], undefined, { waivers: standings });
    expect(reviewWaivers(standings, plan).map(({ waiver: { id }, kind }) => [id, kind])).toEqual([
      ['live-restore@*', 'ends-soon'],
      ['seccomp@*', 'unneeded'],
      ['other-host', 'other-host'],
      ['nothing', 'not-selected'],
      ['over', 'over'],
    ]);
  });
});
