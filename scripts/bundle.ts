import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import type { Catalogue } from '../src/catalogue/load.ts';
import { buildDigest } from './build-digest.ts';

const root = join(import.meta.dirname, '..');

/** Packages, and what stands in their place; each says why. */
const REPLACED = {
  assert: './scripts/yargs-assert.ts',
  'escalade/sync': './scripts/yargs-find-up.ts',
  y18n: './scripts/yargs-messages.ts',
  '@inquirer/external-editor': './scripts/no-editor.ts',
};

/** The program as one module for the npm package: needs a Node, brings everything else. Returns the names of the files in it. */
export async function bundleModule(catalogue: Catalogue, outfile: string): Promise<readonly string[]> {
  const { code, files } = await bundle(catalogue, {
    format: 'esm',
    target: 'node22.18',
    banner: {
      js: [
        '#!/usr/bin/env node',
        "import { createRequire as createRequireOfBundle } from 'node:module';",
        'const require = createRequireOfBundle(import.meta.url);',
      ].join('\n'),
    },
  });
  await writeFile(outfile, code, { mode: 0o755 });
  return files;
}

export interface Bundled {
  readonly code: string;
  /** Names below the project's folder of all that was read. */
  readonly files: readonly string[];
  /** Those of them of which something is in the code. */
  readonly inOutput: readonly string[];
}

/** @param plugins go before those all bundles have. */
export async function bundle(
  catalogue: Catalogue,
  options: BuildOptions,
  plugins: readonly Plugin[] = [],
): Promise<Bundled> {
  const { outputFiles, metafile } = await build({
    ...(options.stdin === undefined ? { entryPoints: ['src/cli/harden.ts'] } : {}),
    ...options,
    define: { ...options.define, HARDEN_BUILD: JSON.stringify(buildDigest()) },
    absWorkingDir: root,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    alias: REPLACED,
    plugins: [...plugins, catalogueInside(catalogue), emojiOnFirstUse],
    legalComments: 'eof',
    logLevel: 'warning',
  });
  // esbuild escapes all but comments. One letter beyond ASCII makes Node hold all the text at double width and start 5 ms later.
  const code = outputFiles.map(({ text }) => text.replaceAll(/[^\p{ASCII}]/gu, '?')).join('');
  const inOutput = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  return { code, files: Object.keys(metafile.inputs), inOutput };
}

/** Replaces the module that reads and checks the catalogue by one that holds the checked result, as a text: JSON is read faster than code. */
function catalogueInside(catalogue: Catalogue): Plugin {
  return {
    name: 'catalogue-inside',
    setup(bundler) {
      bundler.onLoad({ filter: /[/\\]src[/\\]catalogue[/\\]shipped-catalogue\.ts$/ }, () => ({
        contents: `let catalogue;
const text = ${JSON.stringify(JSON.stringify(catalogue))};
export const shippedCatalogue = () => (catalogue ??= JSON.parse(text));`,
        loader: 'js',
      }));
    },
  };
}

/**
 * The packages that measure text for yargs and listr2 prepare for emoji when they are loaded, which is 20 ms, near half of
 * a short command. Here they do so when the first text beyond ASCII comes.
 */
const emojiOnFirstUse: Plugin = {
  name: 'emoji-on-first-use',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]node_modules[/\\](string-width|wrap-ansi)[/\\]index\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text
        .replaceAll(/^const (\w+) = (new Intl\.Segmenter\(.*\));$/gm, madeOnFirst('segment'))
        .replaceAll(/^const (\w+) = (\/.*\\p\{RGI_Emoji\}.*\/v);$/gm, madeOnFirst('test'))
        // The last of them: other functions above begin the same way.
        .replace(/^\tlet width = 0;$(?![\s\S]*^\tlet width = 0;$)/m, `${WIDTH_OF_ASCII}\n$&`);
      return { contents, loader: 'js' };
    });
  },
};

/** yargs measures all of its help before each command, whose line feeds alone would bring the preparation about. */
const WIDTH_OF_ASCII = 'if (/^[\\0-\\x7F]*$/.test(string)) { return string.replace(/[\\0-\\x1F\\x7F]/g, "").length; }';

function madeOnFirst(method: string): string {
  return `let made_$1; const $1 = { ${method}: text => (made_$1 ??= $2).${method}(text) };`;
}
