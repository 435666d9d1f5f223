import { type AbsPath, absPath, cleanPath, joinPath, parentPath } from '../../model/brand.ts';
import type { Observed } from '../../model/state.ts';
import type { Said } from './daemon-settings.ts';

/** Where packages and the upstream archive put programs. */
export const PROGRAM_FOLDERS: readonly AbsPath[] = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'].map(
  absPath,
);

type Known = Observed<AbsPath> | string | undefined;

/** A program may be what runs, lie beside it, or be in one of the usual folders. Links lead to the same file and are resolved later. */
export function binaryPlaces(names: readonly string[], running: readonly Known[]): readonly Said<AbsPath>[] {
  const known = running.flatMap((one) => pathOf(one) ?? []);
  const itself = known.filter((path) => names.some((name) => path.endsWith(`/${name}`)));
  const folders = [...known.map(parentPath), ...PROGRAM_FOLDERS];
  return [
    ...itself.map((value) => ({ value, source: 'running process or unit', read: 'program' })),
    ...new Set(folders.flatMap((folder) => names.map((name) => joinPath(folder, name)))),
  ].map((place) => (typeof place === 'string' ? { value: place, source: parentPath(place), read: 'program' } : place));
}

function pathOf(known: Known): AbsPath | undefined {
  if (typeof known === 'string') {
    return cleanPath(known);
  }
  return known?.status === 'present' ? known.value : undefined;
}
