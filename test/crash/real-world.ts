import { execFileSync } from 'node:child_process';
import {
  type BigIntStats,
  appendFileSync,
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { liveSys } from '../../src/host/live-sys.ts';
import type { Inode } from '../../src/host/memory-disk.ts';
import { absPath } from '../../src/model/brand.ts';
import type { Command, CommandOutcome } from '../../src/model/host.ts';
import type { Sys } from '../../src/model/sys.ts';
import { type Store, openStore } from '../../src/state/store.ts';
import { sampleWorld } from '../support/store-scenario.ts';

/*
 * The sample host of the store's tests on a real file system: FOLDER/root is its `/`, FOLDER/state and FOLDER/lock are ours,
 * FOLDER/loaded and FOLDER/rules are what its daemon and its kernel have.
 */
const DAEMON_JSON = '/etc/docker/daemon.json';

/** Objects of the host by path, one line each, with all that an undo has to bring back but the inode. */
export type RealTree = Readonly<Record<string, string>>;

/** A host that is copied for every point; `parent` is a folder on the file system that is wanted. */
export function plantHost(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'harden-crash-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'root'), { mode: 0o755 });
  const world = sampleWorld();
  plant(join(folder, 'root'), world.disk.root);
  // An ACL and an attribute that only root may see, beside the ones the sample has.
  execFileSync('setfacl', ['-m', 'u:65534:r', join(folder, 'root', DAEMON_JSON)]);
  execFileSync('setfattr', ['-n', 'trusted.note', '-v', 'root', join(folder, 'root', DAEMON_JSON)]);
  chmodSync(join(folder, 'root', DAEMON_JSON), 0o640);
  writeFileSync(join(folder, 'loaded'), world.loaded);
  writeFileSync(join(folder, 'rules'), '');
  return folder;
}

function plant(at: string, inode: Inode): void {
  for (const [name, child] of inode.entries) {
    const path = join(at, name);
    if (child.type === 'directory') {
      mkdirSync(path);
      plant(path, child);
    } else if (child.type === 'socket') {
      execFileSync('perl', ['-MSocket', '-e', 'socket(S,1,1,0); bind(S,sockaddr_un($ARGV[0])) or die $!', path]);
    } else {
      writeFileSync(path, child.data);
    }
    lchownSync(path, child.uid, child.gid);
    chmodSync(path, child.mode);
    if (child.type === 'file') {
      for (const [attribute = '', hex = ''] of child.extended
        .split('\n')
        .filter(Boolean)
        .map((one) => one.split('='))) {
        execFileSync('setfattr', ['-n', attribute, '-v', `0x${hex}`, path]);
      }
      utimesSync(path, 1_600_000_000.25, 1_600_000_000.25);
    }
  }
}

/** A copy with all metadata, beside the first. */
export function copyHost(folder: string): string {
  const copy = mkdtempSync(join(dirname(folder), `${basename(folder)}-`));
  chmodSync(copy, 0o755);
  execFileSync('cp', ['-a', '--', ...['root', 'loaded', 'rules'].map((name) => join(folder, name)), copy]);
  for (const name of ['state', 'lock'].filter((one) => existsSync(join(folder, one)))) {
    execFileSync('cp', ['-a', '--', join(folder, name), copy]);
  }
  return copy;
}

export function removeHost(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The machine's own calls below FOLDER/root; its service manager and its kernel rules are files of the folder. */
export function sysOf(folder: string): Sys {
  return { ...liveSys(absPath(join(folder, 'root'))), run: (command) => runIn(folder, command) };
}

function runIn(folder: string, command: Command): CommandOutcome {
  const rules = join(folder, 'rules');
  const answer = (code: number): CommandOutcome => ({
    type: 'exited',
    code,
    stdout: '',
    stderr: code === 0 ? '' : 'refused',
  });
  if (command.tool === 'systemctl') {
    const file = join(folder, 'root', DAEMON_JSON);
    writeFileSync(join(folder, 'loaded'), existsSync(file) ? readFileSync(file) : '');
    return answer(0);
  }
  const [flag = '', rule = ''] = command.args;
  const kept = readFileSync(rules, 'utf8').split('\n');
  if (flag === '-a') {
    // The kernel's list has no rule twice: "Rule exists".
    if (kept.includes(rule)) {
      return answer(255);
    }
    appendFileSync(rules, `${rule}\n`);
    return answer(0);
  }
  writeFileSync(rules, kept.filter((one) => one !== rule).join('\n'));
  return answer(kept.includes(rule) ? 0 : 255);
}

export function openReal(folder: string, wrap: (sys: Sys) => Sys = (sys) => sys): Store {
  // One Sys for state and targets, so that one counter sees every call in its order.
  const targetSys = wrap(sysOf(folder));
  const stateSys = wrap(liveSys(absPath('/')));
  return openStore({
    stateSys,
    stateDir: absPath(join(folder, 'state')),
    lockDir: absPath(join(folder, 'lock')),
    targetSys,
    targetTrust: 'strict',
    bootId: 'boot-1',
    uid: process.geteuid?.() ?? -1,
    holder: { pid: process.pid, command: 'harden apply' },
    allowVolatile: true,
  });
}

/** Everything below FOLDER/root, hidden names of ours included. */
export function realTree(folder: string): RealTree {
  const root = join(folder, 'root');
  const attributes = attributesBelow(root);
  const lines: Record<string, string> = {};
  const visit = (path: string): void => {
    const stat = lstatSync(root + path, { bigint: true });
    lines[path] = `${describe(root + path, stat)} ${attributes.get(path) ?? ''}`;
    if (stat.isDirectory()) {
      readdirSync(root + path)
        .sort()
        .forEach((name) => visit(`${path}/${name}`));
    }
  };
  visit('');
  return lines;
}

function describe(path: string, stat: BigIntStats): string {
  const access = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
  return stat.isFile()
    ? `${access} ${stat.nlink} ${JSON.stringify(readFileSync(path, 'utf8'))} mtime=${stat.mtimeNs}`
    : access;
}

/** One program for the whole tree: names with their values in hex, sorted, by path. */
function attributesBelow(root: string): ReadonlyMap<string, string> {
  const text = execFileSync('getfattr', ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', root], {
    encoding: 'utf8',
  });
  const blocks = text.split('\n\n').filter((block) => block.startsWith('# file: '));
  return new Map(
    blocks.map((block) => {
      const [head = '', ...values] = block.split('\n');
      return [head.slice('# file: '.length + root.length), values.filter(Boolean).sort().join(' ')];
    }),
  );
}

/** Without times: what is new has the time at which it was written. */
export function timeless(tree: RealTree): RealTree {
  return Object.fromEntries(Object.entries(tree).map(([path, line]) => [path, line.replace(/ mtime=\d+/, '')]));
}

export function runtimeOf(folder: string): { readonly loaded: string; readonly rules: string } {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  return { loaded: read('loaded'), rules: read('rules') };
}

/** As root of its own folder only. */
export function missingForReal(): string | undefined {
  return process.geteuid?.() === 0 ? undefined : 'needs root: files with owners, ACLs and trusted attributes';
}
