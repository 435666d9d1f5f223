import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { planOf } from '../helpers/plan-of.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';

const CHOICE = ['--section', '3', '--severity', 'low', '-x', '3.1'];
const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];

/** On one line, as a person would type it again. */
function unbroken(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function untouched(tree: Tree, args: readonly string[], expected: Parameters<typeof expectError>[1]) {
  const before = tree.state();
  expectError(await harden([...args, '--root', tree.root]), expected);
  expect(treeChanges(before, tree.state())).toEqual([]);
}

describe.runIf(canOwn())('a section, a level and a severity', () => {
  test('are in the plan, in the command it proposes, and in the commands an apply without consent proposes', async () => {
    using tree = plantTree(DOCKER_CE);
    const plan = await planOf(['--root', tree.root, ...CHOICE]);
    expect(plan.selection).toMatchObject({ include: [], exclude: ['3.1'], section: ['3'], severity: ['low'] });
    expect(plan.selection).not.toHaveProperty('level');
    expect(plan.controls.length).toBeGreaterThan(0);
    expect(plan.controls.every(({ ids: [id] }) => id?.startsWith('3.') === true && id !== '3.1')).toBe(true);
    const shown = await harden(['plan', '--root', tree.root, ...CHOICE, '--width', '100']);
    expect(unbroken(shown.stdout)).toContain('Next: sudo harden apply -x 3.1 --section 3 --severity low');
    const asked = await harden(['apply', '--root', tree.root, ...CHOICE]);
    expect(unbroken(asked.stderr)).toContain(
      `harden apply --root ${tree.root} --section 3 --severity low -x 3.1 --approve`,
    );
  });

  test('approve the same plan by its digest, and a plan file keeps them', async () => {
    using tree = plantTree(DOCKER_CE);
    const file = `${tree.outside}/plan.json`;
    const { digest, changes } = await planOf(['--root', tree.root, ...CHOICE, '-o', file]);
    expect(changes.length).toBeGreaterThan(0);
    await untouched(tree, ['apply', file, '--section', '3'], { code: 64, id: 'H0068', says: ['--section'] });
    const { code, stdout, stderr } = await harden(['apply', file, '--root', tree.root, ...YES, '--json']);
    expect(code, stderr).toBe(0);
    const { plan } = JSON.parse(stdout) as { plan: Plan };
    expect(plan).toMatchObject({ digest, selection: (JSON.parse(readFileSync(file, 'utf8')) as Plan).selection });
  });

  test('stay in the command that goes beyond the ceilings', async () => {
    using tree = plantTree(DOCKER_CE);
    const args = ['apply', '--root', tree.root, '--section', '2', '--level', '1', '--yes', '--max-impact', 'none'];
    const { code, stderr } = await harden(args);
    expect(code).toBe(4);
    expect(unbroken(stderr)).toContain(`To allow it: harden apply --root ${tree.root} --section 2 --level 1 --yes`);
  });

  test('take back a part of an apply', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    expect((await harden(['apply', '--root', tree.root, '--section', '2,3', ...YES])).code).toBe(0);
    const half = await harden(['rollback', '--root', tree.root, '--section', '3', ...YES, '--json']);
    expect(half.code, half.stderr).toBe(0);
    const { plan } = JSON.parse(half.stdout) as { plan: Plan };
    expect(plan.changes.every(({ target }) => target.type === 'file-access')).toBe(true);
    expect((await harden(['rollback', '--root', tree.root, '--section', '2', ...YES])).code).toBe(0);
    expect(treeChanges(before, tree.state()).filter((one) => !one.includes('/var/lib/harden'))).toEqual([]);
  });

  test('that do not fit change nothing', async () => {
    using tree = plantTree(DOCKER_CE);
    const wrong = (...says: readonly string[]) => ({ code: 64, id: 'H2004', says: [...says] });
    await untouched(tree, ['apply', ...YES, '--section', '9'], wrong('there is no section "9"'));
    await untouched(tree, ['apply', ...YES, '--level', 'l2'], wrong('did you mean "2"?'));
    await untouched(tree, ['apply', ...YES, '--severity', 'meduim'], wrong('did you mean "medium"?'));
    await untouched(tree, ['apply', ...YES, '--section', '3', '-c', '2.*'], wrong('leave no control'));
    await untouched(tree, ['verify', '-c', '2.2', '-x', '2.2'], wrong('leave no control'));
  });
});
