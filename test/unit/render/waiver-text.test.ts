import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePlan, type PlannedHost } from '../../../src/app/make-plan.ts';
import { profileByName } from '../../../src/catalogue/profiles.ts';
import { selectControls } from '../../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import { readWaivers } from '../../../src/catalogue/waivers.ts';
import { recordedHost } from '../../../src/host/recorded-host.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { DAY_MS } from '../../../src/model/waiver.ts';
import { planMarkdown } from '../../../src/render/plan-markdown.ts';
import { planText } from '../../../src/render/plan-text.ts';
import { statusText } from '../../../src/render/status-text.ts';
import { verifyText } from '../../../src/render/verify-text.ts';
import { waiverNotices } from '../../../src/render/waiver-text.ts';
import { RESOURCE_TYPES } from '../../../src/resources/index.ts';

const GOLDEN = join(import.meta.dirname, '../../golden');
const RECORDING = join(import.meta.dirname, '../../../snapshots/hosts/debian-13-sample.json');
const WAIVERS = `{
  schema: 'urn:harden:waiver:1',
  waivers: [
    { control: '2.2', reason: 'The shop talks over docker0 until it has a network of its own, see OPS-311', owner: 'platform@example.org', until: '2026-06-30', onlyWhile: { 'daemon.json#/icc': null } },
    { control: '2.16', reason: 'Swarm is planned', owner: 'ops', until: '2026-01-04' },
    { control: '2.15', reason: 'Old images', owner: 'ops', until: '2026-01-01' },
    { control: '2.17', reason: 'Granted for another value', owner: 'ops', until: '2026-03-01', onlyWhile: { 'daemon.json#/userland-proxy': true } },
    { control: '3.2', reason: 'Never needed', owner: 'ops', until: '2026-03-01' },
  ],
}`;

async function planned(graceDays = 0): Promise<PlannedHost> {
  const recording = parseRecording(readFileSync(RECORDING, 'utf8'), RECORDING);
  const catalogue = shippedCatalogue();
  const profile = profileByName(catalogue, 'cis-docker-1.8.0/L1');
  const waivers = readWaivers([{ path: '/etc/harden/waivers.d/web.json5', text: WAIVERS }], {
    catalogue,
    benchmark: profile.benchmark,
    today: '2026-01-02',
  });
  return makePlan(
    {
      host: recordedHost(recording),
      catalogue,
      types: RESOURCE_TYPES,
      now: () => new Date('2026-01-02T03:04:05Z'),
      toolVersion: '0.0.0',
      operator: 'golden',
      recording: null,
    },
    {
      selection: selectControls(catalogue, profile, { control: [], exclude: [] }),
      include: [],
      exclude: [],
      validForMs: DAY_MS,
      waivers: { waivers, graceMs: graceDays * DAY_MS },
    },
  );
}

/** Counts, and the blocks that speak of waivers. */
function aboutWaivers(text: string): string {
  return text
    .split('\n\n')
    .filter((block) => /^WAIVED|waive/m.test(block))
    .join('\n\n');
}

describe('waivers in words', () => {
  it('stand in the plan and the verification of a recorded host', async () => {
    const { plan } = await planned();
    const style = { width: 80, colour: false };
    const whole = [
      aboutWaivers(planText(plan, style, [])),
      aboutWaivers(verifyText(plan, style)),
      planMarkdown(plan, undefined)
        .split('\n')
        .filter((line) => line.startsWith('- waived'))
        .join('\n'),
      waiverNotices(plan, style, true).join('\n'),
    ].join(`\n${'='.repeat(80)}\n`);
    await expect(`${whole}\n`).toMatchFileSnapshot(join(GOLDEN, 'waivers.80.txt'));
  });

  it('are red while only a grace keeps them, and on their last days', async () => {
    const { plan } = await planned(5);
    const lines = planText(plan, { width: 80, colour: true }, []).split('\n');
    const red = (id: string) => lines.find((line) => line.includes(`w ${id} `))?.startsWith('\u001b[31m');
    expect([red('2.2'), red('2.15'), red('2.16')]).toEqual([false, true, false]);
    expect(waiverNotices(plan, { width: 200, colour: true }, true)[0]).toBe(
      '\u001b[31mharden: the waiver of 2.15 (ops) ended on 2026-01-01, taken until 2026-01-07 00:00 UTC by --waiver-grace.\u001b[39m',
    );
  });

  it('stand in the status: what is over or ends within 30 days, and files that cannot be taken', () => {
    const base = { pending: null, unfinished: [], lastApply: null, reverts: [] };
    const one = (id: string, daysLeft: number) => ({ id, until: '2026-01-09', owner: 'ops', daysLeft });
    const style = { width: 80, colour: false };
    expect(
      statusText(
        { ...base, waivers: { ending: [one('2.2@*', -1), one('b@*', 0), one('c@*', 7)], problem: null } },
        {},
        style,
      ),
    ).toBe(
      'Nothing was applied on this host yet.\nThe waiver of 2.2 (ops) ended on 2026-01-09: it counts again.\nThe waiver of b (ops) ends on 2026-01-09, last day.\n  1 more: harden waiver check\n',
    );
    expect(
      statusText({ ...base, waivers: { ending: [], problem: '/etc/x.json5:1: unknown key "a"' } }, {}, style),
    ).toContain('Waivers cannot be taken: /etc/x.json5:1: unknown key "a"\n  To see all of it: harden waiver check\n');
  });
});
