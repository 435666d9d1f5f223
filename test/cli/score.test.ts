import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { REPORT_KINDS } from '../../src/model/report.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { FROM } from '../helpers/waiver-files.ts';

let folder: string;
let stored: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'harden-score-'));
  stored = join(folder, 'plan.json');
  await harden(['plan', ...FROM, '-o', stored]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const words = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('--score', () => {
  test('without it there is none, in the text and in any report', async () => {
    const shown = [(await harden(['verify', ...FROM])).stdout];
    for (const kind of REPORT_KINDS.filter((one) => one !== 'xccdf')) {
      shown.push((await harden(['report', stored, '--format', kind])).stdout);
    }
    expect(shown.filter((text) => /\bscore\b/i.test(text))).toEqual([]);
  });

  test('is a line of verify, of its Markdown and of its HTML, with the same numbers, and changes no exit code', async () => {
    const [md, html] = [join(folder, 'r.md'), join(folder, 'r.html')];
    const reports = ['--report', `md:${md}`, '--report', `html:${html}`];
    const { code, stdout } = await harden(['verify', ...FROM, '--score', ...reports]);
    expect(code).toBe(2);
    const { summary } = Plan.parse(JSON.parse(readFileSync(stored, 'utf8')));
    const both = `automated controls: ${summary.pass} of ${summary.pass + summary.toFix}. Not in it: ${summary.waived} waived`;
    for (const text of [stdout, readFileSync(md, 'utf8'), readFileSync(html, 'utf8')]) {
      expect(words(text)).toContain(both);
    }
  });

  test('with JSON it is told beside it, and the plan is the same', async () => {
    const { stdout, stderr } = await harden(['verify', ...FROM, '--score', '--json']);
    expect(Plan.parse(JSON.parse(stdout)).summary.controls).toBeGreaterThan(0);
    expect(stdout).not.toContain('Score');
    expect(stderr).toMatch(/^Score: [\d.]+ %, pass \/ \(pass \+ fail\)/);
  });

  test('report shows it where there is a place for it, and refuses it elsewhere', async () => {
    expect(words((await harden(['report', stored, '--score'])).stdout)).toContain('Score: ');
    expect(words((await harden(['report', stored, '--score', '--format', 'html'])).stdout)).toContain('Score: ');
    for (const format of ['csv', 'json', 'sarif', 'xccdf']) {
      const refused = await harden(['report', stored, '--score', '--format', format]);
      expectError(refused, { code: 64, id: 'H0080', says: [format] });
    }
  });
});
