import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import type { Catalogue } from '../src/catalogue/load.ts';

const root = join(import.meta.dirname, '..');

/** The program as one module for the npm package: needs a Node, brings everything else. */
export async function bundleModule(catalogue: Catalogue, outfile: string): Promise<void> {
  const code = await bundle(catalogue, {
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
}

/** The program as one script for the executable, where `import()` of a file does not exist. */
export async function bundleScript(catalogue: Catalogue, outfile: string): Promise<void> {
  const code = await bundle(catalogue, {
    format: 'cjs',
    target: 'node24',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'urlOfBundle' },
    banner: { js: "const urlOfBundle = require('node:url').pathToFileURL(__filename).href;" },
  });
  await writeFile(outfile, code);
}

async function bundle(catalogue: Catalogue, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    entryPoints: ['src/cli/harden.ts'],
    write: false,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    alias: { y18n: './scripts/yargs-messages.ts' },
    plugins: [catalogueInside(catalogue), emojiOnFirstUse],
    legalComments: 'eof',
    logLevel: 'warning',
  });
  // esbuild escapes all but comments. One letter beyond ASCII makes Node hold all the text at double width and start 5 ms later.
  return outputFiles.map(({ text }) => text.replaceAll(/[^\p{ASCII}]/gu, '?')).join('');
}

/** Replaces the module that reads and checks the catalogue by one that holds the checked result. */
function catalogueInside(catalogue: Catalogue): Plugin {
  return {
    name: 'catalogue-inside',
    setup(bundler) {
      bundler.onLoad({ filter: /[/\\]src[/\\]catalogue[/\\]shipped-catalogue\.ts$/ }, () => ({
        contents: `const catalogue = ${JSON.stringify(catalogue)};\nexport const shippedCatalogue = () => catalogue;`,
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
        .replaceAll(/^const (\w+) = (\/.*\\p\{RGI_Emoji\}.*\/v);$/gm, madeOnFirst('test'));
      return { contents, loader: 'js' };
    });
  },
};

function madeOnFirst(method: string): string {
  return `let made_$1; const $1 = { ${method}: text => (made_$1 ??= $2).${method}(text) };`;
}
