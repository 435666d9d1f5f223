import { memoryDisk, put } from '../host/memory-disk.ts';
import { memorySys } from '../host/memory-sys.ts';
import { readBytes, writeSecretFile } from '../host/user-files.ts';
import { wordsFor } from '../host/errno.ts';
import { type ExportedSnapshot, readExport } from '../app/snapshot-export.ts';
import { absPath, joinPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Trouble } from '../model/transaction.ts';
import { openSnapshots } from '../state/snapshots.ts';
import { unreadable } from './result-file.ts';

/** Snapshots are small; a file of this size is none. */
const EXPORT_LIMIT = 512 * 1024 * 1024;

/** What a file says of the snapshot in it, every byte looked at; the host it came from is not needed. */
export function verifyExport(file: string): { readonly id: string; readonly troubles: readonly Trouble[] } {
  return verifyArchive(bytesOf(file), file);
}

/** @param file what the archive is called in an error */
export function verifyArchive(
  archive: Uint8Array,
  file: string,
): { readonly id: string; readonly troubles: readonly Trouble[] } {
  const { id, parts, troubles } = readExport(archive, file);
  const disk = memoryDisk();
  const folder = joinPath(absPath('/snapshots'), id);
  put(disk, absPath('/tx'), 'directory');
  put(disk, folder, 'directory');
  for (const { name, bytes } of parts) {
    put(disk, absPath(`${folder}/${name}`), 'file', { content: bytes });
  }
  const sys = memorySys(disk, { run: () => ({ type: 'not-found' }) });
  const [tx, snapshots] = [sys.openDirectory(absPath('/tx')), sys.openDirectory(absPath('/snapshots'))];
  const damaged = openSnapshots({ sys, tx, snapshots }).verify(id);
  const told = new Set(damaged.map(({ what }) => what.replace(/^.*\//, '')));
  // One part, one line: what the snapshot itself says of it says more.
  return { id, troubles: [...damaged, ...troubles.filter(({ what }) => !told.has(what.replace(/^.*\//, '')))] };
}

/** Writes the archive to a file nobody but us may read, or to a standard output that is no terminal. @throws HardenError (H2062) */
export function writeExport({ id, archive }: ExportedSnapshot, wish: string): string {
  try {
    return writeSecretFile(wish, `harden-snapshot-${id}.tar`, archive);
  } catch (cause) {
    throw new HardenError({
      code: 'H2062',
      exit: EXIT.cannotWriteOutput,
      message: `${wish} cannot be written (${wordsFor(cause)}). Nothing was changed.`,
      details: ['It takes a file that is not there yet, on a file system that keeps it from others: mode 0600.'],
      hint: `For example: sudo harden snapshot export ${id} -o /root/harden-snapshot-${id}.tar`,
      cause,
    });
  }
}

function bytesOf(file: string): Uint8Array {
  try {
    return readBytes(file, EXPORT_LIMIT);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}
