import type { Inode } from '../../src/host/memory-disk.ts';
import type { Sys } from '../../src/model/sys.ts';
import { type JournalRecord, decodeJournal } from '../../src/state/journal.ts';
import { eachCall } from './each-call.ts';
import { MUTATING } from './faulty-sys.ts';
import { type World, describeTree, processIn } from './memory-world.ts';
import { STATE, sampleSpec } from './store-scenario.ts';

const { id: ID } = sampleSpec();
const OWN = [STATE, '/run/harden'];

/** The host right after one call. */
export interface Moment {
  readonly world: World;
  readonly call: string;
  /** Paths of the host that the call made, took away or changed. */
  readonly changed: readonly string[];
  /** A rule or what the daemon runs with is another one now. */
  readonly acted: boolean;
  /** What a power cut at this moment would leave of the journal. */
  readonly durable: readonly JournalRecord[];
}

/** Looks at the host after every call that changes something. */
export function watched(world: World, look: (moment: Moment) => void): Sys {
  const inner = processIn(world);
  let tree = describeTree(world, OWN);
  let runtime = runtimeOf(world);
  return eachCall(inner, ({ call, proceed }) => {
    if (!MUTATING.has(call)) {
      return proceed();
    }
    const result = proceed();
    const before = tree;
    tree = describeTree(world, OWN);
    const paths = new Set([...Object.keys(before), ...Object.keys(tree)]);
    const changed = [...paths].filter((path) => before[path] !== tree[path]);
    const acted = runtime !== runtimeOf(world);
    runtime = runtimeOf(world);
    look({ world, call, changed, acted, durable: durableRecords(world) });
    return result;
  });
}

function runtimeOf(world: World): string {
  return JSON.stringify([world.activations, ...world.rules]);
}

/** The object of that path as far as everything on the way to it is on the disk. */
export function durableAt(world: World, path: string): Inode | undefined {
  return path
    .split('/')
    .filter((name) => name !== '')
    .reduce<Inode | undefined>((folder, name) => folder?.durable.entries.get(name), world.disk.root);
}

export function durableRecords(world: World): readonly JournalRecord[] {
  const journal = ['tx', 'snapshots', 'done']
    .map((place) => durableAt(world, `${STATE}/${place}/${ID}/journal`))
    .find((inode) => inode !== undefined);
  return journal === undefined ? [] : decodeJournal(ID, journal.durable.data).records;
}
