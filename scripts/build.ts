import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import manifest from '../package.json' with { type: 'json' };
import { shippedCatalogue } from '../src/catalogue/shipped-catalogue.ts';
import { manPages } from '../src/cli/help/man-pages.ts';
import { programTable } from '../src/cli/main.ts';
import { bundleModule } from './bundle.ts';
import { bundleParts } from './bundle-parts.ts';
import { makeExecutable } from './executable.ts';
import { noticesOf } from './notices.ts';

const dist = join(import.meta.dirname, '../dist');
const moduleFile = join(dist, 'harden.mjs');
const executable = join(dist, 'harden');
/** What the executable is to be fast at is a plan; this one can be made anywhere. */
const recording = join(import.meta.dirname, '../snapshots/hosts/debian-trixie.json');

if (!process.version.startsWith('v24.')) {
  throw new Error(`The executable is made of Node 24, this is ${process.version}: run \`npm run build\`.`);
}
// A catalogue with a mistake is not shipped; all mistakes are told at once.
const catalogue = shippedCatalogue();
await mkdir(dist, { recursive: true });
const [files] = await Promise.all([bundleModule(catalogue, moduleFile), makeProgram()]);
await Promise.all([writeFile(join(dist, 'NOTICES.txt'), await noticesOf(files)), writeManual(join(dist, 'man'))]);
await Promise.all([saysItsVersion(process.execPath, [moduleFile]), saysItsVersion(executable, [])]);

async function makeProgram(): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'harden-build-'));
  try {
    const parts = { first: join(work, 'first'), rest: join(work, 'rest') };
    await bundleParts(catalogue, parts);
    await makeExecutable(parts, { first: ['plan', '--from', recording], rest: ['verify', '--root', work] }, executable);
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Every page anew: one of a command that is gone must not stay. */
async function writeManual(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const pages = Object.entries(manPages(await programTable(), manifest.version));
  await Promise.all(pages.map(([name, text]) => writeFile(join(folder, name), text)));
}

/** What does not even start is not a build. */
async function saysItsVersion(program: string, args: readonly string[]): Promise<void> {
  const { stdout } = await execa(program, [...args, '--version']);
  if (stdout.trim() !== manifest.version) {
    throw new Error(`${[program, ...args].join(' ')} --version says "${stdout.trim()}", not "${manifest.version}".`);
  }
}
