import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type BigIntStats, existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

/** One object that is not as in the Debian root. Times of files only: a folder's moves with every name made in it. */
type LayerEntry =
  | { readonly type: 'removed' }
  | {
      readonly type: 'file' | 'directory' | 'symlink' | 'other';
      readonly mode: string;
      readonly uid: number;
      readonly gid: number;
      readonly size: number | null;
      readonly sha256: string | null;
      readonly mtimeNs: string | null;
      readonly linkTo: string | null;
      /** Extended attributes (ACLs too) by name, values in hex. */
      readonly xattrs: Readonly<Record<string, string>>;
    };

/** By path, sorted. Empty for a host that is as its Debian root. */
export type HostLayer = Readonly<Record<string, LayerEntry>>;

/** Where the overlay's parts are, as the keeper sees them. */
export interface LayerPlace {
  readonly keeperPid: number;
  readonly base: string;
  readonly root: string;
}

/** Mounts of their own, or the engine's own data. */
const NEVER_PART_OF_IT = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/tmp',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/harden',
  // Where no journal is, every run is logged there.
  '/var/log/harden',
  '/opt/containerd',
];

/** Reads the overlay's upper folder and drops what equals the lower one (a file changed and put back). `ignore`: paths, with all below them. */
export async function readLayer(place: LayerPlace, ignore: readonly string[]): Promise<HostLayer> {
  const upper = `/proc/${place.keeperPid}/root${place.base}/upper`;
  const lower = place.root;
  const skipped = new Set([...NEVER_PART_OF_IT, ...ignore]);
  const found: string[] = [];
  const removed: string[] = [];
  const walk = (folder: string) => {
    if (isOpaque.has(folder)) {
      removed.push(...missingFromUpper(`${upper}${folder}`, `${lower}${folder}`).map((name) => `${folder}/${name}`));
    }
    for (const name of readdirSync(`${upper}${folder}`).sort()) {
      const path = `${folder}/${name}`;
      const stat = lstatSync(`${upper}${path}`, { bigint: true });
      if (skipped.has(path)) {
        continue;
      }
      if (stat.isCharacterDevice() && stat.rdev === 0n) {
        removed.push(path);
        continue;
      }
      found.push(path);
      if (stat.isDirectory()) {
        walk(path);
      }
    }
  };
  const upperAttributes = await extendedAttributes(upper, ['.'], place.keeperPid);
  const isOpaque = new Set(
    [...upperAttributes].filter(([, names]) => names['trusted.overlay.opaque'] !== undefined).map(([path]) => path),
  );
  walk('');
  const inLower = found.filter((path) => lstatSync(`${lower}${path}`, { throwIfNoEntry: false }) !== undefined);
  const lowerAttributes = await extendedAttributes(
    lower,
    inLower.map((path) => `.${path}`),
    undefined,
  );
  const entries = new Map<string, LayerEntry>(removed.map((path) => [path, { type: 'removed' }]));
  for (const path of found) {
    const now = entryOf(`${upper}${path}`, upperAttributes.get(path));
    const was = inLower.includes(path) ? entryOf(`${lower}${path}`, lowerAttributes.get(path)) : undefined;
    if (JSON.stringify(now) !== JSON.stringify(was)) {
      entries.set(path, now);
    }
  }
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What differs between two layers, one line each; empty where nothing does. */
export function layerChanges(before: HostLayer, after: HostLayer): readonly string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    const was = before[path];
    const is = after[path];
    if (was === undefined || is === undefined) {
      return [`${was === undefined ? 'appeared' : 'gone'}: ${path} ${JSON.stringify(was ?? is)}`];
    }
    return JSON.stringify(was) === JSON.stringify(is)
      ? []
      : [`changed: ${path} ${JSON.stringify(was)} -> ${JSON.stringify(is)}`];
  });
}

function entryOf(path: string, attributes: Readonly<Record<string, string>> | undefined): LayerEntry {
  const stat = lstatSync(path, { bigint: true });
  const isFile = stat.isFile();
  const xattrs = Object.entries(attributes ?? {}).filter(([name]) => !name.startsWith('trusted.overlay.'));
  return {
    type: typeOf(stat),
    mode: (Number(stat.mode) & 0o7777).toString(8).padStart(4, '0'),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: isFile ? Number(stat.size) : null,
    sha256: isFile ? createHash('sha256').update(readFileSync(path)).digest('hex') : null,
    mtimeNs: isFile ? String(stat.mtimeNs) : null,
    linkTo: stat.isSymbolicLink() ? readlinkSync(path) : null,
    xattrs: Object.fromEntries(xattrs.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function typeOf(stat: BigIntStats): 'file' | 'directory' | 'symlink' | 'other' {
  if (stat.isFile()) {
    return 'file';
  }
  if (stat.isDirectory()) {
    return 'directory';
  }
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/** An opaque folder hides whatever the lower one has. */
function missingFromUpper(upper: string, lower: string): readonly string[] {
  const kept = new Set(readdirSync(upper));
  return existsSync(lower) ? readdirSync(lower).filter((name) => !kept.has(name)) : [];
}

/** Attributes by path (`/etc/x`) of what is named and all below it, read in the keeper's namespace where one is given. */
async function extendedAttributes(
  folder: string,
  names: readonly string[],
  keeperPid: number | undefined,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const found = new Map<string, Record<string, string>>();
  for (let from = 0; from < names.length; from += 500) {
    const recursive = keeperPid === undefined ? [] : ['-R', '-P'];
    const args = [
      '-h',
      ...recursive,
      '-d',
      '-m',
      '-',
      '-e',
      'hex',
      '--absolute-names',
      '--',
      ...names.slice(from, from + 500),
    ];
    const { stdout } = await promisify(execFile)('getfattr', args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    let current: Record<string, string> = {};
    for (const line of stdout.split('\n')) {
      const file = /^# file: (.*)$/.exec(line)?.[1];
      if (file !== undefined) {
        current = {};
        found.set(file === '.' ? '' : file.replace(/^\./, ''), current);
        continue;
      }
      const cut = line.indexOf('=');
      if (cut > 0) {
        current[line.slice(0, cut)] = line.slice(cut + 1);
      }
    }
  }
  return found;
}
