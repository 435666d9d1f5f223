import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { commandsIn, longOptions } from '../../src/cli/command-table.ts';
import { programTable } from '../../src/cli/main.ts';
import type { Plan } from '../../src/model/plan.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { plantTree } from '../helpers/tree.ts';

const PROGRAM = await programTable();
const COMMANDS = PROGRAM.commands.map(({ path }) => path.join(' '));
const HELP_PAGES: readonly (readonly string[])[] = [[], ...commandsIn(PROGRAM).map(({ path }) => path)];
const LONG_OPTIONS = longOptions(PROGRAM);

describe('a wrong command line', () => {
  test.each<readonly [args: string, ...says: string[]]>([
    ['plann', 'there is no command "plann"', 'Did you mean: harden plan'],
    ['aply', 'there is no command "aply"', 'Did you mean: harden apply'],
    ['rolback', 'Did you mean: harden rollback'],
    ['xyzzy', 'there is no command "xyzzy"', 'All commands: harden --help'],
    ['audit', 'Did you mean: harden plan'],
    ['check', 'Did you mean: harden verify'],
    ['scan', 'Did you mean: harden plan'],
    ['fix', 'Did you mean: harden apply'],
    ['help nope', 'there is no command "nope"'],
    ['snapshot', 'list, show, verify'],
    ['snapshot lst', 'there is no command "snapshot lst"', 'Did you mean: harden snapshot list'],
    ['--debug', 'name a command'],
    ['explain', 'harden explain needs WHAT', 'Usage: harden explain --help'],
    ['history diff abcd1234', 'harden history diff needs'],
    ['plan --profle x', 'harden plan has no option --profle', 'Did you mean: --profile'],
    ['apply --dryrun', 'Did you mean: --dry-run'],
    ['plan --nope', 'harden plan has no option --nope', 'Usage: harden plan --help'],
    ['plan -z', 'harden plan has no option -z'],
    ['plan --yes', 'harden plan has no option --yes'],
    ['plan extra', '"extra" is one word too many'],
    ['plan -c 2.2 2.3', '"2.3" is one word too many'],
    ['apply one two', '"two" is one word too many'],
    ['plan -p', '-p needs a value'],
    ['plan --root', '--root needs a value'],
    ['plan -c', '-c needs a value'],
    ['plan --root / --from x', '--root and --from exclude each other'],
    ['plan --format xml', '--format is one of text, json, md; "xml" is none of them'],
    ['apply --max-risk extreme', '--max-risk is one of low, medium, high'],
    ['apply --max-impact none --yes=no', '--yes takes no value, "no" was given'],
    ['plan --exit-code=2', '--exit-code takes no value'],
    ['schema nope', 'harden schema takes one of plan, result', '"nope" is none of them'],
    ['schema evnt', 'Did you mean: harden schema event'],
    ['plan --since x', 'harden plan has no option --since', '--since-run is an option of harden verify'],
    ['report x --format text', '--format is one of', 'As text: harden history show RUN'],
    ['waiver add 2.17', 'one word too many', 'Did you mean: harden waiver add -c 2.17'],
    ['verify --unknown perhaps', '--unknown is one of fail, ignore'],
    ['plan --expires never', '--expires takes a number and s, m, h or d'],
    ['plan --expires 0h', '--expires'],
    ['plan --expires', '--expires needs a value'],
    ['snapshot list --state-dir not/absolute', '--state-dir takes an absolute path'],
  ])('harden %s', async (args, ...says) => {
    expectError(await harden(args.split(' ')), { code: 64, id: /^H00\d\d$/, says: [...says, 'Nothing was'] });
  });

  test.each<readonly [args: string, id: string, ...says: string[]]>([
    ['plan -p unknown', 'H2003', 'there is no profile "unknown"', 'cis-docker-1.8.0/L1'],
    ['plan -p cis-docker-1.8.0/L3', 'H2003', 'Did you mean: -p cis-docker-1.8.0/L'],
    ['plan -p cis-docker-1.9.0/L1', 'H2003', 'Did you mean: -p cis-docker-1.'],
    ['plan -c icc-disabld', 'H2004', 'did you mean "icc-disabled"?'],
    ['plan -c 2.99', 'H2004', 'there is no control "2.99"'],
    ['plan -x nope -c nada', 'H2004', '"nope"', '"nada"'],
    ['verify -c icc_disabled', 'H2004', 'did you mean "icc-disabled"?'],
    ['plan --section 2.2', 'H2004', 'did you mean "-c 2.2"?'],
    ['plan --level 2', 'H2004', 'stops at level 1'],
    ['verify --severity hgih', 'H2004', 'did you mean "high"?'],
    ['plan --section 3 -c 2.2', 'H2004', 'leave no control'],
  ])('a choice that is not there: harden %s', async (args, id, ...says) => {
    expectError(await harden(args.split(' ')), { code: 64, id, says });
  });
});

