import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { HARDEN, harden } from '../helpers/program.ts';
import { atTerminal } from '../helpers/pseudo-terminal.ts';
import { canOwn, plantTree, treeChanges } from '../helpers/tree.ts';

describe('--timeout', () => {
  test.each([
    ['10', 'takes a number and s, m, h or d'],
    ['8d', 'takes at most 7d'],
  ])('%s is refused', async (wish, says) => {
    expectError(await harden(['plan', '--timeout', wish]), { code: 64, id: 'H0065', says: [says] });
  });

  test.runIf(canOwn())('at a question that nobody answers changes nothing: 143', async () => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const { code, shown } = await atTerminal(`${HARDEN} apply --root ${tree.root} --timeout 4s`, []);
    expect(code, shown).toBe(143);
    expect(shown).toContain('H0131');
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});
