import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statfsSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FakeEntry } from './fake-reader.ts';

/** Files of a host by absolute path; folders above an entry come by themselves (0755). */
export type TreeFiles = Readonly<Record<string, FakeEntry>>;

/** A folder taken as `/`, gone with its scope. */
export interface Tree extends Disposable {
  /** The folder itself, below `outside`. */
  readonly root: string;
  /** A folder around it, for what an attack would reach. */
  readonly outside: string;
  /** Where `path` of the tree is on this machine. */
  at(path: string): string;
  read(path: string): string;
  /** Adds or replaces. */
  plant(files: TreeFiles): void;
  /** Everything in it with all its metadata, one line each by path; `harden`'s own state is left out. */
  state(): TreeState;
}

/** By path. Times of files only: a folder's moves with every name made in it. */
export type TreeState = Readonly<Record<string, string>>;

const OWN_STATE = '/var/lib/harden';
/** Every file of a tree is this old, so that a rewrite is seen by its time. */
const LONG_AGO = new Date('2021-03-04T05:06:07.089Z');

/**
 * Whether trees with owners of their own can be made, for `describe.runIf(canOwn())`. Where not, says why on standard error.
 * @throws where HARDEN_TEST_REQUIRE_ALL=1 says that a missing ring is a failure.
 */
export function canOwn(): boolean {
  const reason =
    process.geteuid?.() !== 0
      ? 'this is not root, which gives files their owners'
      : durableFolder() === undefined
        ? 'no file system that outlasts a crash, which snapshots need (HARDEN_TEST_TMP names a folder on one)'
        : undefined;
  if (reason !== undefined && process.env['HARDEN_TEST_REQUIRE_ALL'] === '1') {
    throw new Error(`trees are required here (HARDEN_TEST_REQUIRE_ALL=1): ${reason}`);
  }
  if (reason !== undefined) {
    writeSync(2, `trees: not run, ${reason}\n`);
  }
  return reason === undefined;
}

/** statfs(2) of tmpfs and overlay, where harden keeps no snapshot unless told to. */
const VOLATILE = new Set([0x01021994, 0x794c7630]);

/** Where a tree may carry its own snapshots: the first of these on a file system that lasts. */
function durableFolder(): string | undefined {
  return [process.env['HARDEN_TEST_TMP'], tmpdir(), '/var/tmp', join(import.meta.dirname, '../../node_modules')].find(
    (folder) => folder !== undefined && existsSync(folder) && !VOLATILE.has(statfsSync(folder).type),
  );
}

/** Makes the files in a new folder of this machine, all of them owned by `uid` where the entry says nothing else. */
export function plantTree(files: TreeFiles, uid = 0): Tree {
  const outside = mkdtempSync(join(durableFolder() ?? tmpdir(), 'harden-tree-'));
  chmodSync(outside, 0o755);
  const root = join(outside, 'root');
  mkdirSync(root, { mode: 0o755 });
  lchownSync(outside, uid, uid);
  lchownSync(root, uid, uid);
  const plant = (more: TreeFiles): void => {
    for (const [path, entry] of Object.entries(more)) {
      plantEntry(root, path, entry, uid);
    }
  };
  plant(files);
  return {
    root,
    outside,
    at: (path) => join(root, path),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    plant,
    state: () => stateOf(root),
    [Symbol.dispose]: () => rmSync(outside, { recursive: true, force: true }),
  };
}

/** What differs between two states, one line each; empty where nothing does. */
export function treeChanges(before: TreeState, after: TreeState): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .filter((path) => before[path] !== after[path])
    .map((path) => `${path}: ${before[path] ?? 'not there'} -> ${after[path] ?? 'not there'}`);
}

