import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden, HARDEN, run } from '../helpers/program.ts';
import { atTerminal } from '../helpers/pseudo-terminal.ts';
import { tarOf } from '../../src/model/tar.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';

const YES = ['--yes', '--max-risk', 'high'];

async function applied(tree: Tree, control: string): Promise<string> {
  const { code, stdout } = await harden(['apply', '--root', tree.root, '-c', control, '--json', ...YES]);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { readonly snapshot: string }).snapshot;
}

async function takenBack(tree: Tree, id: string): Promise<void> {
  expect((await harden(['rollback', id, '--root', tree.root, ...YES])).code).toBe(0);
}

/** Something to change again, by another apply. */
const loosened = (tree: Tree, unit: string): void => chmodSync(tree.at(`/usr/lib/systemd/system/${unit}`), 0o666);
const SERVICE = 'docker-service-mode';

const kept = (tree: Tree): readonly string[] => readdirSync(tree.at('/var/lib/harden/snapshots')).sort();

describe.runIf(canOwn())('snapshot export', () => {
  test('makes one private file that tar, sha256sum and harden read without the host', async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, SERVICE);
    const { code, stdout, stderr } = await harden(['snapshot', 'export', '--root', tree.root, '-o', tree.outside]);
    const file = `${tree.outside}/harden-snapshot-${id}.tar`;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(file);
    expect(statSync(file).mode & 0o7777).toBe(0o600);
    execFileSync('tar', ['xf', file, '-C', tree.outside]);
    const folder = `${tree.outside}/harden-snapshot-${id}`;
    expect(execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })).toMatch(
      /OK/,
    );
    expect(readFileSync(`${folder}/manifest.json`)).toEqual(
      readFileSync(tree.at(`/var/lib/harden/snapshots/${id}/manifest.json`)),
    );
    const verified = await harden(['snapshot', 'verify', file], { uid: 0 });
    expect(verified).toMatchObject({ code: 0, stdout: `${id}  whole\n` });
    const piped = `${HARDEN} snapshot export --root ${tree.root} -o - | cmp - ${file}`;
    execFileSync('bash', ['-o', 'pipefail', '-c', piped], { stdio: 'ignore' });
  });

  test('of a damaged snapshot is refused, and a damaged file is told part by part', async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, SERVICE);
    const file = `${tree.outside}/one.tar`;
    expect((await harden(['snapshot', 'export', id, '--root', tree.root, '-o', file])).code).toBe(0);
    const bytes = readFileSync(file);
    // In the content of the member after the sums.
    const at = bytes.indexOf('ustar', bytes.indexOf('ustar') + 1) - 257 + 512;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);
    const broken = await harden(['snapshot', 'verify', file]);
    expect(broken.code).toBe(2);
    expect(broken.stdout.trim().split('\n')).toHaveLength(1);
    writeFileSync(file, bytes.subarray(0, 700));
    expectError(await harden(['snapshot', 'verify', file]), { code: 65, id: 'H2061', says: [] });
    writeFileSync(tree.at(`/var/lib/harden/snapshots/${id}/manifest.json`), 'x');
    const other = `${tree.outside}/two.tar`;
    expectError(await harden(['snapshot', 'export', id, '--root', tree.root, '-o', other]), {
      code: 65,
      id: 'H2121',
      says: [],
    });
    expect(existsSync(other)).toBe(false);
  });

  test('what a file says of itself drives no terminal', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/foreign.tar`;
    const sums = `${'0'.repeat(64)}  \u001b[2Jall is well\n`;
    const name = 'harden-snapshot-00000000/SHA256SUMS';
    writeFileSync(file, tarOf([{ name, bytes: new TextEncoder().encode(sums) }], 0));
    const { code, stdout } = await harden(['snapshot', 'verify', file]);
    expect(code).toBe(2);
    expect(stdout).toContain(String.raw`\u001b[2Jall is well: it is missing`);
  });

  test('never writes over a file, nor to a terminal', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree, SERVICE);
    const file = `${tree.outside}/there`;
    writeFileSync(file, 'mine');
    chmodSync(file, 0o644);
    expectError(await harden(['snapshot', 'export', '--root', tree.root, '-o', file]), {
      code: 73,
      id: 'H2062',
      says: [],
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const shown = await atTerminal(`${HARDEN} snapshot export --root ${tree.root} -o -`, []);
    expect(shown.code).toBe(64);
    expect(shown.shown).toContain('H2062');
  });
});

describe.runIf(canOwn())('snapshot prune', () => {
  test('shows what goes and what stays, and deletes nothing without consent', async () => {
    using tree = plantTree(DOCKER_CE);
    const first = await applied(tree, SERVICE);
    await takenBack(tree, first);
    const second = await applied(tree, SERVICE);
    const before = kept(tree);
    const shown = await harden(['snapshot', 'prune', '--root', tree.root, '--dry-run']);
    expect(shown.code).toBe(0);
    expect(shown.stderr).toMatch(
      new RegExp(`To go, \\d+ KiB in all:\\n  ${first} .*\\n.*rollback.*\\nTo stay:\\n  ${second}`),
    );
    const unasked = await harden(['snapshot', 'prune', '--root', tree.root]);
    expect(unasked).toMatchObject({ code: 4, stdout: '' });
    expect(unasked.stderr).toContain('H4001');
    expect(kept(tree)).toEqual(before);
    const done = await harden(['snapshot', 'prune', '--root', tree.root, '--yes']);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/^Deleted 2 snapshots, \d+ KiB\.\n$/);
    expect(kept(tree)).toEqual([second]);
    await takenBack(tree, second);
  });

  test('lets older applies go that stand where that is wished, the newest never', async () => {
    using tree = plantTree(DOCKER_CE);
    await applied(tree, SERVICE);
    loosened(tree, 'docker.socket');
    await applied(tree, 'docker-socket-unit-mode');
    loosened(tree, 'docker.service');
    const newest = await applied(tree, SERVICE);
    expect((await harden(['snapshot', 'prune', '--root', tree.root, '--yes'])).stdout).toBe('Nothing to delete.\n');
    expect((await harden(['snapshot', 'prune', '--root', tree.root, '--older-than', '1h', '--yes'])).stdout).toBe(
      'Nothing to delete.\n',
    );
    const { stdout } = await harden(['snapshot', 'prune', '--root', tree.root, '--keep', '0', '--yes', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'urn:harden:prune:1', exit: 0, removed: true, troubles: [] });
    expect(kept(tree)).toEqual([newest]);
  });

  test('that could not delete all says so, in JSON too', async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, SERVICE);
    await takenBack(tree, id);
    // Nothing takes an immutable file away.
    const held = tree.at(`/var/lib/harden/snapshots/${id}/manifest.json`);
    await run('chattr', ['+i', held]);
    try {
      const { code, stdout } = await harden(['snapshot', 'prune', '--root', tree.root, '--yes', '--json']);
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({
        exit: 2,
        removed: false,
        going: expect.arrayContaining([expect.objectContaining({ id })]) as unknown,
        troubles: [{ what: `the rest of snapshot ${id}` }],
      });
    } finally {
      await run('chattr', ['-R', '-i', tree.at('/var/lib/harden')]);
    }
    expect((await harden(['snapshot', 'prune', '--root', tree.root, '--yes', '--json'])).code).toBe(0);
    expect(kept(tree)).toEqual([]);
  });

  test('of a prune that was cut off takes the rest away, and leaves strange things alone', async () => {
    using tree = plantTree(DOCKER_CE);
    const id = await applied(tree, SERVICE);
    for (const name of ['.going-0123abcd', 'notes']) {
      mkdirSync(tree.at(`/var/lib/harden/snapshots/${name}`), { mode: 0o700 });
      writeFileSync(tree.at(`/var/lib/harden/snapshots/${name}/manifest.json`), '');
    }
    await harden(['snapshot', 'prune', '--root', tree.root, '--yes']);
    expect(kept(tree)).toEqual([id, 'notes'].sort());
  });
});
