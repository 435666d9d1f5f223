import { describe, expect, test } from 'vitest';
import { DOCKER_CE, NIXOS, RED_HAT, REFUSED } from '../fixtures/hosts/trees.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type TreeFiles } from '../helpers/tree.ts';

const HOSTS: readonly (readonly [string, TreeFiles])[] = [
  ["docker-ce's layout", DOCKER_CE],
  ['a Red Hat-like host', RED_HAT],
  ['NixOS', NIXOS],
  ['a broken daemon.json', { ...DOCKER_CE, '/etc/docker/daemon.json': '{' }],
  ...Object.entries(REFUSED).map(([name, [files]]) => [name, files] as const),
];

describe.runIf(canOwn())('plans, verifications and errors stay inside the width', () => {
  test.each(HOSTS)('%s, at 40, 80 and 100 columns', async (_name, files) => {
    using tree = plantTree(files);
    for (const width of [40, 80, 100]) {
      for (const args of [['plan'], ['verify'], ['apply']]) {
        const { stdout, stderr } = await harden([...args, '--root', tree.root, '-p', 'cis-docker-1.8.0/L2'], {
          env: { COLUMNS: String(width) },
        });
        const long = `${stdout}\n${stderr}`.split('\n').filter((line) => line.length > width);
        // A single word, such as a path, is never broken.
        expect(long.filter((line) => line.trim().includes(' ') && !holdsLongWord(line, width))).toEqual([]);
      }
    }
  });

  test('no colour where nobody asked for it, colour where it is forced, NO_COLOR wins', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = async (env: Readonly<Record<string, string>>) =>
      (await harden(['plan', '--root', tree.root], { env })).stdout;
    expect(await plan({})).not.toContain('\u001B');
    expect(await plan({ FORCE_COLOR: '1' })).toContain('\u001B[');
    expect(await plan({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\u001B');
  });
});

function holdsLongWord(line: string, width: number): boolean {
  const indent = line.length - line.trimStart().length;
  return line.split(' ').some((word) => word.length + indent + 8 > width);
}