/** Every object below a folder of this machine, with content, access, time, links and extended attributes. */
export function stateOf(folder: string): TreeState {
  const attributes = extendedAttributes(folder);
  const found: Record<string, string> = {};
  const walk = (path: string): void => {
    if (path === OWN_STATE) {
      return;
    }
    const stat = lstatSync(folder + path, { bigint: true });
    found[path === '' ? '/' : path] = describe(folder + path, stat, attributes.get(path) ?? '');
    if (stat.isDirectory()) {
      readdirSync(folder + path)
        .sort()
        .forEach((name) => walk(`${path}/${name}`));
    }
  };
  walk('');
  // The way to our own state is made with it.
  return Object.fromEntries(Object.entries(found).filter(([path]) => !['/var', '/var/lib'].includes(path)));
}

function describe(path: string, stat: BigIntStats, attributes: string): string {
  const access = `${(Number(stat.mode) & 0o7777).toString(8).padStart(4, '0')} ${stat.uid}:${stat.gid}${attributes}`;
  if (stat.isSymbolicLink()) {
    return `link ${readlinkSync(path)} ${access}`;
  }
  if (!stat.isFile()) {
    return `${stat.isDirectory() ? 'folder' : 'special'} ${access}`;
  }
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
  return `file ${access} ${stat.size} bytes ${digest} links ${stat.nlink} mtime ${stat.mtimeNs}`;
}

function plantEntry(root: string, path: string, entry: FakeEntry, owner: number): void {
  const at = join(root, path);
  makeFolders(root, dirname(path), owner);
  if (typeof entry === 'string' || 'link' in entry || entry.type !== 'directory') {
    rmSync(at, { force: true, recursive: true });
  }
  if (typeof entry === 'object' && 'link' in entry) {
    symlinkSync(entry.link, at);
    lchownSync(at, owner, owner);
    return;
  }
  const {
    type,
    text = '',
    mode,
    uid = owner,
    gid = owner,
  } = typeof entry === 'string' ? { type: 'file' as const, text: entry } : entry;
  makeObject(at, type, text);
  lchownSync(at, uid, gid);
  chmodSync(at, mode ?? (type === 'directory' ? 0o755 : 0o644));
  if (type === 'file') {
    utimesSync(at, LONG_AGO, LONG_AGO);
  }
}

function makeObject(at: string, type: string, text: string): void {
  switch (type) {
    case 'directory':
      mkdirSync(at, { recursive: true });
      return;
    case 'file':
      writeFileSync(at, text);
      return;
    case 'fifo':
      execFileSync('mkfifo', [at]);
      return;
    case 'character-device':
      execFileSync('mknod', [at, 'c', '1', '3']);
      return;
    case 'socket': {
      // The name stays when the process that bound it is gone.
      const made = `const s = require('node:net').createServer().listen(${JSON.stringify(at)}, () => process.kill(process.pid, 'SIGKILL'))`;
      try {
        execFileSync(process.execPath, ['-e', made], { stdio: 'ignore' });
      } catch {
        lstatSync(at);
      }
      return;
    }
    default:
      throw new Error(`no ${type} is made in a tree`);
  }
}

function makeFolders(root: string, folder: string, owner: number): void {
  const parts = folder.split('/').filter((part) => part !== '');
  for (const index of parts.keys()) {
    const at = join(root, ...parts.slice(0, index + 1));
    if (lstatSync(at, { throwIfNoEntry: false }) === undefined) {
      mkdirSync(at);
      chmodSync(at, 0o755);
      lchownSync(at, owner, owner);
    }
  }
}

/** Beside the plain access bits: ACLs, capabilities, labels. */
function extendedAttributes(folder: string): ReadonlyMap<string, string> {
  const text = execFileSync(
    'getfattr',
    ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', '.'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  return new Map(
    text
      .split('\n\n')
      .filter((block) => block.startsWith('# file: '))
      .map((block) => {
        const [first = '', ...rest] = block.split('\n');
        return [first.slice('# file: .'.length), rest.map((line) => ` ${line}`).join('')] as const;
      }),
  );
}
