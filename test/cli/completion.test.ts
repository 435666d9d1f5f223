import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsIn, longNames } from '../../src/cli/command-table.ts';
import { programTable } from '../../src/cli/main.ts';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, harden, PLAIN_ENV, run } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree } from '../helpers/tree.ts';

const ALL_REQUIRED = process.env['HARDEN_TEST_REQUIRE_ALL'] === '1';

/** What a shell offers for a line with the cursor at its end. */
type Shell = (script: string, line: string) => readonly string[];

/** Each prints its offers one per line. */
const SHELLS: Readonly<Record<string, Shell>> = {
  bash: (script, line) => {
    // As readline cuts it: `=` is a word of its own.
    const words = line.split(/ |(?==)|(?<==)/).map((word) => `'${word}'`);
    const set = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}`;
    return ['bash', '-c', `source ${script}; ${set}; _harden; printf '%s\\n' "\${COMPREPLY[@]}"`];
  },
  fish: (script, line) => ['fish', '--no-config', '-c', `source ${script}; complete -C '${line}'`],
  zsh: (script, line) => ['zsh', '-f', join(import.meta.dirname, '../support/zsh-offers.zsh'), script, line],
};

describe.each(Object.entries(SHELLS))('in %s', (name, offered) => {
  describe.runIf(canOwn() && (ALL_REQUIRED || existsSync(`/usr/bin/${name}`)))('completion', () => {
    let tree: Tree;
    let script: string;
    beforeAll(async () => {
      tree = plantTree(DOCKER_CE);
      script = join(tree.outside, 'completion');
      const { code, stdout, stderr } = await harden(['completion', name]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      writeFileSync(script, stdout);
      // `harden` of the shell is one on this host only.
      writeFileSync(join(tree.outside, 'harden'), `#!/bin/sh\nexec ${HARDEN} "$@" --root ${tree.root}\n`);
      chmodSync(join(tree.outside, 'harden'), 0o755);
    });
    afterAll(() => {
      tree[Symbol.dispose]();
    });

    async function offers(line: string): Promise<readonly string[]> {
      const [command = '', ...args] = offered(script, line);
      const env = { ...PLAIN_ENV, PATH: `${tree.outside}:${PLAIN_ENV['PATH'] ?? ''}`, HOME: tree.outside };
      const { code, stdout, stderr } = await run(command, args, { env });
      expect(code, stderr).toBe(0);
      return stdout
        .split('\n')
        .map((one) =>
          one
            .trim()
            .replace(/^offer:/, '')
            .replace(/\t.*/, ''),
        )
        .filter((one) => one !== '');
    }

    test('every command', async () => {
      const commands = (await programTable()).commands.map(({ path }) => path.join(' '));
      expect((await offers('harden ')).toSorted()).toEqual(commands.toSorted());
    });

    test.each<readonly [line: string, ...offers: string[]]>([
      ['harden pl', 'plan'],
      ['harden --json snapshot ', 'export', 'list', 'prune', 'show', 'verify'],
      ['harden plan --format ', 'json', 'md', 'text'],
      ['harden schema rem', 'remediation'],
      ['harden explain icc-', 'icc-disabled'],
      ['harden plan -c 2.2', '2.2'],
      ['harden plan --section ', '1', '1.1', '1.2', '2', '3'],
      ['harden verify --level ', '1', '2'],
      ['harden rollback --severity ', 'high', 'low', 'medium'],
      ['harden plan -p cis-docker-1.8', 'cis-docker-1.8.0/L1', 'cis-docker-1.8.0/L2'],
      ['harden --root /tmp apply --max-ri', '--max-risk'],
    ])('%s', async (line, ...words) => {
      expect((await offers(line)).toSorted()).toEqual(words);
    });

    test('a value behind =, and the last item of a list', async () => {
      expect((await offers('harden plan --format=j')).map((one) => one.replace('--format=', ''))).toEqual(['json']);
      expect((await offers('harden plan -c 2.2,icc-')).map((one) => one.replace('2.2,', ''))).toEqual(['icc-disabled']);
    });

    test('every long option of every command', async () => {
      for (const { path, options } of commandsIn(await programTable()).filter(
        ({ commands }) => commands.length === 0,
      )) {
        const words = await offers(`harden ${path.join(' ')} --`);
        const names = options.flatMap((option) => longNames(option).map((long) => `--${long}`));
        expect(
          names.filter((long) => !words.includes(long)),
          path.join(' '),
        ).toEqual([]);
      }
    }, 120_000);

    test('ids of kept snapshots', async () => {
      const { code, stderr } = await harden(['apply', '--root', tree.root, '-c', '2.2', '--yes', '--max-risk', 'high']);
      expect(code, stderr).toBe(0);
      const ids = await offers('harden rollback ');
      expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/)]);
    });
  });
});
