import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RunResult } from '../../src/model/result.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';

const DEFAULTS = '/etc/default/docker';
const SETTINGS = '/etc/docker/daemon.json';
const OPEN = {
  ...DOCKER_CE,
  [DEFAULTS]: { type: 'file', text: '', mode: 0o666 },
  [SETTINGS]: { type: 'file', text: '{}', mode: 0o666 },
} as const;
const YES = ['--yes', '--max-risk', 'high'];

/** Two modes tightened; the id of the run. */
async function tightened(tree: Tree): Promise<string> {
  const words = ['-p', 'cis-docker-1.8.0/L2', '-c', 'daemon-json-mode,etc-default-docker-mode'];
  const { code, stdout, stderr } = await harden(['apply', ...words, ...YES, '--root', tree.root, '--json']);
  expect(code, stdout + stderr).toBe(0);
  return (JSON.parse(stdout) as { readonly snapshot: string }).snapshot;
}

async function said(tree: Tree, ...words: readonly string[]) {
  const { code, stdout, stderr } = await harden([...words, '--root', tree.root]);
  return { code, text: stdout.replaceAll(/\s+/g, ' '), stdout, stderr };
}

describe.runIf(canOwn())('a rollback that leaves a part as others made it', () => {
  test('is kept so that the history reads it again', async () => {
    using tree = plantTree(OPEN);
    const id = await tightened(tree);
    chmodSync(tree.at(DEFAULTS), 0o600);
    const back = await said(tree, 'rollback', ...YES, '--json');
    expect(back.code, back.stderr).toBe(2);
    const result = RunResult.parse(JSON.parse(back.stdout));
    expect(result).toMatchObject({ type: 'done', snapshot: id, kept: [{ what: DEFAULTS }] });
    const listed = await said(tree, 'history', 'list');
    expect(listed.code, listed.stdout).toBe(0);
    expect(listed.text).toContain(`took back run ${id}`);
    const shown = await said(tree, 'history', 'show', result.run?.id ?? '');
    expect(shown.text).toContain(`left alone: ${DEFAULTS}`);
  });

  test('names before the question what stays, with the value that was set and the one that is there', async () => {
    using tree = plantTree(OPEN);
    await tightened(tree);
    chmodSync(tree.at(DEFAULTS), 0o600);
    const { code, text } = await said(tree, 'rollback', '--plan');
    expect(code).toBe(0);
    expect(text).toContain('1 change can be put back.');
    expect(text).toMatch(/LEFT AS IT IS 1 change/);
    expect(text).toContain(
      `${DEFAULTS} is left as it is: somebody changed its access since: mode 0644 then, mode 0600 now`,
    );
  });

  test('of a file that is broken now is refused, so that the apply still stands when it is mended', async () => {
    using tree = plantTree({ ...DOCKER_CE, [SETTINGS]: '{"live-restore": false}\n' });
    const applied = await said(tree, 'apply', '-c', '2.16', ...YES, '--max-impact', 'reload');
    expect(applied.code, applied.stderr).toBe(0);
    const whole = readFileSync(tree.at(SETTINGS), 'utf8');
    writeFileSync(tree.at(SETTINGS), whole.replace('}', ',}'));
    const refused = await said(tree, 'rollback', ...YES);
    expect(refused.code, refused.text).toBe(65);
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /live-restore in .*cannot be edited as it is.* harden rollback/,
    );
    expect(refused.stderr).not.toContain('not set now');
    writeFileSync(tree.at(SETTINGS), whole);
    const back = await said(tree, 'rollback', ...YES);
    expect(back.code, back.stderr).toBe(0);
    expect(JSON.parse(readFileSync(tree.at(SETTINGS), 'utf8'))).toEqual({ 'live-restore': false });
  });

  test('asks nothing where all of it stays, says so, and is told apart from one that put something back', async () => {
    using tree = plantTree(OPEN);
    const id = await tightened(tree);
    chmodSync(tree.at(DEFAULTS), 0o600);
    chmodSync(tree.at(SETTINGS), 0o600);
    const before = tree.state();
    const planned = await said(tree, 'rollback', '--plan');
    expect(planned.text).toContain('Nothing of it can be put back. harden overwrites nothing that was changed since.');
    const back = await said(tree, 'rollback');
    expect(back.code, back.stderr).toBe(2);
    expect(back.stderr).not.toContain('not rehearsed');
    expect(back.text).toContain('Nothing was put back: 2 changes stay as found.');
    expect(back.text).toContain(`Snapshot ${id} counts as taken back; what is left alone stays.`);
    expect(back.text).toContain(`To see what differs: sudo harden rollback ${id} --root ${tree.root} --plan`);
    expect(tree.state()).toEqual(before);

    expect((await said(tree, 'status')).text).toMatch(
      new RegExp(`Rollback \\w+ left all of it to others, who changed it since: sudo harden rollback ${id} --root`),
    );
    const listed = await said(tree, 'history', 'list');
    expect(listed.text).toContain(`put nothing back of run ${id} left alone: ${SETTINGS} and ${DEFAULTS}`);
    expect((await said(tree, 'snapshot', 'list')).text).toMatch(/taken back by \w+, 2 changes left to others/);
    expect((await said(tree, 'rollback')).stderr).toContain('H2011');
  });

  test('takes up again what has become its own', async () => {
    using tree = plantTree(OPEN);
    const id = await tightened(tree);
    chmodSync(tree.at(DEFAULTS), 0o600);
    chmodSync(tree.at(SETTINGS), 0o600);
    await said(tree, 'rollback');
    chmodSync(tree.at(DEFAULTS), 0o644);
    const again = await said(tree, 'rollback', id, ...YES);
    expect(again.code, again.stderr).toBe(2);
    expect(again.text).toContain('1 of 1 change as before.');
    expect((await said(tree, 'status')).text).toMatch(/Taken back by \w+, but for 1 change left to others/);
  });
});
