import { put } from '../../src/host/memory-disk.ts';
import { absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import type { Sys } from '../../src/model/sys.ts';
import type { Activation, StepInput, TransactionSpec } from '../../src/model/transaction.ts';
import { type Store, openStore } from '../../src/state/store.ts';
import { DAEMON_JSON, type World, emptyWorld } from './memory-world.ts';

const OLD = '{ "icc": true }\n';
const MIDDLE = '{ "icc": true, "live-restore": true }\n';
const NEW = '{ "icc": false, "live-restore": true }\n';
export const STATE = '/var/lib/harden';
/** Places that are ours, or that a boot makes anew. */
export const OURS = [STATE, '/run'];

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function restart(action: Activation['action'] = 'restart'): Activation {
  const args = [action, 'docker.service'];
  return { service: 'docker', action, commands: [{ tool: 'systemctl', args }], timeoutMs: 1000 };
}

/** A small host with one object of every kind the steps know. */
export function sampleWorld(): World {
  const world = emptyWorld();
  const { disk } = world;
  const run = { id: '2', type: 'tmpfs', freeBytes: 2 ** 30, freeInodes: 2 ** 20 };
  put(disk, DAEMON_JSON, 'file', {
    content: OLD,
    mode: 0o640,
    gid: 7,
    extended: 'user.note=6162',
    mtimeNs: '123456789',
  });
  put(disk, absPath('/etc/docker/old.conf'), 'file', { content: 'old\n', mode: 0o600 });
  put(disk, absPath('/etc/docker/key.pem'), 'file', { content: 'secret', mode: 0o4755, uid: 5, gid: 6 });
  put(disk, absPath('/etc/audit/rules.d/audit.rules'), 'file', { content: '-D\n', mode: 0o640 });
  put(disk, absPath('/etc/old.d/x.conf'), 'file', { content: 'x\n' });
  put(disk, absPath('/run'), 'directory', { mount: run });
  put(disk, absPath('/run/docker.sock'), 'socket', { mode: 0o666, mount: run });
  put(disk, absPath('/var/lib'), 'directory');
  world.loaded = OLD;
  return world;
}

function write(
  path: string,
  expected: string | null,
  content: string,
  access?: { mode: number; uid: number; gid: number },
): StepInput {
  return {
    kind: 'write-file',
    path: absPath(path),
    expected: expected === null ? null : digestOfBytes(expected),
    content: bytes(content),
    access,
  };
}

export function sampleSteps(): readonly StepInput[] {
  const root = { uid: 0, gid: 0 };
  return [
    write(DAEMON_JSON, OLD, MIDDLE),
    { kind: 'activate', activation: restart('reload') },
    {
      kind: 'set-access',
      path: absPath('/etc/docker/key.pem'),
      fileType: 'file',
      expected: { mode: 0o4755, uid: 5, gid: 6 },
      access: { mode: 0o2640, ...root },
    },
    { kind: 'make-directory', path: absPath('/etc/new.d'), access: { mode: 0o750, ...root } },
    write('/etc/new.d/a.conf', null, 'a\n', { mode: 0o644, ...root }),
    { kind: 'remove-file', path: absPath('/etc/old.d/x.conf'), expected: digestOfBytes('x\n') },
    { kind: 'remove-directory', path: absPath('/etc/old.d') },
    { kind: 'remove-file', path: absPath('/etc/docker/old.conf'), expected: digestOfBytes('old\n') },
    {
      kind: 'command',
      what: 'audit rule r1',
      run: { tool: 'auditctl', args: ['-a', 'r1'] },
      undo: { tool: 'auditctl', args: ['-d', 'r1'] },
      timeoutMs: 1000,
    },
    {
      kind: 'set-access',
      path: absPath('/run/docker.sock'),
      fileType: 'socket',
      expected: { mode: 0o666, ...root },
      access: { mode: 0o660, uid: 0, gid: 9 },
    },
    write(DAEMON_JSON, MIDDLE, NEW, { mode: 0o600, ...root }),
    { kind: 'activate', activation: restart() },
  ];
}

export function sampleSpec(steps: readonly StepInput[] = sampleSteps(), id = 'abcdef01'): TransactionSpec {
  return {
    id,
    purpose: 'apply',
    createdAt: '2026-01-01T00:00:00Z',
    bootId: 'boot-1',
    about: { plan: 'p' },
    steps,
    undoPhases: [
      { path: DAEMON_JSON, content: bytes('{ "icc": true, "live-restore": false }\n'), activation: restart('reload') },
      { path: DAEMON_JSON, content: null, activation: restart() },
    ],
  };
}

export function storeOf(sys: Sys, bootId = 'boot-1'): Store {
  return openStore({
    stateSys: sys,
    stateDir: absPath(STATE),
    lockDir: absPath('/run/harden'),
    targetSys: sys,
    targetTrust: 'strict',
    bootId,
    uid: 0,
    holder: { pid: 1, command: 'harden' },
  });
}

/** A whole run as the engine makes it: recover, begin, all steps, commit; undo where one of them fails. */
export function applySample(sys: Sys, spec = sampleSpec()): ApplyEnd {
  return applyOn(storeOf(sys), spec);
}

export type ApplyEnd = 'committed' | 'undone' | 'incomplete';

/** Closes the store. */
export function applyOn(store: Store, spec: TransactionSpec): ApplyEnd {
  try {
    if (store.recover().some(({ outcome }) => outcome === 'incomplete' || outcome === 'refused')) {
      return 'incomplete';
    }
    const transaction = store.begin(spec);
    let reached = 'steps';
    try {
      spec.steps.forEach((_, index) => transaction.perform(index));
      reached = 'commit';
      transaction.commit();
      return 'committed';
    } catch (error) {
      if (!(error instanceof Error && error.name === 'HardenError')) {
        throw error;
      }
      if (reached === 'commit' && 'code' in error && error.code === 'H2132') {
        return 'incomplete';
      }
      return transaction.undo().failed.length === 0 ? 'undone' : 'incomplete';
    }
  } finally {
    store.close();
  }
}
