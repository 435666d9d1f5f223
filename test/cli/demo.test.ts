import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const PROJECT = join(import.meta.dirname, '../..');
const NOBODY = { uid: 65_534, gid: 65_534 };
const FOLDERS = ['home', 'tmp'];
let home = '';
let before: readonly string[] = [];
let ended: SpawnSyncReturns<string>;
let tookMs = 0;

/** As npm runs the script: in the project's folder, its own programs first in the path. No other program can be found. */
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'harden-demo-'));
  const user = somebody();
  for (const folder of FOLDERS.map((name) => join(home, name))) {
    mkdirSync(folder);
    chownSync(folder, user.uid, user.gid);
  }
  chmodSync(home, 0o755);
  const env = {
    HOME: join(home, 'home'),
    TMPDIR: join(home, 'tmp'),
    PATH: `${PROJECT}/node_modules/.bin:/nowhere`,
    COLUMNS: '80',
    LANG: 'C.UTF-8',
  };
  before = readdirSync(PROJECT);
  const started = performance.now();
  ended = spawnSync('/bin/sh', ['-c', manifest.scripts.start], {
    cwd: PROJECT,
    env,
    encoding: 'utf8',
    input: '',
    ...user,
  });
  tookMs = performance.now() - started;
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('npm start, as nobody, without docker in the path', () => {
  test('goes the whole circle: every step is as it should be', () => {
    expect(ended.stderr).toBe('');
    expect(ended.status).toBe(0);
    const steps = ended.stdout.split('\n').filter((line) => /^(ok|!!) {2}/.test(line));
    expect(steps).toHaveLength(5);
    expect(steps.every((line) => line.startsWith('ok'))).toBe(true);
    expect(ended.stdout).toContain('The second plan is empty.');
    expect(ended.stdout).toMatch(/All \d+ recorded files and folders, the audit rules and the engine's answers/);
  });

  test('tells a newcomer what it is, in lines of 80 columns at most', () => {
    expect(ended.stdout).toContain('is a recording of a real machine');
    expect(ended.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('ends in under ten seconds', () => {
    expect(tookMs).toBeLessThan(10_000);
  });

  test('leaves nothing behind', () => {
    const left = FOLDERS.flatMap((name) => readdirSync(join(home, name), { encoding: 'utf8', recursive: true }));
    expect(left).toEqual([]);
    expect(readdirSync(PROJECT)).toEqual(before);
  });
});

/** Nobody, where this is root and the project lies where everybody may look; else who runs the tests. */
function somebody(): { readonly uid: number; readonly gid: number } {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (own.uid !== 0) {
    return own;
  }
  if (spawnSync('/bin/ls', [join(PROJECT, 'node_modules/node/bin')], NOBODY).status === 0) {
    return NOBODY;
  }
  writeSync(2, `npm start is tried as root: others may not look into ${PROJECT}\n`);
  return own;
}
