import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Folders whose every file may come into the program, or says how it is made; the list of packages has a digest of each. */
const FOLDERS = ['src', 'remediations', 'scripts'];
const FILES = ['package.json', 'package-lock.json'];

/** Of what the program is built from: the same sources and packages give the same digest, wherever they are built. */
export function buildDigest(): `sha256:${string}` {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1)),
  );
  const whole = createHash('sha256');
  for (const file of [...FILES, ...inFolders].sort()) {
    whole.update(
      `${createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex')}  ${file}\n`,
    );
  }
  return `sha256:${whole.digest('hex')}`;
}
