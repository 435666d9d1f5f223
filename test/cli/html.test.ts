import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { harden } from '../helpers/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'harden-html-'));
afterAll(() => rmSync(folder, { recursive: true }));
const BROWSER = '/usr/bin/chromium';
const SAMPLE = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');

describe.runIf(process.env['HARDEN_TEST_REQUIRE_ALL'] === '1' || existsSync(BROWSER))(
  'the HTML report in Chromium',
  () => {
    test('prints what is folded on the screen too', async () => {
      const page = join(folder, 'report.html');
      const printed = join(folder, 'report.pdf');
      expect(await harden(['plan', '--from', SAMPLE, '--report', `html:${page}`])).toMatchObject({ code: 0 });
      browser(['--print-to-pdf', page, printed]);
      const text = spawnSync('pdftotext', [printed, '-'], { encoding: 'utf8' }).stdout;
      expect(text).toContain('To fix (8)');
      expect(text).toContain('Not applicable (10)');
      // Inside a group that is folded on the screen.
      expect(text).toContain('Only root can read the server key of the API');
    });
  },
);

function browser([option = '', page = '', target = '']: readonly string[]): void {
  const home = mkdtempSync(join(folder, 'profile-'));
  const { status, stderr } = spawnSync(
    BROWSER,
    ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${home}`, `${option}=${target}`, `file://${page}`],
    { encoding: 'utf8', timeout: 50_000, env: { ...process.env, HOME: home } },
  );
  expect({ status, said: status === 0 ? '' : stderr }).toEqual({ status: 0, said: '' });
}
