import { chmodSync } from 'node:fs';
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

/** Two modes tightened; the ids of the run. */
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
});
