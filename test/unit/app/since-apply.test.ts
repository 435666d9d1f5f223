import { describe, expect, test } from 'vitest';
import { sinceApply } from '../../../src/app/since-apply.ts';
import { toJson } from '../../../src/model/canonical.ts';
import type { HostReader } from '../../../src/model/host.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { SnapshotSummary } from '../../../src/model/transaction.ts';
import { verifyText } from '../../../src/render/verify-text.ts';
import { assessed, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const host: Pick<HostReader, 'stat'> = { stat: () => ({ status: 'absent' }) };
const control = (key: string) => selectedControl(key, `2.${key.length}`);
const fails = (...keys: readonly string[]): Plan =>
  planOf(keys.map((key) => ({ control: control(key), assessments: [failing(optionChange(key))] })));

function snapshot(id: string, about: object, purpose: SnapshotSummary['purpose'] = 'apply'): SnapshotSummary {
  return { id, purpose, createdAt: '2026-01-01T00:00:00.000Z', about: toJson(about), proven: true };
}

const applied = snapshot('aaaaaaaa', { type: 'apply', plan: fails('icc', 'live-restore') });
const part = (changes: readonly string[]): SnapshotSummary =>
  snapshot('bbbbbbbb', { type: 'rollback', of: 'aaaaaaaa', changes, plan: fails('icc') }, 'rollback');

/** A plan that found both failing and changes the second alone. */
function waiting(found: Plan, changed: Plan): Plan {
  return { ...changed, controls: [...changed.controls, ...found.controls.map((one) => ({ ...one, changes: [] }))] };
}

describe('what fails after an apply', () => {
  test('is undone where the apply had set it, new where the apply did not know it', () => {
    const now = fails('icc', 'no-new-privileges');
    const since = sinceApply(now, [applied], host);
    expect([...(since?.undone ?? [])]).toEqual([['icc', 'aaaaaaaa had set it; /etc/docker/daemon.json is gone']]);
    expect([...(since?.fresh ?? [])]).toEqual(['no-new-privileges']);
    const text = verifyText(now, { width: 100, colour: false }, { since });
    expect(text).toMatch(
      /UNDONE since harden set it[^]*2\.3[^]*aaaaaaaa had set it[^]*NEW since the last apply[^]*2\.17/,
    );
  });

  test('is not undone while it waits for a restart', () => {
    const waits = planOf([
      {
        control: control('icc'),
        assessments: [
          assessed('daemon-option:icc', {
            verdict: 'fail',
            reason: 'written',
            evidence: [],
            pending: { until: 'restart', command: 'restart docker' },
          }),
        ],
      },
    ]);
    expect(sinceApply(waits, [applied], host)).toEqual({ undone: new Map(), takenBack: new Map(), fresh: new Set() });
  });

  test('is called taken back where a rollback did that, never fixed where nothing was set, and nothing is said where no apply stands', () => {
    const [icc = '', restore = ''] = fails('icc', 'live-restore').changes.map(({ id }) => id);
    const since = sinceApply(fails('icc'), [applied, part([icc])], host);
    expect(since).toEqual({
      undone: new Map(),
      takenBack: new Map([['icc', 'aaaaaaaa had set it, and rollback bbbbbbbb took it back']]),
      fresh: new Set(),
    });
    const shown = verifyText(fails('icc'), { width: 100, colour: false }, { since });
    expect(shown).toMatch(/TAKEN BACK since harden set it[^]*rollback bbbbbbbb took it back/);
    expect(shown).not.toContain('NEVER FIXED');
    const untouched = sinceApply(
      fails('icc'),
      [snapshot('cccccccc', { type: 'apply', plan: waiting(fails('icc'), fails('live-restore')) })],
      host,
    );
    expect(verifyText(fails('icc'), { width: 100, colour: false }, { since: untouched })).toContain('NEVER FIXED');
    expect(sinceApply(fails('icc'), [applied, part([icc, restore])], host)).toBeUndefined();
    expect(sinceApply(fails('icc'), [], host)).toBeUndefined();
  });
});

test('verify --manual fail shows what it fails for', () => {
  const manual = planOf([{ control: control('icc'), assessments: [] }]);
  const asManual = { ...manual, manual: [{ control: 'icc', id: '2.3', title: 'Choose', reason: 'who', steps: [] }] };
  const style = { width: 100, colour: false };
  expect(verifyText(asManual, style)).not.toContain('MANUAL');
  const shown = verifyText(asManual, style, { manualFails: true });
  expect(shown).toMatch(/MANUAL[^]*2\.3 Choose: who/);
  expect(shown).not.toContain('As it should be');
});
