import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const thing = 'export type Thing = string;\nexport const thing = 1;\n';
const take = (from: string): string => `import { thing } from '${from}';\nexport const taken: unknown = thing;\n`;
const takeType = (from: string): string => `import type { Thing } from '${from}';\nexport type Taken = Thing;\n`;
const load = (from: string): string => `export const loaded = (): Promise<unknown> => import('${from}');\n`;

/** Each file breaks the rule that stands beside it, and no other. */
const wrong: readonly (readonly [file: string, text: string, rule: string])[] = [
  ['src/model/takes-resource.ts', takeType('../resources/thing.ts'), 'model-imports-downwards'],
  ['src/resources/takes-plan.ts', take('../plan/thing.ts'), 'resources-imports-downwards'],
  ['src/plan/takes-engine.ts', take('../engine/thing.ts'), 'plan-imports-downwards'],
  ['src/plan/runs-resource.ts', take('../resources/thing.ts'), 'plan-takes-types-of-resources'],
  ['src/catalogue/takes-plan.ts', take('../plan/thing.ts'), 'catalogue-imports-downwards'],
  ['src/state/takes-host.ts', take('../host/thing.ts'), 'state-imports-downwards'],
  ['src/engine/takes-catalogue.ts', take('../catalogue/thing.ts'), 'engine-imports-downwards'],
  ['src/app/takes-host.ts', takeType('../host/thing.ts'), 'app-imports-downwards'],
  ['src/app/takes-render.ts', take('../render/thing.ts'), 'app-imports-downwards'],
  ['src/render/takes-plan.ts', take('../plan/thing.ts'), 'render-imports-downwards'],
  ['src/host/takes-state.ts', take('../state/thing.ts'), 'host-imports-downwards'],
  ['src/app/takes-cli.ts', take('../cli/thing.ts'), 'app-imports-downwards'],
  ['src/model/circle.ts', takeType('./way-back.ts'), 'no-circles'],
  ['src/engine/reads.ts', load('node:fs/promises'), 'only-host-touches-the-os'],
  ['src/state/writes.ts', "export { writeFileSync } from 'fs';\n", 'only-host-touches-the-os'],
  ['src/catalogue/reads.ts', "export { readFileSync } from 'node:fs';\n", 'only-host-touches-the-os'],
  ['src/resources/runs.ts', load('node:child_process'), 'only-host-touches-the-os'],
  ['src/app/connects.ts', load('node:net'), 'only-host-touches-the-os'],
  ['src/cli/requests.ts', load('node:http'), 'only-host-touches-the-os'],
  ['src/engine/runs.ts', load('execa'), 'only-host-touches-the-os'],
  ['src/cli/copies.ts', load('fs-extra'), 'only-host-touches-the-os'],
  ['src/app/parses.ts', load('yargs'), 'only-cli-talks-to-people'],
  ['src/engine/asks.ts', load('inquirer'), 'only-cli-talks-to-people'],
  ['src/render/draws.ts', load('listr2'), 'only-cli-talks-to-people'],
  ['src/plan/asks-the-system.ts', load('node:os'), 'pure-code-knows-no-machine'],
  ['src/resources/audit-rule/compare.ts', load('node:os'), 'pure-code-knows-no-machine'],
  ['src/cli/takes-test.ts', take('../../test/thing.ts'), 'product-imports-no-tests'],
  ['src/cli/takes-dev.ts', load('vitest'), 'product-uses-no-dev-dependency'],
  ['src/cli/takes-nothing.ts', load('./not-there.ts'), 'everything-resolves'],
];

const right: readonly (readonly [file: string, text: string])[] = [
  ['src/model/hashes.ts', "export { createHash } from 'node:crypto';\n"],
  ['src/resources/audit-rule/observe.ts', take('../../model/thing.ts')],
  ['src/plan/takes-type.ts', `${takeType('../resources/thing.ts')}${take('../model/thing.ts')}`],
  ['src/catalogue/shipped-files.ts', "export { readFileSync } from 'node:fs';\n"],
  ['src/engine/takes.ts', `export * from '../plan/thing.ts';\n${take('../state/thing.ts')}`],
  ['src/app/takes.ts', `export * from '../engine/thing.ts';\n${take('../catalogue/thing.ts')}`],
  ['src/host/does.ts', `${load('execa')}export { readFile } from 'node:fs/promises';\n`],
  ['src/cli/composes.ts', `${load('yargs')}export * from '../host/thing.ts';\n${take('../render/thing.ts')}`],
  ['test/tests.ts', `${load('vitest')}${take('../src/host/thing.ts')}export { rm } from 'node:fs';\n`],
];

