import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree } from '../helpers/tree.ts';

const SAMPLE = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-as-asked-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.runIf(canOwn())('a command that is proposed, followed word by word', () => {
  test('asks for no more than the one that was refused', async () => {
    using tree = plantTree(DOCKER_CE);
    const refused = await harden(['apply', '--root', tree.root, '-c', '2.2', '--max-impact', 'none']);
    expectError(refused, { code: 4, id: 'H4001', says: ['1 change,'] });
    const [, proposed = ''] =
      /To approve a class of plans: harden ([^:]*?) H4001/.exec(refused.stderr.replaceAll(/\s+/g, ' ')) ?? [];
    const done = await harden(proposed.trim().split(' '));
    expect(done.code, done.stderr).toBe(0);
    expect(JSON.parse(readFileSync(`${tree.root}/etc/docker/daemon.json`, 'utf8'))).toMatchObject({ icc: false });
    expect(done.stdout).toMatch(/of 1 change live/);
  });

  test('names the plan file', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = join(folder, 'plan.json');
    await harden(['plan', '--root', tree.root, '-c', '2.2', '-o', plan]);
    const refused = await harden(['apply', plan, '--root', tree.root]);
    const words = refused.stderr.replaceAll(/\s+/g, ' ');
    expect(words).toMatch(new RegExp(`harden apply --root ${tree.root} ${plan} --approve [0-9a-f]{8} `));
    const [, digest = ''] = /--approve ([0-9a-f]{8})/.exec(words) ?? [];
    const first = await harden(['apply', plan, '--root', tree.root, '--approve', digest]);
    expect(first.code, first.stderr).toBe(0);
    const again = await harden(['apply', plan, '--root', tree.root, '--approve', digest]);
    expect(again.code).toBe(0);
    expect(again.stdout.replaceAll(/\s+/g, ' ')).toMatch(/already matches|Nothing was changed: /);
  });
});

test('a plan file is not applied with another profile', async () => {
  const plan = join(folder, 'sample.json');
  await harden(['plan', '--from', SAMPLE, '-o', plan]);
  expectError(await harden(['apply', plan, '-p', 'cis-docker-1.2.0/L1']), {
    code: 64,
    id: 'H0068',
    says: ['-p says cis-docker-1.2.0/L1, and the plan is of cis-docker-1.8.0/L1'],
  });
});

test.each(['plan', 'explain 2.2', 'waiver list'])('--no-input is taken by harden %s', async (command) => {
  const { code, stderr } = await harden([...command.split(' '), '--from', SAMPLE, '--no-input']);
  expect(code, stderr).toBe(0);
});

test('profile init makes the folder its own help names', async () => {
  const file = join(folder, 'etc/profiles.d/web.json5');
  expect((await harden(['profile', 'init', file])).code).toBe(0);
  expect(statSync(file).mode & 0o777).toBe(0o644);
});
