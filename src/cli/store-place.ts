import { resolve } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { refuseStopped } from '../app/ending.ts';
import type { Ground } from '../app/ground.ts';
import { liveSys } from '../host/live-sys.ts';
import { type AbsPath, absPath } from '../model/brand.ts';
import { type CommandPlace, atPlace } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Sys } from '../model/sys.ts';
import type { Recovered } from '../model/transaction.ts';
import { wrap } from '../render/layout.ts';
import type { RunsOptions } from '../state/runs.ts';
import type { Snapshots } from '../state/snapshots.ts';
import { type Looked, type Store, openStore, readSnapshots } from '../state/store.ts';
import { bootNet, moment, waitsToBeKept } from './keeping.ts';
import { tell } from './output.ts';
import { type StopSignals, repairCommand, watchSignals } from './signals.ts';
import { refusePreload } from './surroundings.ts';
import { readTerminal } from './terminal.ts';

const STATE_DIR = absPath('/var/lib/harden');
const LOCK_DIR = absPath('/run/harden');

export interface StatePlace {
  readonly root: string | undefined;
  readonly stateDir: string | undefined;
  readonly acceptVolatile: boolean;
  /** Told what became of runs that had no end, before anything else. */
  readonly recovered: (list: readonly Recovered[]) => void;
  /** A dead run is not ended then, only told: what ends it writes. */
  readonly dryRun: boolean;
  /** Ends what dead runs left; without it that is all that happens to them. */
  readonly ending?: (store: Store) => Promise<readonly Recovered[]>;
}

/** Runs `work` under the lock, after whatever a dead run left was finished or undone. */
export async function withStore<T>(
  ground: Ground,
  place: StatePlace,
  work: (store: Store, stop: StopSignals) => Promise<T>,
): Promise<T> {
  // What a dead run left is ended even there.
  refusePreload(place.acceptVolatile || place.ending !== undefined);
  const store = storeAt(ground, place);
  const net = bootNet(ground, place, { sys: targetSysOf(place.root), stateDir: stateOf(place).stateDir });
  const stop = watchSignals(repairCommand(place), atPlace('sudo harden confirm', place));
  let ended: readonly Recovered[] = [];
  try {
    if (store.remark !== undefined) {
      tell(`${wrap(readTerminal(false).err, 0, `harden: ${store.remark}`, 2).join('\n')}\n`);
    }
    if (place.dryRun) {
      refuseUnfinished(store);
    } else {
      // A signal that came while this program started is heard before anything is put back.
      await breathe();
      refuseStopped({ stopRequested: () => stop.requested() });
      ended = await stop.whilePuttingBack(() => endedIn(store, ground, place.ending));
      await net.stopClocks(ended);
      place.recovered(ended);
    }
    return await work(net.under(store), stop);
  } finally {
    stop.release();
    net.takeAway(store);
    store.close();
    if (place.root === undefined && ended.length > 0) {
      const { tellOfEnded } = await import('./hooks.ts');
      await tellOfEnded(ended, ground.now);
    }
  }
}

/** Ends what dead runs left and keeps for the history what became of them. */
async function endedIn(store: Store, ground: Ground, ending: StatePlace['ending']): Promise<readonly Recovered[]> {
  if (store.snapshots.unfinished().length === 0 && ending === undefined) {
    return store.recover({ now: moment(ground) });
  }
  const [{ endRuns }, { keepEnded }] = await Promise.all([import('../app/revert.ts'), import('./ended-runs.ts')]);
  const before = store.openRuns();
  const ended = await (ending?.(store) ?? endRuns(ground, store, { now: moment(ground) }));
  keepEnded(store, ground, { before, ended });
  return ended;
}

/** Looks at snapshots without the lock; `undefined` where nothing was ever kept. */
export function readableSnapshots<T>(
  place: { readonly root: string | undefined; readonly 'state-dir': string | undefined },
  look: (snapshots: Snapshots | undefined) => T,
): T {
  const kept = readSnapshots({ ...stateOf({ root: place.root, stateDir: place['state-dir'] }), uid: ownUid() });
  try {
    return look(kept?.snapshots);
  } finally {
    kept?.close();
  }
}

