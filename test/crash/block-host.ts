import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { liveSys } from '../../src/host/live-sys.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import type { Sys } from '../../src/model/sys.ts';
import type { Access, Activation, StepInput, TransactionSpec } from '../../src/model/transaction.ts';
import { type Store, openStore } from '../../src/state/store.ts';
import { run } from './block-stage.ts';

/** Beside a target or within the state folder: a mutant may be about one of them only. */
export type Side = 'state' | 'target';
export type SysWrapper = (sys: Sys, side: Side) => Sys;

export const STATE = '/var/lib/harden';
export const APPLY_ID = 'abcdef01';
export const ROLLBACK_ID = 'abcdef02';

const DAEMON_JSON = absPath('/etc/docker/daemon.json');
const RULES = absPath('/etc/audit/rules.d/audit.rules');
const KEY = absPath('/etc/docker/key.pem');
const REMOVED = absPath('/etc/old.d/x.conf');
const OLD_FOLDER = absPath('/etc/old.d');
const NEW_FOLDER = absPath('/etc/new.d');
const NEW_FILE = absPath('/etc/new.d/a.conf');
const MADE = absPath('/etc/docker/made.conf');

const ROOT = { uid: 0, gid: 0 };
const OLD = '{ "icc": true }\n';
const MIDDLE = '{ "icc": true, "live-restore": true }\n';
const NEW = '{ "icc": false, "live-restore": true }\n';
/** Several blocks, so that a part of it can be missing. */
const OLD_RULES = rules('old');
const NEW_RULES = rules('new');
const KEY_BEFORE = { mode: 0o4755, uid: 5, gid: 6 };
const KEY_AFTER = { mode: 0o2640, ...ROOT };

/** One object of every kind the steps know, with all the metadata that are to be kept. */
export function populate(root: string): void {
  const file = (path: string, content: string, { mode, uid, gid }: Access): string => {
    const at = join(root, path);
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, content);
    chownSync(at, uid, gid);
    chmodSync(at, mode);
    return at;
  };
  const json = file(DAEMON_JSON, OLD, { mode: 0o640, uid: 0, gid: 7 });
  run('setfacl', '-m', 'u:33:r', json);
  run('setfattr', '-n', 'user.note', '-v', 'kept', json);
  run('setfattr', '-n', 'trusted.note', '-v', 'kept too', json);
  file(RULES, OLD_RULES, { mode: 0o600, ...ROOT });
  file(KEY, 'secret\n', KEY_BEFORE);
  const removed = file(REMOVED, 'x\n', { mode: 0o604, uid: 1, gid: 2 });
  run('setfattr', '-n', 'user.note', '-v', 'removed', removed);
  mkdirSync(join(root, 'var/lib'), { recursive: true });
}

export function applySpec(): TransactionSpec {
  return {
    ...spec(APPLY_ID, 'apply'),
    steps: [
      write(DAEMON_JSON, OLD, MIDDLE),
      activate('reload'),
      { kind: 'set-access', path: KEY, fileType: 'file', expected: KEY_BEFORE, access: KEY_AFTER },
      write(RULES, OLD_RULES, NEW_RULES),
      { kind: 'make-directory', path: NEW_FOLDER, access: { mode: 0o750, ...ROOT } },
      write(NEW_FILE, null, 'a\n', { mode: 0o644, ...ROOT }),
      write(MADE, null, 'made\n', { mode: 0o600, uid: 0, gid: 9 }),
      { kind: 'remove-file', path: REMOVED, expected: digestOfBytes('x\n') },
      { kind: 'remove-directory', path: OLD_FOLDER },
      write(DAEMON_JSON, MIDDLE, NEW),
      activate('restart'),
    ],
    undoPhases: [
      {
        path: DAEMON_JSON,
        content: bytes('{ "icc": true, "live-restore": false }\n'),
        activation: activation('reload'),
      },
      { path: DAEMON_JSON, content: null, activation: activation('restart') },
    ],
  };
}

