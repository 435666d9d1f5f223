import type { Recovered, TransactionSpec } from '../../src/model/transaction.ts';
import type { Store } from '../../src/state/store.ts';
import { APPLY_ID, type SysWrapper, applySpec, capture, populate, rollbackSpec, storeAt } from './block-host.ts';
import type { BlockRun } from './block-job.ts';
import type { BlockLog } from './block-log.ts';
import { mortal } from './block-mortal.ts';
import { pause } from './block-stage.ts';

export type Captured = ReadonlyMap<string, string>;

/** What a cut may leave, by how many requests the disk had taken: before `tried` only `before`, from `returned` on only `after`. */
export interface Expectation {
  readonly before: Captured;
  readonly after: Captured;
  readonly tried: number;
  readonly returned: number;
  /** Requests of the mount; those before are not of the run. */
  readonly from: number;
}

/** Prepares the host that a run begins with. */
export function prepare(run: BlockRun, root: string): void {
  populate(root);
  if (run === 'rollback') {
    withStore(root, undefined, (store) => commitAll(store, applySpec(), () => undefined));
  }
}

/** Carries a run out to its end, with the disk recorded. `kill`: the number of the changing call a killed run dies at. */
export function carryOut(
  run: BlockRun,
  ground: {
    readonly root: string;
    readonly log: BlockLog;
    readonly wrapper: SysWrapper;
    readonly kill: number | undefined;
  },
): Expectation {
  const { root, log, wrapper, kill } = ground;
  const before = capture(root);
  const from = countOf(log);
  const marks = ((): Pick<Expectation, 'tried' | 'returned'> => {
    switch (run) {
      case 'apply':
        return commitAndMark(root, log, { spec: applySpec(), wrapper });
      case 'rollback':
        return commitAndMark(root, log, { spec: rollbackSpec(), wrapper });
      case 'undo':
        return undoAll(root, wrapper);
      case 'confirm':
        return waitAndConfirm(root, log, wrapper);
      case 'timer':
        return waitAndRevert(root, wrapper);
      case 'killed':
        return killAndRecover(root, log, { wrapper, kill: kill ?? 0 });
    }
  })();
  return { before, after: capture(root), from, ...marks };
}

/** How many changing calls an apply makes. */
export function countCalls(root: string): number {
  const dying = mortal();
  withStore(root, dying.wrapper, (store) => commitAll(store, applySpec(), () => undefined));
  return dying.count();
}

/** What has reached the log; a request that is under way may be seen a little late. */
function countOf(log: BlockLog): number {
  log.entries();
  pause(3);
  return log.entries().length;
}

function commitAll(store: Store, spec: TransactionSpec, trying: () => void): void {
  const transaction = store.begin(spec);
  spec.steps.forEach((_, index) => transaction.perform(index));
  trying();
  const { pending } = transaction.commit();
  if (pending.length > 0) {
    throw new Error(`left to do after the commit: ${JSON.stringify(pending)}`);
  }
}

function commitAndMark(
  root: string,
  log: BlockLog,
  { spec, wrapper }: { readonly spec: TransactionSpec; readonly wrapper: SysWrapper },
): Pick<Expectation, 'tried' | 'returned'> {
  return withStore(root, wrapper, (store) => {
    store.recover();
    let tried = 0;
    commitAll(store, spec, () => {
      tried = log.entries().length;
    });
    return { tried, returned: countOf(log) };
  });
}

const NEVER = { tried: Number.POSITIVE_INFINITY, returned: Number.POSITIVE_INFINITY };

function undoAll(root: string, wrapper: SysWrapper): typeof NEVER {
  return withStore(root, wrapper, (store) => {
    store.recover();
    const spec = applySpec();
    const transaction = store.begin(spec);
    spec.steps.forEach((_, index) => transaction.perform(index));
    const report = transaction.undo();
    if (report.failed.length + report.kept.length > 0) {
      throw new Error(`the undo was not whole: ${JSON.stringify(report)}`);
    }
    return NEVER;
  });
}

function waitAndConfirm(root: string, log: BlockLog, wrapper: SysWrapper): Pick<Expectation, 'tried' | 'returned'> {
  applyAndWait(root, wrapper);
  return withStore(root, wrapper, (store) => {
    const waiting = store.recover();
    if (waiting.some(({ outcome }) => outcome !== 'waiting')) {
      throw new Error(`it was not left to wait: ${JSON.stringify(waiting)}`);
    }
    const transaction = store.resume(APPLY_ID);
    const tried = log.entries().length;
    transaction.commit();
    return { tried, returned: countOf(log) };
  });
}

function waitAndRevert(root: string, wrapper: SysWrapper): typeof NEVER {
  applyAndWait(root, wrapper);
  return withStore(root, wrapper, (store) => {
    refuseTroubles(store.recover({ unattended: 'clock', revert: { id: APPLY_ID, clock: CLOCK } }));
    return NEVER;
  });
}

function applyAndWait(root: string, wrapper: SysWrapper): void {
  withStore(root, wrapper, (store) => {
    store.recover();
    const spec = applySpec();
    const transaction = store.begin(spec);
    spec.steps.forEach((_, index) => transaction.perform(index));
    transaction.wait({ bootId: 'boot-1', dueMs: 1000, withinMs: 1000, clock: CLOCK });
  });
}

const CLOCK = 'clock-1';

function killAndRecover(
  root: string,
  log: BlockLog,
  { wrapper, kill }: { readonly wrapper: SysWrapper; readonly kill: number },
): Pick<Expectation, 'tried' | 'returned'> {
  const dying = mortal(kill);
  let tried: number | undefined;
  try {
    commitAll(
      storeAt(root, 'boot-1', (sys, side) => dying.wrapper(wrapper(sys, side), side)),
      applySpec(),
      () => {
        tried = log.entries().length;
      },
    );
  } catch (error) {
    if (!dying.isDead()) {
      throw error;
    }
  }
  dying.bury();
  return withStore(root, wrapper, (store) => {
    refuseTroubles(store.recover());
    const committed = store.snapshots.list().snapshots.some(({ id }) => id === APPLY_ID);
    return tried !== undefined && committed ? { tried, returned: countOf(log) } : NEVER;
  });
}

function refuseTroubles(recovered: readonly Recovered[]): void {
  const bad = recovered.filter(({ undo }) => undo.failed.length + undo.kept.length > 0);
  if (bad.length > 0) {
    throw new Error(`recovery did not end: ${JSON.stringify(bad)}`);
  }
}

function withStore<T>(root: string, wrapper: SysWrapper | undefined, use: (store: Store) => T): T {
  const store = storeAt(root, 'boot-1', wrapper);
  try {
    return use(store);
  } finally {
    store.close();
  }
}
