import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden, PLAIN_ENV } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs with every sync of a file slowed down, and sends `signal` once `after` stands on standard error. */
function interrupted(
  tree: Tree,
  args: readonly string[],
  { after, signal, times = 1 }: { readonly after: RegExp; readonly signal: NodeJS.Signals; readonly times?: number },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const slow = [
      '-f',
      '-qq',
      '-e',
      'signal=none',
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      'inject=fsync,fdatasync:delay_exit=40ms',
      '-o',
      '/dev/null',
    ];
    const child = spawn('strace', [...slow, HARDEN, ...args, '--root', tree.root], {
      env: PLAIN_ENV,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    let sent = false;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (!sent && after.test(stderr)) {
        sent = true;
        for (const pid of childrenOf(child.pid ?? 0)) {
          for (let count = 0; count < times; count += 1) {
            process.kill(pid, signal);
          }
        }
      }
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr }));
  });
}

function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number);
}

describe.runIf(canOwn())('a signal while an apply is at work', () => {
  test.each([
    ['after the snapshot', /^Snapshot /m, 'SIGINT', 130],
    ['between two steps', /^ +ok +1\//m, 'SIGINT', 130],
    ['between two steps', /^ +ok +1\//m, 'SIGTERM', 143],
    ['after the last step, before the proof', /^ +ok +(\d+)\/\1 /m, 'SIGINT', 130],
    ['during the proof', /looking at the live host again/, 'SIGINT', 130],
    ['during the proof', /looking at the live host again/, 'SIGTERM', 143],
  ] as const)('%s: put back, said, and the exit code of the signal (%#)', async (_what, after, signal, code) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const ended = await interrupted(tree, ['apply', '-p', 'cis-docker-1.8.0/L2', ...YES], { after, signal });
    // The last moment may be too late: then it is done, and says so with 0.
    expect([code, 0], ended.stderr).toContain(ended.code);
    if (ended.code === code) {
      expect(ended.stderr).toContain(`${signal} received`);
      expect(treeChanges(before, tree.state())).toEqual([]);
    } else {
      expect(after.source).toMatch(/looking|\\1/);
      expect((await harden(['rollback', '--root', tree.root, ...YES])).code).toBe(0);
      expect(treeChanges(before, tree.state())).toEqual([]);
    }
  });

  test('killed outright in the middle: the next command puts it back and says so', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const ended = await interrupted(tree, ['apply', '-p', 'cis-docker-1.8.0/L2', ...YES], {
      after: /^ +ok +1\//m,
      signal: 'SIGKILL',
    });
    expect(ended.code).not.toBe(0);
    expect(treeChanges(before, tree.state())).not.toEqual([]);
    const recovered = await harden(['recover', '--root', tree.root]);
    expect(recovered.code, recovered.stderr + recovered.stdout).toBe(0);
    expect(treeChanges(before, tree.state())).toEqual([]);
    expect((await harden(['recover', '--root', tree.root])).code).toBe(0);
  });

  test('a rollback that is interrupted leaves the host as it was applied', async () => {
    using tree = plantTree(DOCKER_CE);
    expect((await harden(['apply', '--root', tree.root, '-p', 'cis-docker-1.8.0/L2', ...YES])).code).toBe(0);
    const applied = tree.state();
    const ended = await interrupted(tree, ['rollback', ...YES], { after: /^Snapshot /m, signal: 'SIGINT' });
    expect(ended.code, ended.stderr).toBe(130);
    expect(treeChanges(applied, tree.state())).toEqual([]);
    expect((await harden(['rollback', '--root', tree.root, ...YES])).code).toBe(0);
  });
});
