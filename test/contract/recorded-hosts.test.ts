import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/app/make-plan.ts';
import { profileByName } from '../../src/catalogue/profiles.ts';
import { selectControls } from '../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../src/catalogue/shipped-catalogue.ts';
import { recordedHost } from '../../src/host/recorded-host.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import { Plan } from '../../src/model/plan.ts';
import { planText } from '../../src/render/plan-text.ts';
import { RESOURCE_TYPES } from '../../src/resources/index.ts';

const FOLDER = join(import.meta.dirname, '../../snapshots/hosts');
const GOLDEN = join(import.meta.dirname, '../golden');
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const catalogue = shippedCatalogue();

async function planFrom(name: string, profile: string): Promise<Plan> {
  const file = join(FOLDER, name);
  const recording = parseRecording(readFileSync(file, 'utf8'), file);
  const ground = {
    host: recordedHost(recording),
    catalogue,
    types: RESOURCE_TYPES,
    now: () => new Date('2026-01-02T03:04:05Z'),
    toolVersion: '0.0.0',
    operator: 'golden',
    recording: null,
  };
  const selection = selectControls(catalogue, profileByName(catalogue, profile), { control: [], exclude: [] });
  return (await makePlan(ground, { selection, include: [], exclude: [], validForMs: 86_400_000 })).plan;
}

describe.each(NAMES)('a plan from the recording %s', (name) => {
  const stem = name.replace('.json', '');

  it.each([40, 80, 100])('reads the same at %i columns, and no line is longer', async (width) => {
    const text = planText(await planFrom(name, 'cis-docker-1.8.0/L1'), { width, colour: false }, []);
    const tooLong = text.split('\n').filter((line) => line.length > width && line.trimStart().includes(' '));
    expect(tooLong).toEqual([]);
    await expect(text).toMatchFileSnapshot(join(GOLDEN, `${stem}.${width}.txt`));
  });

  it('gives every control of level 2 the same verdict, and knows all of them', async () => {
    const plan = await planFrom(name, 'cis-docker-1.8.0/L2');
    expect(plan.controls.filter((control) => control.reason.includes('not in the recording'))).toEqual([]);
    const table = plan.controls
      .map(
        ({ ids, slug, verdict, reason }) =>
          `${ids[0] ?? ''} ${slug}: ${verdict}${reason === '' ? '' : `, ${reason}`}\n`,
      )
      .join('');
    await expect(table).toMatchFileSnapshot(join(GOLDEN, `${stem}.verdicts.txt`));
  });

  it('has one digest, and is what its schema says', async () => {
    const first = await planFrom(name, 'cis-docker-1.8.0/L1');
    const second = await planFrom(name, 'cis-docker-1.8.0/L1');
    expect(second.digest).toBe(first.digest);
    expect(Plan.parse(JSON.parse(JSON.stringify(first))).digest).toBe(first.digest);
  });
});
