import { chmodSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';

const FILE = '/etc/default/docker';
const YES = ['--yes', '--max-risk', 'high'];
const L2 = ['-p', 'cis-docker-1.8.0/L2'];

interface Result {
  readonly type: string;
  readonly snapshot?: string;
  readonly proofs?: readonly { readonly proof: string }[];
}

async function result(tree: Tree, ...args: readonly string[]): Promise<Result> {
  const { code, stdout, stderr } = await harden([...args, '--root', tree.root, '--json']);
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as Result;
}

async function tighten(tree: Tree): Promise<string> {
  const { snapshot } = await result(tree, 'apply', ...L2, '-c', 'etc-default-docker-mode', ...YES);
  return snapshot ?? '';
}

function mode(tree: Tree): string {
  return (statSync(tree.at(FILE)).mode & 0o7777).toString(8);
}

describe.runIf(canOwn())('a rollback that finds all as it was before', () => {
  const open = { ...DOCKER_CE, [FILE]: { type: 'file', text: '', mode: 0o666 } } as const;

  test('needs nobody to agree, writes nothing, and is kept: a second one has nothing to do, and one without an id takes the apply before', async () => {
    using tree = plantTree({ ...open, '/etc/docker/daemon.json': { type: 'file', text: '{}', mode: 0o666 } });
    const earlier = (await result(tree, 'apply', ...L2, '-c', 'daemon-json-mode', ...YES)).snapshot;
    const last = await tighten(tree);
    chmodSync(tree.at(FILE), 0o666);
    const before = tree.state();
    const shown = await harden(['rollback', '--dry-run', '--root', tree.root]);
    expect(shown.stdout).toContain('Nothing to put back');
    const text = await harden(['rollback', '--root', tree.root]);
    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toContain('Nothing had to be put back: 1 of 1 change as before.');
    expect(text.stdout).toContain(`Snapshot ${last} is taken back.`);
    expect(tree.state()).toEqual(before);
    expect((await result(tree, 'rollback', last)).type).toBe('nothing-to-do');

    const listed = (await harden(['history', 'list', '--root', tree.root])).stdout;
    expect(listed.match(/^\S+ .* rollback /gm)).toHaveLength(1);
    expect(listed).toContain(`took back run ${last}`);
    expect((await harden(['snapshot', 'list', '--root', tree.root])).stdout).toContain('taken back by');
    expect(await result(tree, 'rollback', ...YES)).toMatchObject({ type: 'done', snapshot: earlier });
    expectError(await harden(['rollback', ...YES, '--root', tree.root]), { code: 64, id: 'H2011', says: ['no apply'] });
  });

  test('is kept apart from what a newer apply set alike: that stays until its own rollback', async () => {
    using tree = plantTree(open);
    const first = await tighten(tree);
    chmodSync(tree.at(FILE), 0o666);
    expect(await result(tree, 'rollback', first)).toMatchObject({ type: 'done', proofs: [{ proof: 'live' }] });
    const second = await tighten(tree);
    const again = await harden(['rollback', first, ...YES, '--root', tree.root]);
    expect(again.code, again.stderr).toBe(2);
    expect(again.stdout.replaceAll(/\s+/g, ' ')).toContain(
      `left alone: ${FILE}: apply ${second} changed its access again; it goes back with that one`,
    );
    expect(mode(tree)).toBe('644');
    await result(tree, 'rollback', second, ...YES);
    expect(mode(tree)).toBe('666');
  });
});
