import { type AbsPath, absPath, baseName, isBelow, joinPath, parentPath } from '../../model/brand.ts';
import type { Recording } from '../recording-schema.ts';

const MAX_LINKS = 40;

/** The symbolic links of a recorded host, as far as its answers show them: from where they stand to where they lead. */
export type RecordedLinks = ReadonlyMap<AbsPath, AbsPath>;

/**
 * Links that were looked at themselves, and links that must stand in a path whose real path is another one: with the common end of both
 * taken away, the rest of the first leads to the rest of the second (`/lib/x` is `/usr/lib/x`: `/lib` leads to `/usr/lib`). As much is taken
 * away as leaves something that can be a link: what stands in a real path is none.
 */
export function linksOf({ files }: Recording): RecordedLinks {
  const links = new Map<AbsPath, AbsPath>();
  const real = new Set(
    entriesOf(files).flatMap(([, { realPath }]) =>
      realPath?.status === 'present' ? withAncestors(realPath.value) : [],
    ),
  );
  for (const [path, { stat, realPath }] of entriesOf(files)) {
    if (realPath?.status !== 'present' || realPath.value === path) {
      continue;
    }
    const itself = stat?.status === 'present' && stat.value.type === 'symlink';
    const [from, to] = itself ? [path, realPath.value] : withoutCommonEnd(path, realPath.value, real);
    links.set(from, to);
  }
  return links;
}

/** The place of the object itself: every link above it resolved, the last component as it is. */
export function placeOf(path: AbsPath, links: RecordedLinks): AbsPath {
  return path === '/' ? path : joinPath(resolved(parentPath(path), links), baseName(path));
}

/** All links resolved, the last one too. A circle ends somewhere on it. */
export function resolved(path: AbsPath, links: RecordedLinks): AbsPath {
  let at = path;
  for (let count = 0; count < MAX_LINKS; count += 1) {
    const link = shortestLink(at, links);
    if (link === undefined) {
      return at;
    }
    const rest = at.slice(link[0].length);
    at = link[1] !== '/' ? absPath(`${link[1]}${rest}`) : rest === '' ? link[1] : absPath(rest);
  }
  return at;
}

export function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): readonly (readonly [K, V])[] {
  // Object.entries knows keys as strings only; these are the record's own.
  return Object.entries(record) as [K, V][];
}

function shortestLink(path: AbsPath, links: RecordedLinks): readonly [AbsPath, AbsPath] | undefined {
  let found: readonly [AbsPath, AbsPath] | undefined;
  for (const link of links) {
    if (isBelow(path, link[0]) && link[1] !== link[0] && (found === undefined || link[0].length < found[0].length)) {
      found = link;
    }
  }
  return found;
}

function withoutCommonEnd(path: AbsPath, target: AbsPath, real: ReadonlySet<AbsPath>): readonly [AbsPath, AbsPath] {
  let best: readonly [AbsPath, AbsPath] = [path, target];
  for (let [from, to] = best; parentPath(from) !== '/' && baseName(from) === baseName(to);) {
    [from, to] = [parentPath(from), parentPath(to)];
    best = real.has(from) ? best : [from, to];
  }
  return best;
}

/** The path itself and every folder above it. */
export function withAncestors(path: AbsPath): readonly AbsPath[] {
  const all = [path];
  for (let at = path; at !== '/'; at = parentPath(at)) {
    all.push(parentPath(at));
  }
  return all;
}