/** All that is kept, looked at without the lock; `undefined` where nothing ever was. @throws HardenError where it cannot be looked into. */
export function keptAt(
  place: Pick<StatePlace, 'root' | 'stateDir'>,
): (Omit<Looked, 'close' | 'snapshots'> & { readonly list: ReturnType<Snapshots['list']> }) | undefined {
  const kept = readSnapshots({ ...stateOf(place), uid: ownUid() });
  try {
    return kept === undefined ? undefined : { ...kept, list: kept.snapshots.list() };
  } finally {
    kept?.close();
  }
}

/** Where results of runs are kept. */
export function runsPlace(place: Pick<StatePlace, 'root' | 'stateDir'>): RunsOptions {
  return { ...stateOf(place), uid: ownUid() };
}

/** Runs without an end, and notes of those taken back by themselves; none where the state folder cannot be looked into. */
export function unfinishedRuns({ root, stateDir }: CommandPlace): Pick<Looked, 'unfinished' | 'openRuns' | 'notes'> {
  const none = { unfinished: [], openRuns: [], notes: [] };
  try {
    const kept = readSnapshots({ ...stateOf({ root, stateDir }), uid: ownUid() });
    kept?.close();
    return kept ?? none;
  } catch {
    return none;
  }
}

function refuseUnfinished(store: Store): void {
  const [id] = store.snapshots.unfinished();
  const waiting = store.openRuns().find((run) => run.waiting !== undefined);
  if (waiting !== undefined) {
    throw waitsToBeKept(waiting.id);
  }
  if (id !== undefined) {
    throw new HardenError({
      code: 'H2106',
      exit: EXIT.needsAttention,
      message: `run ${id} was killed and has not ended, so a dry run would show half of something. Nothing was changed.`,
      hint: 'To end it: sudo harden recover',
    });
  }
}

function storeAt(ground: Ground, place: Pick<StatePlace, 'root' | 'stateDir' | 'acceptVolatile'>): Store {
  const { root, acceptVolatile } = place;
  const state = stateOf(place);
  return openStore({
    ...state,
    lockDir: root === undefined ? LOCK_DIR : state.stateDir,
    targetSys: targetSysOf(root),
    // Whoever owns an image may do as they please with it; this machine's own folders must be root's.
    targetTrust: root === undefined ? 'strict' : 'relaxed',
    bootId: ground.host.identity().bootId,
    uid: ownUid(),
    allowVolatile: acceptVolatile,
    holder: { pid: process.pid, command: process.argv.slice(2).join(' ') },
  });
}

/** An image carries its own snapshots, so that it can be taken back where it runs later. */
function stateOf({ root, stateDir }: Pick<StatePlace, 'root' | 'stateDir'>): {
  readonly stateSys: Sys;
  readonly stateDir: AbsPath;
} {
  return stateDir === undefined
    ? { stateSys: targetSysOf(root), stateDir: STATE_DIR }
    : { stateSys: liveSys(absPath('/')), stateDir: folder('--state-dir', stateDir) };
}

/** Where snapshots of this machine are kept. @throws HardenError where `wished` is no absolute path. */
export function stateFolder(wished: string | undefined): AbsPath {
  return wished === undefined ? STATE_DIR : folder('--state-dir', wished);
}

function targetSysOf(root: string | undefined): Sys {
  return liveSys(root === undefined ? absPath('/') : folder('--root', resolve(root)));
}

function ownUid(): number {
  return process.geteuid?.() ?? -1;
}

function folder(option: string, raw: string): AbsPath {
  try {
    return absPath(raw);
  } catch {
    throw new HardenError({
      code: 'H0066',
      exit: EXIT.usage,
      message: `${option} takes an absolute path; "${raw}" is not one. Nothing was changed.`,
      hint: `For example: ${option} ${resolve(raw)}`,
    });
  }
}
