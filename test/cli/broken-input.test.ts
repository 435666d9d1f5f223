import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { expectError } from '../helpers/error-shape.ts';
import { harden } from '../helpers/program.ts';
import { canOwn, plantTree, type Tree, treeChanges } from '../helpers/tree.ts';
import { day, entry, fileOf, FROM } from '../helpers/waiver-files.ts';

/** What is given, the place it is told with, and what else is said. A whole file is named by `FILE`, with line and column. */
type Broken = readonly [what: string, text: string, place: string, ...says: string[]];

interface Border {
  readonly name: string;
  readonly code: 64 | 65;
  /** The command that reads the file. */
  readonly args: (file: string, tree: Tree) => readonly string[];
  readonly inputs: readonly Broken[];
}

const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const CONFIG = "{\n  schema: 'urn:harden:config:1',\n";
const PROFILE = "{\n  name: 'site',\n  title: 'of the site',\n  benchmark: 'cis-docker-1.8.0',\n  level: 1,\n";
const recording = (): string => readFileSync(FROM[1] ?? '', 'utf8');

/** Files a person writes or is given: at least three ways each to be broken. Health checks, which want folders of root, are in test/unit/health. */
const BORDERS: readonly Border[] = [
  {
    name: 'a configuration',
    code: 65,
    args: (file, tree) => ['apply', '--root', tree.root, '--config', file, ...YES],
    inputs: [
      ['a misspelt key', `${CONFIG}  maxRsk: 'low',\n}`, 'FILE line 3, column 3', 'did you mean "maxRisk"?'],
      ['a value that is none', `${CONFIG}  maxRisk: 'extreme',\n}`, 'FILE line 3, column 12', '"maxRisk"'],
      ['not whole', `${CONFIG}  maxRisk:`, 'FILE line 3', 'not JSON5'],
      ['a key twice', `${CONFIG}  width: 80,\n  width: 90,\n}`, 'FILE line 4, column 3', 'width'],
    ],
  },
  {
    name: 'a profile',
    code: 65,
    args: (file, tree) => ['apply', '--root', tree.root, '-p', file, ...YES],
    inputs: [
      ['a misspelt key', `${PROFILE}  inclde: ['2.2'],\n}`, 'FILE line 6, column 3', 'did you mean "include"?'],
      [
        'a misspelt control',
        `${PROFILE}  include: ['icc-disabld'],\n}`,
        'FILE line 6, column 13',
        'did you mean "icc-disabled"?',
      ],
      [
        'a misspelt parameter',
        `${PROFILE}  parameters: { 'userns-rmap': 'x' },\n}`,
        'FILE line 6',
        'did you mean "userns-remap"?',
      ],
      ['not whole', `${PROFILE}  exclude: [`, 'FILE line 6', 'not JSON5'],
    ],
  },
  {
    name: 'a file of waivers',
    code: 65,
    args: (file, tree) => ['apply', '--root', tree.root, '--waivers', file, ...YES],
    inputs: [
      [
        'a misspelt control',
        fileOf(entry('icc-disabld', day(5))),
        'FILE line 4, column 16',
        'did you mean "icc-disabled"?',
      ],
      ['a misspelt key', fileOf(entry('2.2', day(5), ", hots: 'x'")), 'FILE line 4', 'did you mean "host"?'],
      ['a day there is not', fileOf(entry('2.2', '2026-02-30')), 'FILE line 4', 'until" must be a day'],
      ['no reason', fileOf(`{ control: '2.2', owner: 'o', until: '${day(5)}' }`), 'FILE line 4', 'reason" is missing'],
    ],
  },
  {
    name: 'a recording',
    code: 65,
    args: (file) => ['plan', '--from', file],
    inputs: [
      ['a key nobody knows', recording().replace('"host":', '"hots": 1,\n "host":'), 'FILE', 'hots'],
      ['a member missing', recording().replace('"takenAt"', '"takenAd"'), 'FILE', 'takenAt'],
      ['cut off', recording().slice(0, 5000), 'FILE', 'line', 'column'],
      ['a mode that is none', recording().replace(/"mode": \d+/, '"mode": "rw"'), 'FILE', 'mode'],
    ],
  },
  {
    name: 'a baseline',
    code: 65,
    args: (file, tree) => ['verify', '--root', tree.root, '--baseline', file],
    inputs: [
      ['empty', '', 'FILE', 'is empty'],
      ['cut off', '{"schema": "urn:harden:plan:1",\n "id"', 'FILE', 'line 2, column'],
      ['something else', '{"schema": "urn:harden:waiver:1"}', 'FILE', 'is not a plan of harden'],
    ],
  },
];

