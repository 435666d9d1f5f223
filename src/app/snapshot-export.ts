import { digestOfBytes } from '../model/canonical.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { tarMembers, tarOf } from '../model/tar.ts';
import type { Trouble } from '../model/transaction.ts';
import { PART_NAME, type SnapshotPart } from '../state/snapshot-parts.ts';
import type { Snapshots } from '../state/snapshots.ts';
import { chosenSnapshot } from './snapshots.ts';

/** Lines of `sha256sum`, so that any machine can look whether the file is whole. */
const SUMS = 'SHA256SUMS';
const FOLDER = /^harden-snapshot-([0-9a-f]{8,32})\//;

/** A snapshot in one file: a tar archive of its files with their sums, the same bytes each time. */
export interface ExportedSnapshot {
  readonly id: string;
  readonly archive: Uint8Array;
}

/** @throws HardenError where there is no such snapshot, or it is damaged; then nothing is given away as a good copy. */
export function exportSnapshot(snapshots: Snapshots, wish: string | undefined): ExportedSnapshot {
  const id = chosenSnapshot(snapshots, wish);
  const [trouble] = snapshots.verify(id);
  if (trouble !== undefined) {
    throw new HardenError({
      code: 'H2121',
      exit: EXIT.malformed,
      message: `snapshot ${id} is damaged: ${trouble.what}: ${trouble.reason}. Nothing was written.`,
      hint: `To see all of it: harden snapshot verify ${id}`,
    });
  }
  const parts = snapshots.parts(id);
  const sums = parts.map(({ name, bytes }) => `${digestOfBytes(bytes)}  ${name}\n`).join('');
  const members = [{ name: SUMS, bytes: new TextEncoder().encode(sums) }, ...parts];
  const made = Date.parse(snapshots.read(id).manifest.createdAt);
  const folder = `harden-snapshot-${id}`;
  const archive = tarOf(
    members.map(({ name, bytes }) => ({ name: `${folder}/${name}`, bytes })),
    Number.isNaN(made) ? 0 : Math.floor(made / 1000),
  );
  return { id, archive };
}

/** The files of an exported snapshot, and those whose sum is not the one that was written with them. */
export interface ReadExport {
  readonly id: string;
  readonly parts: readonly SnapshotPart[];
  readonly troubles: readonly Trouble[];
}

/** @throws HardenError (H2061) where it is no such file. */
export function readExport(archive: Uint8Array, file: string): ReadExport {
  const members = membersOf(archive, file);
  const id = FOLDER.exec(members[0]?.name ?? '')?.[1];
  const strange = members.find(({ name }) => id === undefined || !isPart(name, id));
  if (id === undefined || strange !== undefined) {
    throw noExport(file, strange === undefined ? 'it is empty' : `${strange.name} is no part of a snapshot`);
  }
  const named = members.map(({ name, bytes }) => ({ name: name.replace(FOLDER, ''), bytes }));
  if (new Set(named.map(({ name }) => name)).size < named.length) {
    throw noExport(file, 'a part stands in it twice');
  }
  const sums = sumsIn(named.find(({ name }) => name === SUMS)?.bytes);
  const parts = named.filter(({ name }) => name !== SUMS);
  return { id, parts, troubles: troublesOf(parts, sums) };
}

function membersOf(archive: Uint8Array, file: string): readonly SnapshotPart[] {
  try {
    return tarMembers(archive);
  } catch (error) {
    throw noExport(file, error instanceof Error ? error.message : String(error));
  }
}

function isPart(name: string, id: string): boolean {
  const inside = name.replace(FOLDER, '');
  return FOLDER.exec(name)?.[1] === id && (inside === SUMS || PART_NAME.test(inside));
}

function sumsIn(bytes: Uint8Array | undefined): ReadonlyMap<string, string> {
  const lines = new TextDecoder().decode(bytes).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, sum = '', name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      return name === '' ? [] : [[name, sum] as const];
    }),
  );
}

function troublesOf(parts: readonly SnapshotPart[], sums: ReadonlyMap<string, string>): readonly Trouble[] {
  const changed = parts.flatMap(({ name, bytes }) =>
    sums.get(name) === digestOfBytes(bytes)
      ? []
      : [{ what: name, reason: sums.has(name) ? 'it was changed after the export' : `${SUMS} does not name it` }],
  );
  const missing = [...sums.keys()].filter((name) => !parts.some((part) => part.name === name));
  return [...changed, ...missing.map((name) => ({ what: name, reason: 'it is missing' }))];
}

function noExport(file: string, reason: string): HardenError {
  return new HardenError({
    code: 'H2061',
    exit: EXIT.malformed,
    message: `${file} is no exported snapshot: ${reason}. Nothing was changed.`,
    hint: 'To make one: sudo harden snapshot export ID -o FILE',
  });
}
