import { absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import type { StepInput, TransactionSpec } from '../../src/model/transaction.ts';
import type { Store } from '../../src/state/store.ts';
import { DAEMON_JSON } from '../support/memory-world.ts';
import { applyOn, restart, sampleSpec } from '../support/store-scenario.ts';

/**
 * `undo`: everything done, then taken back. `rollback`: of an apply that was committed. `wait`: everything done, to be kept within a time;
 * then `keep` it, or `revert` it as the clock does.
 */
export type Work = 'apply' | 'undo' | 'rollback' | 'recover' | 'wait' | 'keep' | 'revert';

const CLOCK = 'clock-1';
/** In milliseconds of this boot; never while a test runs. */
const DUE = { bootId: 'boot-1', dueMs: Number.MAX_SAFE_INTEGER, withinMs: 60_000, clock: CLOCK };

/** What takes a committed apply of the sample back, as the product's rollback does. */
export function rollbackSpec(store: Store): TransactionSpec {
  const applied = sampleSpec();
  const { files } = store.snapshots.read(applied.id);
  const old = (path: string): { readonly content: Uint8Array; readonly restoreFrom: Restored } => {
    const before = files.before(absPath(path));
    if (before?.status !== 'present') {
      throw new Error(`no copy of ${path}`);
    }
    const blob = before.value.sha256;
    return { content: files.bytes(blob), restoreFrom: { snapshot: applied.id, blob } };
  };
  const back = (path: string): StepInput => {
    const after = files.after(absPath(path));
    const expected = after?.status === 'present' ? after.value.sha256 : null;
    return { kind: 'write-file', path: absPath(path), expected, access: undefined, ...old(path) };
  };
  const root = { uid: 0, gid: 0 };
  return {
    ...applied,
    id: 'abcdef0b',
    purpose: 'rollback',
    createdAt: '2026-01-03T00:00:00Z',
    steps: [
      back(DAEMON_JSON),
      {
        kind: 'set-access',
        path: absPath('/run/docker.sock'),
        fileType: 'socket',
        expected: { mode: 0o660, uid: 0, gid: 9 },
        access: { mode: 0o666, ...root },
      },
      {
        kind: 'command',
        what: 'audit rule r1',
        run: { tool: 'auditctl', args: ['-d', 'r1'] },
        undo: { tool: 'auditctl', args: ['-a', 'r1'] },
        timeoutMs: 1000,
      },
      back('/etc/docker/old.conf'),
      { kind: 'make-directory', path: absPath('/etc/old.d'), access: { mode: 0o755, ...root } },
      back('/etc/old.d/x.conf'),
      { kind: 'remove-file', path: absPath('/etc/new.d/a.conf'), expected: digestOfBytes('a\n') },
      { kind: 'remove-directory', path: absPath('/etc/new.d') },
      {
        kind: 'set-access',
        path: absPath('/etc/docker/key.pem'),
        fileType: 'file',
        expected: { mode: 0o2640, ...root },
        access: { mode: 0o4755, uid: 5, gid: 6 },
      },
      { kind: 'activate', activation: restart() },
    ],
    undoPhases: [{ path: DAEMON_JSON, content: null, activation: restart() }],
  };
}

type Restored = NonNullable<Extract<StepInput, { kind: 'write-file' }>['restoreFrom']>;

export function doWork(store: Store, work: Work): string {
  switch (work) {
    case 'apply':
      return applyOn(store, sampleSpec());
    case 'rollback':
      return applyOn(store, rollbackSpec(store));
    case 'undo':
      return undone(store);
    case 'wait':
      return waiting(store);
    case 'keep':
      store.recover();
      store.resume(sampleSpec().id).commit();
      return 'committed';
    case 'revert':
      return store
        .recover({ unattended: 'clock', revert: { id: sampleSpec().id, clock: CLOCK } })
        .map(({ outcome }) => outcome)
        .join();
    case 'recover':
      return store
        .recover()
        .map(({ id, outcome }) => `${id} ${outcome}`)
        .join();
  }
}

function waiting(store: Store): string {
  store.recover();
  const spec = sampleSpec();
  const transaction = store.begin(spec);
  spec.steps.forEach((_, index) => transaction.perform(index));
  transaction.wait(DUE);
  return 'waiting';
}

/** Everything done, then taken back: what a failed proof or a missing confirmation does. */
function undone(store: Store): string {
  store.recover();
  const spec = sampleSpec();
  const transaction = store.begin(spec);
  spec.steps.forEach((_, index) => transaction.perform(index));
  return transaction.undo().failed.length === 0 ? 'undone' : 'incomplete';
}
