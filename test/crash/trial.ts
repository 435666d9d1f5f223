import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { liveSys } from '../../src/host/live-sys.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import { HardenError } from '../../src/model/errors.ts';
import type { Access, StepInput, TransactionSpec } from '../../src/model/transaction.ts';
import { type Store, openStore } from '../../src/state/store.ts';
import type { MethodResult } from './method.ts';
import { type RealTree, realTree } from './real-world.ts';
import { tally } from './tally.ts';

export const FILE = absPath('/etc/app/file');
export const OLD = 'old content\n';
export const NEW = 'new content, a little longer\n';
export const ID = 'aaaaaaa1';

/** One situation on a real file system, tried once. */
export interface Trial {
  readonly row: string;
  readonly what: string;
  /** Says what did not hold. */
  readonly run: (place: Place) => void;
}

/** A small host in a folder of its own, with one rich file. */
export interface Place extends Disposable {
  readonly folder: string;
  on(path: string): string;
  /** Opens the store; closed at the end by itself. */
  open(options?: { readonly volatile?: boolean; readonly stateDir?: string }): Store;
  /** Mounts below the folder; taken away at the end, last first. */
  mount(...args: readonly string[]): void;
  /** To be done at the end, whatever happens. */
  finally(work: () => void): void;
  tree(): RealTree;
  expect(holds: boolean, what: string): void;
}

export function runTrials(trials: readonly Trial[]): MethodResult {
  const found = tally();
  for (const { row, what, run } of trials) {
    found.point();
    const wrong: string[] = [];
    try {
      using place = newPlace(wrong);
      run(place);
    } catch (error) {
      wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    wrong.forEach((one) => found.check(false, () => `${row} ${what}: ${one}`));
  }
  return found.result();
}

function newPlace(wrong: string[]): Place {
  const folder = mkdtempSync(join(tmpdir(), 'harden-trial-'));
  const ends: (() => void)[] = [];
  const on = (path: string): string => join(folder, 'root', path);
  chmodSync(folder, 0o755);
  mkdirSync(on('etc/app'), { recursive: true });
  plantFile(on(FILE));
  return {
    folder,
    on,
    open: ({ volatile = true, stateDir = join(folder, 'state') } = {}) => {
      const store = openStore({
        stateSys: liveSys(absPath('/')),
        stateDir: absPath(stateDir),
        lockDir: absPath(join(folder, 'lock')),
        targetSys: liveSys(absPath(join(folder, 'root'))),
        targetTrust: 'strict',
        bootId: 'boot',
        uid: 0,
        holder: { pid: process.pid, command: 'harden apply' },
        allowVolatile: volatile,
      });
      ends.push(() => store.close());
      return store;
    },
    mount: (...args) => {
      execFileSync('mount', args, { stdio: 'pipe' });
      const target = args.at(-1) ?? '';
      ends.push(() => execFileSync('umount', [target], { stdio: 'pipe' }));
    },
    finally: (work) => void ends.push(work),
    tree: () => realTree(folder),
    expect: (holds, what) => {
      if (!holds) {
        wrong.push(what);
      }
    },
    [Symbol.dispose]: () => {
      ends.reverse().forEach((end) => end());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** With ACL, attributes of three kinds, set-id bits, an owner of its own and an old time. */
export function plantFile(path: string): void {
  writeFileSync(path, OLD);
  execFileSync('setfacl', ['-m', 'u:65534:r', path]);
  for (const [name, value] of [
    ['user.note', 'mine'],
    ['trusted.note', 'root'],
    ['security.selinux', 'system_u:object_r:etc_t:s0'],
  ] as const) {
    execFileSync('setfattr', ['-n', name, '-v', value, path]);
  }
  chownSync(path, 12, 34);
  chmodSync(path, 0o6754);
  utimesSync(path, 1_577_934_245.5, 1_577_934_245.5);
}

export function specOf(steps: readonly StepInput[], id = ID): TransactionSpec {
  const createdAt = '2026-01-01T00:00:00Z';
  return { id, purpose: 'apply', createdAt, bootId: 'boot', about: null, steps, undoPhases: [] };
}

export function rewrite(path: AbsPath = FILE, access?: Access): StepInput {
  return { kind: 'write-file', path, expected: digestOfBytes(OLD), content: Buffer.from(NEW), access };
}

export function setMode(mode: number): StepInput {
  const owner = { uid: 12, gid: 34 };
  return {
    kind: 'set-access',
    path: FILE,
    fileType: 'file',
    expected: { mode: 0o6754, ...owner },
    access: { mode, ...owner },
  };
}

export function removal(): StepInput {
  return { kind: 'remove-file', path: FILE, expected: digestOfBytes(OLD) };
}

export function newFolder(path = '/etc/app/new'): StepInput {
  return { kind: 'make-directory', path: absPath(path), access: { mode: 0o755, uid: 0, gid: 0 } };
}

/** Each way to change what is in a folder. */
export const EACH_STEP: Readonly<Record<string, StepInput>> = {
  write: rewrite(),
  mode: setMode(0o600),
  remove: removal(),
  folder: newFolder(),
};

/** Code, exit and text of the refusal; undefined where there was none. */
export function refusalOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof HardenError) {
      return `${error.code} ${error.exit} ${error.message}`;
    }
    throw error;
  }
}

/** Begins, and expects that to be refused for `reason` with all as it was. */
export function expectRefused(place: Place, step: StepInput, reason: RegExp): void {
  const before = JSON.stringify(place.tree());
  const store = place.open();
  const said = refusalOf(() => store.begin(specOf([step])));
  place.expect(said !== undefined && reason.test(said), `refused with "${said ?? 'nothing'}", not ${reason}`);
  place.expect(JSON.stringify(place.tree()) === before, 'the refusal changed something');
  const open = readdirSync(join(place.folder, 'state/tx'));
  place.expect(open.length === 0, `${open.join()} is left open`);
  store.close();
}

/** Which of the programs are not installed; undefined where all are. */
export function lackingPrograms(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const lacking = names.filter((name) => !folders.some((folder) => isProgram(join(folder, name))));
  return lacking.length === 0 ? undefined : `not installed: ${lacking.join(', ')}`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
