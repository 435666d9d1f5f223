import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RunResult } from '../../src/model/result.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, PLAIN_ENV, run } from '../helpers/program.ts';
import { canOwn, plantTree } from '../helpers/tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const env = { PATH: `${dirname(HARDEN)}:${PLAIN_ENV['PATH'] ?? ''}` };

test('the CI job plans from a recording and leaves a plan, Markdown and reports', { timeout: 120_000 }, async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'harden-ci-'));
  try {
    const recording = join(ROOT, 'snapshots/hosts/debian-13-sample.json');
    const { code, stdout, stderr } = await run(join(ROOT, 'examples/ci.sh'), [recording], { env, cwd });
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(readFileSync(join(cwd, 'plan.md'), 'utf8')).toContain('**If applied:**');
    expect(readFileSync(join(cwd, 'harden.junit.xml'), 'utf8')).toContain('<testsuites');
    expect(JSON.parse(readFileSync(join(cwd, 'harden.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
    expect(JSON.parse(readFileSync(join(cwd, 'plan.json'), 'utf8'))).toMatchObject({ schema: 'urn:harden:plan:1' });
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

describe.runIf(canOwn())('an image', () => {
  test(
    'is hardened in its folder, twice with the same end, and carries its way back',
    { timeout: 120_000 },
    async () => {
      using tree = plantTree(DOCKER_CE);
      const build = () => run(join(ROOT, 'examples/image.sh'), [tree.root], { env, cwd: '/' });
      const first = await build();
      expect(first.code, first.stdout + first.stderr).toBe(0);
      const result = RunResult.parse(JSON.parse(readFileSync(`${tree.root}.result.json`, 'utf8')));
      expect(result).toMatchObject({ type: 'done', exit: 0, run: { reason: 'image build' } });
      expect(existsSync(tree.at('/var/lib/harden/snapshots'))).toBe(true);
      const state = tree.state();
      expect((await build()).code).toBe(0);
      expect(tree.state()).toEqual(state);
      execFileSync(HARDEN, ['rollback', '--root', tree.root, '--yes', '--max-impact', 'restart'], { stdio: 'ignore' });
    },
  );
});
