import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree } from '../helpers/tree.ts';

const CHOICE = ['-c', '2.*,3.*'];

describe.runIf(canOwn())('what is approved without a question', () => {
  test('is told before it begins: counts, effects and what has to be read, not each change', async () => {
    using tree = plantTree(DOCKER_CE);
    const { stderr, stdout } = await harden([
      'apply',
      '--root',
      tree.root,
      ...CHOICE,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
    ]);
    expect(stderr).toMatch(/^harden apply .*\n\n {2}\d+ controls .* to fix/m);
    expect(stderr).toMatch(/\d+ changes would fix \d+ controls/);
    expect(stderr.indexOf('would fix')).toBeLessThan(stderr.indexOf('ok   1/'));
    expect(`${stderr}${stdout}`).not.toMatch(/^ 1 {2}[~+-]/m);
    const back = await harden([
      'rollback',
      '--root',
      tree.root,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
    ]);
    expect(back.stderr.indexOf('can be put back')).toBeGreaterThan(0);
    expect(back.stderr.indexOf('can be put back')).toBeLessThan(back.stderr.indexOf('ok   1/'));
  });

  test('is told once by a dry run, and not at all where nothing but the result was wanted', async () => {
    using tree = plantTree(DOCKER_CE);
    const told = await harden([
      'apply',
      '--root',
      tree.root,
      ...CHOICE,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
      '--dry-run',
    ]);
    expect(told.stderr).not.toContain('would fix');
    expect(told.stdout).toContain('would fix');
    const quiet = await harden([
      'apply',
      '--root',
      tree.root,
      ...CHOICE,
      '--yes',
      '--max-risk',
      'high',
      '--max-impact',
      'restart',
      '--quiet',
    ]);
    expect(quiet.stderr).not.toContain('would fix');
  });
});
