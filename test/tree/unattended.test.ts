import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { planOf } from '../helpers/plan-of.ts';
import { harden, type ProgramResult } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const CHOICE = ['-c', '2.*,3.*'];

function apply(tree: Tree, ...args: readonly string[]): Promise<ProgramResult> {
  return harden(['apply', '--root', tree.root, ...args]);
}

async function result(
  tree: Tree,
  ...args: readonly string[]
): Promise<{
  readonly plan: Plan;
  readonly leftOut?: readonly { readonly id: string }[];
}> {
  const { code, stdout, stderr } = await apply(tree, ...args, '--json');
  expect(code, stderr + stdout).toBe(0);
  return JSON.parse(stdout) as Awaited<ReturnType<typeof result>>;
}

/** Refused with this code, and nothing on the host is different. */
async function refused(
  tree: Tree,
  args: readonly string[],
  expected: Parameters<typeof expectError>[1],
): Promise<void> {
  const before = tree.state();
  expectError(await apply(tree, ...args), expected);
  expect(treeChanges(before, tree.state())).toEqual([]);
}

describe.runIf(canOwn())('--approve', () => {
  test('takes exactly the plan with this digest, by its first digits or all of them, and keeps who said so and why', async () => {
    for (const digits of [8, 64]) {
      using tree = plantTree(DOCKER_CE);
      const { digest } = await planOf(['--root', tree.root, ...CHOICE]);
      const hex = digest.slice('sha256:'.length);
      const { plan } = await result(
        tree,
        ...CHOICE,
        '--approve',
        hex.slice(0, digits),
        '--reason',
        'why',
        '--ticket',
        'T-1',
      );
      expect(plan.digest).toBe(digest);
      expect(plan.approvals).toMatchObject([{ how: '--approve', ceiling: null, reason: 'why', ticket: 'T-1' }]);
    }
  });

  test('takes a plan file by the digest of the file', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/plan.json`;
    const { code, stdout } = await harden(['plan', '--root', tree.root, ...CHOICE, '--json', '-o', file]);
    expect(code).toBe(0);
    const { id } = JSON.parse(stdout) as Plan;
    expect((await result(tree, file, '--approve', id)).plan.approvals).toMatchObject([{ how: '--approve' }]);
  });

  test('refuses another plan, and a host that moved since', async () => {
    using tree = plantTree(DOCKER_CE);
    const { id } = await planOf(['--root', tree.root, ...CHOICE]);
    const other = { code: 5, id: 'H4020', says: ['not the one that was approved'] };
    await refused(tree, [...CHOICE, '--approve', 'deadbeef'], other);
    await refused(tree, ['-c', '2.*', '--approve', id], other);
    chmodSync(tree.at('/usr/lib/systemd/system/docker.service'), 0o646);
    await refused(tree, [...CHOICE, '--approve', id], other);
  });

  test.each([
    [['--approve', 'deadbee']],
    [['--approve', 'not-hex-at-all']],
    [['--approve', '']],
    [['--approve', 'deadbeef', '--yes']],
    [['--accept', '3.2']],
    [['--skip-over-ceiling']],
    [['--refresh', '--yes']],
    [['--yes', '--reason', '']],
    [['--yes', '--reason', 'two\nlines']],
    [['--yes', '--ticket', 'x'.repeat(101)]],
  ])('options that do not go together: %j', async (args) => {
    using tree = plantTree(DOCKER_CE);
    await refused(tree, args, { code: 64, id: 'H0080', says: [] });
  });

  test('nobody to ask: the command that approves exactly this plan is named, and works', async () => {
    using tree = plantTree(DOCKER_CE);
    const { stderr } = await apply(tree, ...CHOICE);
    const [, digits = ''] = /--approve\s+([0-9a-f]{8})\b/.exec(stderr) ?? [];
    expect((await apply(tree, ...CHOICE, '--approve', digits)).code).toBe(0);
  });
});

describe.runIf(canOwn())('--skip-over-ceiling', () => {
  test('applies what the ceilings cover, as a plan of its own, and says what goes on failing', async () => {
    using tree = plantTree(DOCKER_CE);
    const whole = await planOf(['--root', tree.root, ...CHOICE]);
    const risky = whole.changes.filter(({ risk }) => risk !== 'low').flatMap(({ controls }) => controls);
    expect(risky.length).toBeGreaterThan(0);
    await refused(tree, [...CHOICE, '--yes', '--max-risk', 'low'], { code: 4, id: 'H4002', says: [] });
    const { plan, leftOut } = await result(tree, ...CHOICE, '--yes', '--max-risk', 'low', '--skip-over-ceiling');
    expect(plan.changes.length).toBeGreaterThan(0);
    expect(plan.changes.every(({ risk }) => risk === 'low')).toBe(true);
    expect(plan.digest).not.toBe(whole.digest);
    const addresses = new Set(plan.changes.map(({ address }) => address));
    const needed = plan.changes.flatMap(({ needs }) => needs);
    const planned = new Set(whole.changes.map(({ address }) => address));
    expect(needed.filter((address) => planned.has(address) && !addresses.has(address))).toEqual([]);
    expect(leftOut?.length).toBeGreaterThan(0);
    const again = await planOf(['--root', tree.root, ...CHOICE]);
    expect(again.changes.flatMap(({ controls }) => controls)).toEqual(expect.arrayContaining(risky));
  });

  test('a second run of the same command ends as the first, and changes nothing', async () => {
    using tree = plantTree(DOCKER_CE);
    const args = [...CHOICE, '--yes', '--max-risk', 'low', '--skip-over-ceiling'];
    const { leftOut } = await result(tree, ...args);
    const before = tree.state();
    const again = await apply(tree, ...args);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Nothing was changed: all of it goes beyond the ceilings');
    expect(await result(tree, ...args)).toMatchObject({ type: 'nothing-to-do', leftOut });
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test('--accept of a control that the plan does not have is refused', async () => {
    using tree = plantTree(DOCKER_CE);
    await refused(tree, [...CHOICE, '--yes', '--accept', '9.9'], { code: 64, id: 'H4021', says: ['9.9'] });
  });
});

describe.runIf(canOwn())('--dry-run', () => {
  test('with consent given on the command line ends as the apply would, and shows its steps alone', async () => {
    using tree = plantTree(DOCKER_CE);
    const low = [...CHOICE, '--yes', '--max-risk', 'low'];
    const dry = await apply(tree, ...low, '--skip-over-ceiling', '--dry-run', '--json');
    const { plan: shown } = JSON.parse(dry.stdout) as { readonly plan: Plan };
    await refused(tree, [...low, '--dry-run'], { code: 4, id: 'H4002', says: [] });
    await refused(tree, [...CHOICE, '--approve', 'deadbeef', '--dry-run'], { code: 5, id: 'H4020', says: [] });
    await refused(tree, [...low, '--accept', '9.9', '--dry-run'], { code: 64, id: 'H4021', says: ['9.9'] });
    const { plan } = await result(tree, ...low, '--skip-over-ceiling');
    expect(shown.changes.map(({ address }) => address)).toEqual(plan.changes.map(({ address }) => address));
    const none = await apply(tree, ...low, '--skip-over-ceiling', '--dry-run');
    expect(none.code, none.stderr).toBe(0);
    expect(none.stdout).toContain('all of it goes beyond the ceilings');
  });
});

describe.runIf(canOwn())('--refresh', () => {
  test('goes on with an expired plan where the plan of this moment is the approved one, or less', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/plan.json`;
    await harden(['plan', '--root', tree.root, ...CHOICE, '-o', file, '--expires', '1s']);
    const yes = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
    chmodSync(tree.at('/usr/lib/systemd/system/docker.service'), 0o644);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await refused(tree, [file, ...yes], { code: 5, id: 'H4003', says: ['expired'] });
    expect((await apply(tree, file, ...yes, '--refresh')).code).toBe(0);
  });

  test('shows the difference and refuses where there is more to do', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/plan.json`;
    chmodSync(tree.at('/usr/lib/systemd/system/docker.service'), 0o644);
    await harden(['plan', '--root', tree.root, ...CHOICE, '-o', file]);
    chmodSync(tree.at('/usr/lib/systemd/system/docker.service'), 0o646);
    const yes = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
    await refused(tree, [file, ...yes, '--refresh'], { code: 5, id: 'H4022', says: ['+ Tighten the mode'] });
    expect((await apply(tree, file, ...yes)).code).toBe(0);
    expect(tree.state()['/usr/lib/systemd/system/docker.service']).toContain('0646');
  });
});

describe.runIf(canOwn() && existsSync('/usr/bin/ssh-keygen'))('signatures', () => {
  /** A tree with a plan that ann signed, and the file that allows her to. */
  async function signed(
    tree: Tree,
    ...more: readonly string[]
  ): Promise<{ readonly plan: string; readonly allowed: string; readonly args: string[] }> {
    const [plan, allowed] = [`${tree.outside}/plan.json`, `${tree.outside}/allowed_signers`];
    const key = keyOf(tree, 'ann');
    allow(allowed, `ann@example.org namespaces="harden-plan" ${publicKey(key)}`);
    const made = await harden(['plan', '--root', tree.root, ...CHOICE, '-o', plan, '--sign', key, ...more]);
    expect(made.code, made.stderr).toBe(0);
    const args = [plan, '--require-signature', '--allowed-signers', allowed, '--yes'];
    return { plan, allowed, args: [...args, '--max-risk', 'high', '--max-impact', 'restart'] };
  }

  function keyOf(tree: Tree, name: string): string {
    const file = `${tree.outside}/${name}`;
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
    return file;
  }

  function publicKey(file: string): string {
    return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  }

  function allow(file: string, ...lines: readonly string[]): void {
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 });
  }

  test('a plan that an allowed signer signed is applied, and the signer is kept with the approval', async () => {
    using tree = plantTree(DOCKER_CE);
    const { args } = await signed(tree);
    expect((await result(tree, ...args)).plan.approvals).toMatchObject([{ signedBy: 'ann@example.org' }]);
  });

  test('--refresh does not make a signature last longer, nor is it needed for one that holds', async () => {
    using tree = plantTree(DOCKER_CE);
    const { args } = await signed(tree, '--expires', '1s');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await refused(tree, [...args, '--refresh'], { code: 5, id: 'H4003', says: ['the signed plan expired'] });
    using other = plantTree(DOCKER_CE);
    const { args: lasting } = await signed(other);
    expect((await apply(other, ...lasting, '--refresh')).code).toBe(0);
  });

  test('a plan signed by hand counts as well', async () => {
    using tree = plantTree(DOCKER_CE);
    const { plan, args } = await signed(tree);
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-Y', 'sign', '-n', 'harden-plan', '-f', `${tree.outside}/ann`, plan], {
      input: 'y\n',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    expect((await apply(tree, ...args)).code).toBe(0);
  });

  test('without a plan file, without a signature, and without the file of signers nothing is applied', async () => {
    using tree = plantTree(DOCKER_CE);
    const { plan, args } = await signed(tree);
    const notSigned = { code: 65, id: 'H1041', says: [] };
    await refused(tree, [...args.slice(1), ...CHOICE], notSigned);
    await refused(
      tree,
      args.map((arg) => (arg.endsWith('allowed_signers') ? `${arg}.not` : arg)),
      {
        code: 65,
        id: 'H1001',
        says: ['allowed_signers.not'],
      },
    );
    execFileSync('rm', [`${plan}.sig`]);
    await refused(tree, args, notSigned);
  });

  test('a plan changed after it was signed is refused, one whose own digest was mended too', async () => {
    using tree = plantTree(DOCKER_CE);
    const { plan, args } = await signed(tree);
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, `${text}\n`);
    await refused(tree, args, { code: 65, id: 'H1041', says: ['not signed'] });
    await harden(['plan', '--root', tree.root, '-c', '3.*', '-o', plan]);
    await refused(tree, args, { code: 65, id: 'H1041', says: [] });
  });

  test('another signer, another purpose, a key whose time is over', async () => {
    using tree = plantTree(DOCKER_CE);
    const { allowed, args } = await signed(tree);
    const ann = publicKey(`${tree.outside}/ann`);
    const bad = { code: 65, id: 'H1041', says: [] };
    allow(allowed, `bob@example.org ${publicKey(keyOf(tree, 'bob'))}`);
    await refused(tree, args, bad);
    allow(allowed, `ann@example.org namespaces="git" ${ann}`);
    await refused(tree, args, bad);
    allow(allowed, `ann@example.org valid-before="20200101" ${ann}`);
    await refused(tree, args, bad);
    allow(allowed, `ann@example.org valid-after="20200101" ${ann}`);
    expect((await apply(tree, ...args)).code).toBe(0);
  });

  test('a signature made for another purpose is refused', async () => {
    using tree = plantTree(DOCKER_CE);
    const { plan, allowed, args } = await signed(tree);
    allow(allowed, `ann@example.org ${publicKey(`${tree.outside}/ann`)}`);
    execFileSync('rm', [`${plan}.sig`]);
    execFileSync('/usr/bin/ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', `${tree.outside}/ann`, plan], {
      stdio: 'ignore',
    });
    await refused(tree, args, { code: 65, id: 'H1041', says: [] });
  });

  test('a signed plan of another host is refused for its host, as without a signature', async () => {
    using tree = plantTree(DOCKER_CE);
    using other = plantTree({ ...DOCKER_CE, '/etc/machine-id': 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\n' });
    const { args } = await signed(tree);
    await refused(other, args, { code: 5, id: 'H4003', says: ['another host'] });
  });

  test.each<readonly [string, (key: string) => string, number, string]>([
    ['a misspelt option', (key) => `ann namespace="harden-plan" ${key}`, 5, '(did you mean "namespaces"?)'],
    ['a misspelt kind of key', (key) => `ann ${key.replace('ed25519', 'ed25591')}`, 5, '(did you mean "ssh-ed25519"?)'],
    ['a quotation mark that is open', (key) => `ann namespaces="git ${key}`, 5, 'a quotation mark is not closed'],
    ['no name', (key) => key, 1, 'the name of the signer is missing'],
    ['no key', () => 'ann', 4, 'a key is missing'],
  ])('%s in the file of signers is told with line and column', async (_what, line, column, says) => {
    using tree = plantTree(DOCKER_CE);
    const { allowed, args } = await signed(tree);
    allow(allowed, '# who may sign', line(publicKey(`${tree.outside}/ann`)));
    await refused(tree, args, { code: 65, id: 'H1041', says: [`${allowed}:2:${column}: `, says] });
  });

  test('a file of signers that everybody may write to is not asked', async () => {
    using tree = plantTree(DOCKER_CE);
    const { allowed, args } = await signed(tree);
    chmodSync(allowed, 0o666);
    await refused(tree, args, { code: 65, id: 'H1002', says: ['everybody'] });
  });

  test('a key that is none: the plan is there, unsigned, and that is said', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = `${tree.outside}/plan.json`;
    const { code, stderr } = await harden(['plan', '--root', tree.root, '-o', plan, '--sign', `${tree.outside}/none`]);
    expect({ code, said: stderr.includes('H1042') }).toEqual({ code: 65, said: true });
    expect(existsSync(`${plan}.sig`)).toBe(false);
    expectError(await harden(['plan', '--root', tree.root, '--sign', 'key']), { code: 64, id: 'H0064', says: [] });
  });
});