describe('options before the command', () => {
  test.each([
    ['--json plan --root /nowhere', 'H1034'],
    ['--root /nowhere --json plan', 'H1034'],
    ['-c 2.2 -x 2.3 plan --root /nowhere', 'H1034'],
    ['--root=/nowhere explain --debug 2.2', 'H1034'],
    ['-c 2.2 rollback abcd1234 --root /nowhere', 'H1034'],
  ])('harden %s', async (args, id) => {
    expectError(await harden(args.split(' ')), { code: 64, id, says: ['/nowhere cannot be taken as a root folder'] });
  });

  test('mean the same as behind it, and a list by commas the same as one by repetition', async () => {
    const ways = ['plan --json -c 2.2,2.3', '-c 2.2 -c 2.3 --json plan', '--json plan -c 2.2 -c 2.3'];
    using tree = plantTree({});
    const plans = await Promise.all(ways.map((args) => harden([...args.split(' '), '--root', tree.root])));
    const controls = plans.map(({ stdout }) => (JSON.parse(stdout) as Plan).controls.map(({ slug }) => slug));
    expect(controls[0]?.length).toBe(2);
    expect(controls).toEqual([controls[0], controls[0], controls[0]]);
  });
});

describe('help', () => {
  test('harden alone: eight lines of commands and two examples, on standard output', async () => {
    const { code, stdout, stderr } = await harden([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
    expect(stdout.match(/^ {2}(?:sudo )?harden /gm)?.length).toBe(6);
  });

  test.each(HELP_PAGES.map((page) => [page.join(' '), page] as const))(
    'three ways to the page of "%s"',
    async (_name, page) => {
      const ways = [
        [...page, '--help'],
        [...page, '-h'],
        ['help', ...page],
        ...(page.length === 1 ? [[...page, 'help']] : []),
      ];
      const pages = await Promise.all(ways.map((args) => harden(args)));
      for (const { code, stdout, stderr } of pages) {
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toBe(pages[0]?.stdout);
      }
      const text = pages[0]?.stdout ?? '';
      expect(text).toContain(['harden', ...page].join(' '));
      expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
      const options = [...text.matchAll(/--([a-z][a-z-]*)/g)].map(([, name]) => name ?? '');
      expect(options.filter((name) => !LONG_OPTIONS.includes(name))).toEqual([]);
    },
  );

  test('every command that help or an error names is there', async () => {
    const texts = await Promise.all([harden([]), ...HELP_PAGES.map((page) => harden([...page, '--help']))]);
    const named = texts.flatMap(({ stdout }) =>
      [...stdout.matchAll(/^ *(?:sudo )?harden ([a-z]+)\b/gm)].map(([, verb]) => verb ?? ''),
    );
    expect([...new Set(named)].sort()).toEqual([...COMMANDS].sort());
  });

  test('every option in the list of suggestions is one of some command', async () => {
    const texts = await Promise.all(HELP_PAGES.map((page) => harden([...page, '--help'])));
    const known = new Set(
      texts.flatMap(({ stdout }) => [...stdout.matchAll(/--([a-z][a-z-]*)/g)].map(([, name]) => name ?? '')),
    );
    expect(LONG_OPTIONS.filter((name) => !known.has(name) && name !== 'no-input')).toEqual([]);
  });

  test('the version is that of the package', async () => {
    expect(await harden(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('the locale of whoever calls changes nothing', async () => {
    const german = await harden(['plann'], { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } });
    expect(german.stderr).toContain('there is no command "plann"');
  });
});
