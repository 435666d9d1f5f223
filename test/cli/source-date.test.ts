import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { REPORT_KINDS } from '../../src/model/report.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { FROM, day, entry, fileOf } from '../helpers/waiver-files.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-source-date-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('SOURCE_DATE_EPOCH', () => {
  test.each(['plan', 'verify'])(
    '%s: the same text, file and reports of every kind, byte for byte, a second apart',
    async (verb) => {
      const made = async (name: string) => {
        const own = mkdtempSync(join(folder, name));
        const file = (kind: string): string => join(own, `report.${kind}`);
        const reports = REPORT_KINDS.flatMap((kind) => ['--report', `${kind}:${file(kind)}`]);
        const { code, stdout } = await harden([verb, ...FROM, '-o', file('file'), ...reports], { env: EPOCH });
        expect(code).toBe(verb === 'plan' ? 0 : 2);
        const texts = ['file', ...REPORT_KINDS].map((kind) => [kind, readFileSync(file(kind), 'utf8')] as const);
        return new Map<string, string>([['stdout', stdout.replaceAll(own, '')], ...texts]);
      };
      const first = await made('first-');
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(await made('again-')).toEqual(first);
      const plan = Plan.parse(JSON.parse(first.get('file') ?? ''));
      expect(plan.createdAt).toBe('2023-11-14T22:13:20.000Z');
      expect(first.get('html')).toContain('2023-11-14 22:13');
    },
  );

  test('a plan made so expires as long after that time as --expires says, and no empty value counts', async () => {
    const planned = async (env: Readonly<Record<string, string>>) =>
      Plan.parse(JSON.parse((await harden(['plan', ...FROM, '--json', '--expires', '2h'], { env })).stdout));
    expect(await planned(EPOCH)).toMatchObject({ expiresAt: '2023-11-15T00:13:20.000Z' });
    expect((await planned({ SOURCE_DATE_EPOCH: '' })).createdAt.slice(0, 4)).not.toBe('2023');
  });

  test('brings no waiver back that is over', async () => {
    const file = join(folder, 'w.json5');
    writeFileSync(file, fileOf(entry('2.2', day(-1))));
    const then = String(Math.floor(Date.now() / 1000) - 10 * 86_400);
    const { code } = await harden(['verify', ...FROM, '-c', '2.2', '--waivers', file], {
      env: { SOURCE_DATE_EPOCH: then },
    });
    expect(code).toBe(2);
  });

  test.each(['soon', '-1', '1.5', '1700000000 ', '0x10', '4102444800', '9'.repeat(40)])(
    'is refused where it is no number of seconds: %j',
    async (value) => {
      for (const verb of ['plan', 'verify']) {
        const env = { SOURCE_DATE_EPOCH: value };
        expectError(await harden([verb, ...FROM], { env }), { code: 64, id: 'H0086', says: [value.trim()] });
      }
    },
  );
});
