import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type BuildOptions, type OnResolveArgs, type Plugin } from 'esbuild';
import type { Catalogue } from '../src/catalogue/load.ts';
import { bundle } from './bundle.ts';

const root = join(import.meta.dirname, '..');

/** Loaded by `import()`, and in the first part all the same: what is to be fast needs it. */
const AT_ONCE = ['src/cli/commands/plan.ts'].map((file) => join(root, file));

/** For the executable, where `import()` of a file does not exist. `partOf` is what start.cjs hands to the first part. */
const SCRIPT: BuildOptions = {
  format: 'cjs',
  target: 'node24',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'urlOfBundle' },
  footer: { js: '})' },
};
const URL_OF_BUNDLE = "const urlOfBundle = require('node:url').pathToFileURL(__filename).href;";
const LINK = "const restOf = () => program.rest ??= program[0]('rest')(require, __filename, program.first);";

/**
 * The program in two scripts, each one function: V8 takes up every function a script has, called or not, so that what a plan does not need is
 * kept out of its way. `first` is `(require, __filename, partOf)` and starts the program; on the first `import()` of anything else it calls
 * `partOf('rest')`, which is `(require, __filename, first)` and gives the modules of the rest by name. A module is in one of the two, never both,
 * zod aside.
 */
export async function bundleParts(
  catalogue: Catalogue,
  outfiles: Readonly<Record<'first' | 'rest', string>>,
): Promise<void> {
  const later = new Set<string>();
  const scan = await bundle(catalogue, { ...SCRIPT, banner: { js: '(function () {' } }, [elsewhere(later)]);
  const exported = await exportsOf(
    new Set(scan.inOutput.filter((file) => !file.includes(':')).map((file) => join(root, file))),
  );
  const rest = await bundle(
    catalogue,
    {
      ...SCRIPT,
      stdin: { contents: tableOfRest([...later].filter((file) => !exported.has(file))), resolveDir: root },
      banner: {
        js: `(function (require, __filename, first) { const module = {}; const taken = (name) => first[name](); ${URL_OF_BUNDLE}`,
      },
      footer: { js: 'return module.exports; })' },
    },
    [fromFirst(exported)],
  );
  const start = await bundle(
    catalogue,
    {
      ...SCRIPT,
      stdin: { contents: tableOfFirst(rest.code), resolveDir: root },
      banner: { js: `(function (require, __filename, ...program) { ${URL_OF_BUNDLE} ${LINK}` },
    },
    [elsewhere(new Set(), exported)],
  );
  await Promise.all([writeFile(outfiles.first, start.code), writeFile(outfiles.rest, rest.code)]);
}

/** In the first part: an `import()` gets its module from the rest. Puts the files of such modules into `found`. */
function elsewhere(found: Set<string>, here?: Exports): Plugin {
  return replacing({
    name: 'rest',
    isThere: ({ kind }, file) => kind === 'dynamic-import' && !AT_ONCE.includes(file) && here?.has(file) !== true,
    found,
    contents: (file) => `module.exports = restOf()[${JSON.stringify(nameOf(file))}]();`,
  });
}

/**
 * In the rest: what a module of the first part exports is taken from there. What nothing uses esbuild leaves out. But each part has a zod of its
 * own, which does not mind: taken over as the one object it is, all of it would be in the first part, three times what is used there.
 */
function fromFirst(exported: Exports): Plugin {
  return replacing({
    name: 'first',
    isThere: (_, file) => exported.has(file) && !file.includes('/node_modules/zod/'),
    found: new Set(),
    contents: (file) =>
      (exported.get(file) ?? [])
        .map(
          (name, at) =>
            `const e${at} = /* @__PURE__ */ taken("${nameOf(file)}#${name}"); export { e${at} as ${name} };`,
        )
        .join('\n'),
  });
}

interface Replacement {
  readonly name: string;
  readonly isThere: (asked: OnResolveArgs, file: string) => boolean;
  readonly found: Set<string>;
  readonly contents: (file: string) => string;
}

/** Takes modules from the other part in place of their files. */
function replacing({ name, isThere, found, contents }: Replacement): Plugin {
  return {
    name,
    setup(bundler) {
      bundler.onResolve({ filter: /./ }, async (asked) => {
        const { path, kind, importer, resolveDir } = asked;
        const askedBy: unknown = asked.pluginData;
        if (askedBy === name || kind === 'entry-point') {
          return undefined;
        }
        const resolved = await bundler.resolve(path, { kind, importer, resolveDir, pluginData: name });
        if (resolved.external || !isThere(asked, resolved.path)) {
          return resolved;
        }
        found.add(resolved.path);
        // Not the name of a file: one that ends in .mjs could hold nothing but an ES module.
        return { path: `${resolved.path} elsewhere`, namespace: name };
      });
      bundler.onLoad({ filter: /./, namespace: name }, ({ path }) => ({
        contents: contents(path.replace(/ elsewhere$/, '')),
        loader: 'js',
      }));
    },
  };
}

function tableOfRest(files: readonly string[]): string {
  const entries = files.map((file) => `${JSON.stringify(nameOf(file))}: () => require(${fromRoot(file)}),`);
  return `module.exports = {\n${entries.join('\n')}\n};`;
}

/** Everything of the first part that the rest takes, by name. */
function tableOfFirst(codeOfRest: string): string {
  const taken = [...codeOfRest.matchAll(/ taken\("(.+?)#(\w+)"\)/g)].map(([, file = '', name = ''], at) => ({
    line: `import { ${name} as taken_${at} } from "./${file}";`,
    entry: `"${file}#${name}": () => taken_${at},`,
  }));
  return [
    // Before whatever is taken brings in the parser of options.
    `import './src/cli/removed-folder.ts';`,
    ...taken.map(({ line }) => line),
    `import './src/cli/harden.ts';`,
    `program.first = { ${taken.map(({ entry }) => entry).join('\n')} };`,
  ].join('\n');
}

type Exports = ReadonlyMap<string, readonly string[]>;

async function exportsOf(files: ReadonlySet<string>): Promise<Exports> {
  const { metafile } = await build({
    entryPoints: [...files],
    absWorkingDir: root,
    outdir: root,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
  });
  return new Map(
    Object.values(metafile.outputs).flatMap(({ entryPoint, exports }) =>
      entryPoint !== undefined && files.has(join(root, entryPoint)) ? [[join(root, entryPoint), exports] as const] : [],
    ),
  );
}

function fromRoot(file: string): string {
  return JSON.stringify(`./${nameOf(file)}`);
}

function nameOf(file: string): string {
  return relative(root, file);
}