describe('the import rules', () => {
  let tree = '';
  let broken = new Map<string, readonly string[]>();

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'harden-import-rules-'));
    await layOut(tree);
    broken = await brokenRules(tree);
  });

  afterAll(() => rm(tree, { recursive: true }));

  it.each(wrong)('find the fault of %s', (file, _text, rule) => {
    expect(broken.get(file)).toEqual([rule]);
  });

  it.each(right)('have nothing against %s', (file) => {
    expect(broken.get(file)).toBeUndefined();
  });

  it('each say what to do instead', async () => {
    const { ruleSet } = await extractDepcruiseOptions(join(root, '.dependency-cruiser.cjs'));
    expect(ruleSet?.forbidden?.filter(({ comment }) => (comment ?? '').length < 30)).toEqual([]);
  });

  it('are all tried here', async () => {
    const { ruleSet } = await extractDepcruiseOptions(join(root, '.dependency-cruiser.cjs'));
    const tried = new Set(wrong.map(([, , rule]) => rule));
    expect(ruleSet?.forbidden?.map(({ name }) => name).filter((name) => !tried.has(name ?? ''))).toEqual([]);
  });
});

describe('the purity rules', () => {
  const impure = [
    'export const now = Date.now();',
    'export const now = new Date();',
    'export const now = Date();',
    'export const now = performance.now();',
    'export const chance = Math.random();',
    'export const id = crypto.randomUUID();',
    "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();",
    "import * as crypto from 'node:crypto';\nexport const bytes = crypto.randomBytes(8);",
    'export const home = process.env.HOME;',
    "import { env } from 'node:process';\nexport const home = env.HOME;",
    'export const later = setTimeout(() => undefined, 1);',
  ];

  it.each(impure)('refuse in pure code: %s', async (text) => {
    for (const file of ['src/model/a.ts', 'src/plan/a.ts', 'src/render/a.ts', 'src/resources/a/compare.ts']) {
      expect(await complaints(file, text), file).toHaveLength(1);
    }
  });

  it('have nothing against hashing and given moments', async () => {
    const text = "import { createHash } from 'node:crypto';\nexport const at = [new Date(0), createHash('sha256')];";
    expect(await complaints('src/model/a.ts', text)).toEqual([]);
  });

  it('leave clock and chance to the outside, the process only to host and cli', async () => {
    expect(await complaints('src/cli/a.ts', 'export const now = [Date.now(), process.pid];')).toEqual([]);
    expect(await complaints('src/host/a.ts', 'export const now = [Math.random(), process.pid];')).toEqual([]);
    expect(await complaints('src/engine/a.ts', 'export const pid = process.pid;')).toHaveLength(1);
  });

  it.each(['export const options = { shell: true };', 'export default 1;'])('refuse everywhere: %s', async (text) => {
    expect(await complaints('src/model/a.ts', text)).toHaveLength(1);
    expect(await complaints('src/host/a.ts', text)).toHaveLength(1);
    expect(await complaints('test/unit/a.test.ts', text)).toHaveLength(1);
  });
});

async function layOut(tree: string): Promise<void> {
  const packages = ['execa', 'fs-extra', 'yargs', 'inquirer', 'listr2'];
  const folders = ['model', 'resources', 'catalogue', 'plan', 'engine', 'state', 'host', 'app', 'render', 'cli'];
  const files = new Map<string, string>([
    [
      'tsconfig.json',
      '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }',
    ],
    [
      'package.json',
      JSON.stringify({ type: 'module', dependencies: anyVersion(packages), devDependencies: anyVersion(['vitest']) }),
    ],
    ...[...packages, 'vitest'].map((name) => [`node_modules/${name}/index.js`, ''] as const),
    ...folders.map((folder) => [`src/${folder}/thing.ts`, thing] as const),
    ['src/model/way-back.ts', `export type { Taken } from './circle.ts';\n${thing}`],
    ['test/thing.ts', thing],
    ...wrong.map(([file, text]) => [file, text] as const),
    ...right,
  ]);
  for (const [file, text] of files) {
    await mkdir(join(tree, dirname(file)), { recursive: true });
    await writeFile(join(tree, file), text);
  }
}

function anyVersion(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '*']));
}

/** File -> the names of the rules it breaks. */
async function brokenRules(tree: string): Promise<Map<string, readonly string[]>> {
  const options = await extractDepcruiseOptions(join(root, '.dependency-cruiser.cjs'));
  const { output } = await cruise(['src', 'test'], { ...options, baseDir: tree, validate: true });
  const { summary } = output as ICruiseResult;
  return new Map(
    Object.entries(Object.groupBy(summary.violations, ({ from }) => from)).map(([file, violations = []]) => [
      file,
      violations.map(({ rule }) => rule.name),
    ]),
  );
}

/** What the rules that need no types say about a text, if it stood in that file. */
async function complaints(file: string, text: string): Promise<readonly string[]> {
  const { rules } = (await new ESLint({ cwd: root }).calculateConfigForFile(file)) as { rules: Linter.RulesRecord };
  const restrictions = Object.entries(rules).filter(([name]) => name.startsWith('no-restricted-'));
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      globals: { process: false, performance: false, crypto: false, setTimeout: false },
    },
    rules: Object.fromEntries(restrictions),
  };
  return new Linter({ cwd: root }).verify(text, config, file).map(({ message }) => message);
}
