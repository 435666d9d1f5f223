import type { Fd, Sys } from '../model/sys.ts';
import { holding } from './held.ts';

/** A new file that everybody may read, durable but for its name. */
export function writePublic(sys: Sys, folder: Fd, name: string, text: string): void {
  holding(sys, sys.createFile(folder, name), (file) => {
    sys.chmod(file, 0o644);
    sys.write(file, new TextEncoder().encode(text), 0);
    sys.sync(file);
  });
}

/** A word of a unit file: nothing in it is expanded. */
export function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return `"${escaped}"`;
}
