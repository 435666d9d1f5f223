import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden, run } from '../helpers/program.ts';
import { FROM, day, entry, fileOf } from '../helpers/waiver-files.ts';

const [, RECORDING = ''] = FROM;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-verify-from-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('verify --from', () => {
  test.each([
    ['as it should be', ['-c', '3.4'], 0],
    ['findings', ['-c', '2.2'], 2],
    ['findings among what passes', [], 2],
    ['what only a person can decide', ['-c', '1.2.2', '--manual', 'fail'], 2],
    ['what only a person can decide, which does not count', ['-c', '1.2.2'], 0],
  ])('answers for the recorded host: %s', async (_what, args, exit) => {
    const { code, stdout, stderr } = await harden(['verify', ...FROM, ...args]);
    expect({ code, stderr }).toEqual({ code: exit, stderr: '' });
    expect(stdout).toMatch(/^harden verify +sample +cis-docker-1\.8\.0\/L1 +recorded\n/);
  });

  test('what was not recorded is no pass', async () => {
    const file = join(folder, 'no-engine.json');
    const recording = JSON.parse(readFileSync(RECORDING, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...recording, api: {} }));
    const { code, stdout } = await harden(['verify', '--from', file, '-c', '2.2']);
    expect(code, stdout).toBe(8);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('not in the recording');
  });

  test('needs no root, reads standard input, and gives reports and a file like any verify', async () => {
    const own = mkdtempSync(join(folder, 'own-'));
    const [junit, file] = [join(own, 'junit.xml'), join(own, 'verify.json')];
    await run('chown', ['65534', own]);
    await run('chmod', ['755', folder]);
    const { code, stdout, stderr } = await harden(
      ['verify', '--from', '-', '-c', '2.2,3.4', '--json', '-o', file, '--report', `junit:${junit}`],
      { input: readFileSync(RECORDING), uid: 65534, cwd: own },
    );
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const plan = Plan.parse(JSON.parse(stdout));
    expect(plan.source).toMatchObject({
      type: 'recorded',
      recording: { digest: expect.stringMatching(/^sha256:/) as string },
    });
    expect(readFileSync(file, 'utf8')).toBe(stdout);
    expect(readFileSync(junit, 'utf8')).toContain('failures="1"');
    expect(readdirSync(own).sort()).toEqual(['junit.xml', 'verify.json']);
  });

  test('takes waivers that are given, and a baseline of that host', async () => {
    const [waivers, baseline] = [join(folder, 'w.json5'), join(folder, 'baseline.json')];
    writeFileSync(waivers, fileOf(entry('2.2', day(60))));
    expect((await harden(['verify', ...FROM, '-c', '2.2', '--waivers', waivers])).code).toBe(0);
    expect((await harden(['verify', ...FROM, '-o', baseline])).code).toBe(2);
    const known = await harden(['verify', ...FROM, '--baseline', baseline]);
    expect(known.code, known.stderr).toBe(0);
  });

  test.each([
    ['--root', '/tmp'],
    ['--since-run', 'abcdef01'],
    ['--state-dir', '/tmp'],
  ])('goes with nothing that is about this machine: %s', async (option, value) => {
    expectError(await harden(['verify', ...FROM, option, value]), { code: 64, id: 'H0064', says: [option] });
  });

  test.each([
    ['a file that is not there', '/nonexistent.json', 'cannot be read', 'H1001'],
    ['a plan', 'plan.json', 'urn:harden:recording:1', 'H1032'],
    ['no JSON', 'text', 'is not a recording', 'H1032'],
  ])('refuses what is no recording: %s', async (_what, name, says, id) => {
    const file = name.startsWith('/') ? name : join(folder, name);
    if (name === 'plan.json') {
      await harden(['plan', ...FROM, '-o', file]);
    } else if (name === 'text') {
      writeFileSync(file, 'text');
    }
    expectError(await harden(['verify', '--from', file]), { code: 65, id, says: [says] });
  });
});
