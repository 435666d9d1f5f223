import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const root = join(import.meta.dirname, '..');
const packageJson = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** What the licences of everything inside the bundle ask to be handed on: each package with its licence text. */
export async function noticesOf(bundledFiles: readonly string[]): Promise<string> {
  const folders = [...new Set(bundledFiles.flatMap(packageFolder))].sort();
  const texts = await Promise.all(folders.map(noticeOf));
  const head = [
    'harden contains the packages below, each under its own licence.',
    `The executable carries Node.js ${process.version} too: https://github.com/nodejs/node/blob/${process.version}/LICENSE`,
  ];
  return `${[head.join('\n'), ...new Set(texts)].join(`\n\n${'='.repeat(80)}\n\n`)}\n`;
}

function packageFolder(file: string): readonly string[] {
  const folder = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
  return folder === undefined ? [] : [folder];
}

/** @throws Error where a package brings no licence text: such a one cannot be shipped. */
async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = packageJson.parse(
    JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')),
  );
  const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) {
    throw new Error(`${name} ${version} has no licence text, so it cannot be shipped.`);
  }
  const text = await readFile(join(root, folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}`;
}
