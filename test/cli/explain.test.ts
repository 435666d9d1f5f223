import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { planOf } from '../helpers/plan-of.ts';
import { harden } from '../helpers/program.ts';
import { plantTree } from '../helpers/tree.ts';

const SAMPLE = ['--from', join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json')];

function unbroken(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function explained(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await harden(['explain', ...args, ...SAMPLE]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return unbroken(stdout);
}

describe('harden explain N', () => {
  test.each([
    ['all of them', []],
    ['those of -c', ['-c', '2.*']],
    ['those of --section and -x', ['--section', '1', '-x', '1.1.4']],
    ['those of another profile', ['-p', 'cis-docker-1.6.0/L2', '--severity', 'medium']],
  ])('counts as the plan does, of %s', async (_, choice) => {
    const plan = await planOf([...SAMPLE, ...choice]);
    const last = plan.changes.at(-1);
    const text = await explained(String(plan.changes.length), ...choice);
    expect(text).toContain(` ${last?.title ?? 'no change'}`);
    expect(text).toMatch(new RegExp(`^Change ${plan.changes.length} of ${plan.changes.length} in the plan of `));
    expect(text).toContain(
      choice.length === 0
        ? `of all controls of ${plan.content.profile}. A plan of some of them numbers its own`
        : `of ${plan.content.profile} with `,
    );
  });

  test('names the plan where it has no such change', async () => {
    expectError(await harden(['explain', '99', ...SAMPLE, '-c', '2.2']), {
      code: 64,
      id: 'H2006',
      says: ['To see them: harden plan -c 2.2 --from '],
    });
    using tree = plantTree(DOCKER_CE);
    const below = await harden(['explain', '99', '--root', tree.root]);
    expect(below.stderr.replaceAll(/\s+/g, ' ').match(/--root/g)).toHaveLength(1);
  });
});

test.each([
  ['2.2', '-c', '2.*'],
  ['icc-disabled', '--section', '2'],
  ['H1102', '--level', '1'],
])('harden explain %s takes no choice of controls', async (...args) => {
  using tree = plantTree(DOCKER_CE);
  expectError(await harden(['explain', ...args, '--root', tree.root]), {
    code: 64,
    id: 'H2008',
    says: [`harden explain ${args[0]}`],
  });
});