/** Takes the committed apply back, as a transaction of its own. */
export function rollbackSpec(): TransactionSpec {
  const restore = (path: AbsPath, now: string | null, before: string): StepInput => ({
    kind: 'write-file',
    path,
    expected: now === null ? null : digestOfBytes(now),
    content: bytes(before),
    access: undefined,
    restoreFrom: { snapshot: APPLY_ID, blob: digestOfBytes(before) },
  });
  const remove = (path: AbsPath, content: string): StepInput => ({
    kind: 'remove-file',
    path,
    expected: digestOfBytes(content),
  });
  return {
    ...spec(ROLLBACK_ID, 'rollback'),
    steps: [
      restore(DAEMON_JSON, NEW, OLD),
      { kind: 'make-directory', path: OLD_FOLDER, access: { mode: 0o755, ...ROOT } },
      restore(REMOVED, null, 'x\n'),
      remove(MADE, 'made\n'),
      remove(NEW_FILE, 'a\n'),
      { kind: 'remove-directory', path: NEW_FOLDER },
      restore(RULES, NEW_RULES, OLD_RULES),
      { kind: 'set-access', path: KEY, fileType: 'file', expected: KEY_AFTER, access: KEY_BEFORE },
      activate('restart'),
    ],
    undoPhases: [{ path: DAEMON_JSON, content: null, activation: activation('restart') }],
  };
}

/** The store as the product opens it on the host below `root`; commands of services end well and do nothing. */
export function storeAt(root: string, bootId: string, wrapper: SysWrapper = (sys) => sys): Store {
  const live: Sys = {
    ...liveSys(absPath(root)),
    run: () => ({ type: 'exited', code: 0, stdout: '', stderr: '' }),
  };
  return openStore({
    stateSys: wrapper(live, 'state'),
    stateDir: absPath(STATE),
    lockDir: absPath('/run/harden'),
    targetSys: wrapper(live, 'target'),
    targetTrust: 'strict',
    bootId,
    uid: 0,
    holder: { pid: process.pid, command: 'harden' },
  });
}

/** Every object of the host but our own state, each in one line: type, access, content, modification time, ACL and attributes. */
export function capture(root: string): ReadonlyMap<string, string> {
  const attributes = attributesBelow(root);
  const seen = new Map<string, string>();
  const look = (path: string): void => {
    const at = join(root, path);
    const stat = lstatSync(at, { bigint: true });
    const access = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
    // A folder's time moves with what stands in it, and is no part of the promise.
    const content = stat.isFile() ? `${digestOfBytes(readFileSync(at))} ${stat.nlink} ${stat.mtimeNs}` : '';
    seen.set(path, [access, content, attributes.get(at) ?? ''].join(' '));
    if (stat.isDirectory()) {
      readdirSync(at)
        .map((name) => join(path, name))
        .filter((one) => !NOT_LOOKED_AT.has(one))
        .forEach(look);
    }
  };
  look('/');
  return seen;
}

/** What differs, by name, three at most; empty where nothing does. */
export function differences(seen: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): readonly string[] {
  const names = [...new Set([...seen.keys(), ...wanted.keys()])].filter((name) => seen.get(name) !== wanted.get(name));
  return names
    .slice(0, 3)
    .map((name) => `${name}: ${seen.get(name) ?? 'missing'}, not ${wanted.get(name) ?? 'missing'}`);
}

const NOT_LOOKED_AT: ReadonlySet<string> = new Set([STATE, '/run', '/lost+found', '/var/lib/lost+found']);

function attributesBelow(root: string): ReadonlyMap<string, string> {
  const text = run('getfattr', '-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', root);
  return new Map(
    text
      .split('\n\n')
      .map((block) => block.trim().split('\n'))
      .flatMap(([head, ...values]) =>
        head === undefined ? [] : [[head.replace('# file: ', ''), values.sort().join()]],
      ),
  );
}

function spec(id: string, purpose: TransactionSpec['purpose']): Omit<TransactionSpec, 'steps' | 'undoPhases'> {
  return { id, purpose, createdAt: `2026-01-01T00:00:0${id.slice(-1)}Z`, bootId: 'boot-1', about: { plan: 'p' } };
}

function write(path: AbsPath, expected: string | null, content: string, access?: Access): StepInput {
  const digest = expected === null ? null : digestOfBytes(expected);
  return { kind: 'write-file', path, expected: digest, content: bytes(content), access };
}

function activate(action: Activation['action']): StepInput {
  return { kind: 'activate', activation: activation(action) };
}

function activation(action: Activation['action']): Activation {
  const args = [action, 'docker.service'];
  return { service: 'docker', action, commands: [{ tool: 'systemctl', args }], timeoutMs: 1000 };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function rules(word: string): string {
  return Array.from({ length: 400 }, (_, line) => `-w /etc/${word}/${line} -p wa -k ${word}\n`).join('');
}
