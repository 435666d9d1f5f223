import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../remediations');

/**
 * The catalogue that comes with the program: path below remediations/ -> text. This file reads it from disk and serves
 * development; a build replaces it with the checked texts, so that the program needs no folder beside it.
 */
export const shippedFiles: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json5'))
    .toSorted()
    .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
);