describe.runIf(canOwn())('every mistake is told with its place, and nothing is written', () => {
  const rows = BORDERS.flatMap((border) =>
    border.inputs.map((input) => [border.name, input[0], border, input] as const),
  );
  test.each(rows)('%s: %s', async (_name, _what, { args, code }, [, text, place, ...says]) => {
    using tree = plantTree(DOCKER_CE);
    const file = join(mine(tree), 'given.json5');
    writeFileSync(file, text, { mode: 0o644 });
    const before = tree.state();
    const result = await harden(args(file, tree));
    expectError(result, { code, id: /^H\d{4}$/, says });
    // A place of several mistakes is written FILE:4:16, that of a single one in words.
    const told = result.stderr.replaceAll(/\s+/g, ' ');
    const short = place
      .replace('FILE', file)
      .replace(/ line (\d+)(?:, column (\d+))?/, (_all, line: string, column?: string) =>
        column === undefined ? `:${line}` : `:${line}:${column}`,
      );
    expect(told.includes(place.replace('FILE', file)) || told.includes(short), told).toBe(true);
    expect(treeChanges(before, tree.state())).toEqual([]);
    expect(readdirSync(mine(tree))).toEqual(['given.json5']);
  });
  test('three of each at least', () => {
    expect(BORDERS.filter(({ inputs }) => inputs.length < 3)).toEqual([]);
  });
});

describe.runIf(canOwn())('what options take', () => {
  test.each<readonly [args: string, says: string]>([
    ...['--width wide', '--width 0', '--width', '--color red', '--color=', '--config'].map(
      (args) => [`plan ${args}`, '--'] as const,
    ),
    ...['x:y', 'sarif', ':file', 'sarf:x'].map((value) => [`plan --report ${value}`, '--report'] as const),
    ...['soon', '0s', '-1h'].map((value) => [`plan --expires ${value}`, '--expires'] as const),
    ...['366d', '400d', '8761h'].map((value) => [`plan --expires ${value}`, '--expires takes at most 365d'] as const),
    ...['10', '39', '1001'].map((value) => [`plan --width ${value}`, 'columns from 40 to 1000'] as const),
    ...['plan --json', 'plan --format md', 'verify --format json', 'status --json'].map(
      (args) => [`${args} --width 80`, '--width lays out text'] as const,
    ),
    ...['plan --json --format md', 'plan --format text --json', 'verify --json --format text'].map(
      (args) => [args, '--json is short for --format json'] as const,
    ),
    ...['soon', '5', '48h'].map((value) => [`apply --confirm-within ${value} --yes`, '--confirm-within'] as const),
    ...['soon', '31d', '-1d'].map((value) => [`plan --waiver-grace ${value}`, '--waiver-grace'] as const),
    ...['high1', 'HIGH', 'none'].map((value) => [`apply --yes --max-risk ${value}`, '--max-risk'] as const),
    ...['all', 'restrat', '1'].map((value) => [`apply --yes --max-impact ${value}`, '--max-impact'] as const),
    ...['2.99', 'tag:nope', '3.9-3.1', 'icc-disabld'].map((value) => [`plan -c ${value}`, value] as const),
    ...['abc', 'zzzzzzzz', 'sha256:12'].map((value) => [`apply --approve ${value}`, '--approve'] as const),
    ...['x', './y', ''].map((value) => [`apply --state-dir=${value} --yes`, '--state-dir'] as const),
    ...['effects', 'SECTION', '0'].map((value) => [`plan --group-by ${value}`, '--group-by'] as const),
    ...['perl', 'no', 'FAIL'].map((value) => [`verify --manual ${value}`, '--manual'] as const),
  ])('harden %s: 64, and nothing is written', async (args, says) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const result = await harden([...args.split(' '), '--root', tree.root]);
    expectError(result, { code: 64, id: /^H\d{4}$/, says: [says] });
    expect(treeChanges(before, tree.state())).toEqual([]);
  });

  test.each<readonly [name: string, value: string]>([
    ...['red', 'Always', '1'].map((value) => ['HARDEN_COLOR', value] as const),
    ...['wide', '-1', '0'].map((value) => ['HARDEN_WIDTH', value] as const),
    ...['xml', 'JSON', '1'].map((value) => ['HARDEN_FORMAT', value] as const),
    ...['on!', 'maybe', '2', 'yes'].map((value) => ['HARDEN_ACCESSIBLE', value] as const),
    ...['less', 'ja', '2', 'yes'].map((value) => ['HARDEN_PAGER', value] as const),
    ...['yes', 'TRUE', '2'].map((value) => ['HARDEN_NO_INPUT', value] as const),
    ...['syslog', '/var/log/x', '1'].map((value) => ['HARDEN_LOG', value] as const),
    ...['x', './y', '../z'].map((value) => ['HARDEN_STATE_DIR', value] as const),
    ...['nope', 'cis-docker-1.8.0', 'L1'].map((value) => ['HARDEN_PROFILE', value] as const),
  ])('%s=%s: 64, and nothing is written', async (name, value) => {
    using tree = plantTree(DOCKER_CE);
    const before = tree.state();
    const result = await harden(['apply', '--root', tree.root, ...YES], { env: { [name]: value } });
    expectError(result, { code: 64, id: /^H\d{4}$/, says: variablesSaid(name) });
    expect(treeChanges(before, tree.state())).toEqual([]);
  });
});

/** A variable that is a place is told by the option it says the same as. */
function variablesSaid(name: string): readonly string[] {
  return ['HARDEN_STATE_DIR', 'HARDEN_PROFILE'].includes(name) ? [] : [name];
}

/** A folder of root's own beside the tree. */
function mine(tree: Tree): string {
  const folder = join(tree.outside, 'given');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}
