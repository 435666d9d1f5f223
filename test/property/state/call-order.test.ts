import { describe, expect, it } from 'vitest';
import type { Inode } from '../../../src/host/memory-disk.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { StepInput } from '../../../src/model/transaction.ts';
import { decodeManifest } from '../../../src/state/manifest.ts';
import { DAEMON_JSON, type World, describeTree, processIn } from '../../support/memory-world.ts';
import {
  STATE,
  applySample,
  bytes,
  sampleSpec,
  sampleSteps,
  sampleWorld,
  storeOf,
} from '../../support/store-scenario.ts';
import { type Moment, durableAt, durableRecords, watched } from '../../support/watched-sys.ts';

const ID = 'abcdef01';
const OWN = [STATE, '/run/harden'];

function applyWatched(look: (moment: Moment) => void, spec = sampleSpec()): void {
  const world = sampleWorld();
  expect(applySample(watched(world, look), spec)).toBe('committed');
}

/** Changes made while the steps are carried out. */
function changesOf(moments: readonly Moment[]): readonly Moment[] {
  return moments.filter(({ changed, acted }) => changed.length > 0 || acted);
}

function collect(): { readonly moments: Moment[]; readonly look: (moment: Moment) => void } {
  const moments: Moment[] = [];
  return { moments, look: (moment) => void moments.push(moment) };
}

describe('a run', () => {
  it('begins with a BEGIN on the disk before it changes anything', () => {
    const { moments, look } = collect();
    applyWatched(look);
    const changes = changesOf(moments);
    expect(changes.length).toBeGreaterThan(30);
    expect(changes.filter(({ durable }) => durable[0]?.type !== 'begin').map(({ call }) => call)).toEqual([]);
  });

  it('has every copy and its folder on the disk before BEGIN is', () => {
    let looked = 0;
    applyWatched(({ world, durable }) => {
      if (durable.length !== 1 || looked > 0) {
        return;
      }
      looked += 1;
      const manifest = durableAt(world, `${STATE}/tx/${ID}/manifest.json`);
      expect(decodeManifest(manifest?.durable.data ?? new Uint8Array()).type).toBe('valid');
      const blobs = [...(durableAt(world, `${STATE}/tx/${ID}/blobs`)?.durable.entries ?? [])];
      // Three files as they were, three contents to be written, one value to be said.
      expect(blobs).toHaveLength(7);
      expect(blobs.filter(([name, { durable: kept }]) => !name.endsWith(digestOfBytes(kept.data)))).toEqual([]);
    });
    expect(looked).toBe(1);
  });

  it('says what it is about to do, with its hidden names, before each change', () => {
    const { moments, look } = collect();
    applyWatched(look);
    const steps = sampleSteps();
    const unannounced = changesOf(moments).flatMap(({ call, changed, durable }) => {
      const last = durable.at(-1);
      if (last?.type === 'commit') {
        return [];
      }
      const step = last?.type === 'intent' ? steps[last.step] : undefined;
      if (last?.type !== 'intent' || step === undefined) {
        return [`${call} ${changed.join(' ')} after ${last?.type ?? 'nothing'}`];
      }
      const own = 'path' in step ? step.path : '';
      const folder = own.slice(0, own.lastIndexOf('/'));
      const known = new Set([own, folder, ...last.names.map((name) => `${folder}/${name}`)]);
      // What stands in a folder that is set aside goes with it.
      return changed.filter((path) => !known.has(path) && !isInside(path, [...known], folder));
    });
    expect(unannounced).toEqual([]);
  });

  it('has on the disk what it calls done', () => {
    const done = new Set<number>();
    applyWatched(({ world, durable }) => {
      const last = durable.at(-1);
      if (last?.type === 'done') {
        done.add(last.step);
        expect(notOnTheDisk(world), `after step ${last.step}`).toEqual([]);
      }
    });
    expect([...done]).toEqual(sampleSteps().map((_, index) => index));
  });

  it('keeps what it replaced or removed until COMMIT is on the disk', () => {
    const inodes = (tree: Readonly<Record<string, string>>): readonly string[] =>
      Object.values(tree).flatMap((line) => (line.startsWith('file') ? [line.split(' ')[3] ?? ''] : []));
    const originals = inodes(describeTree(sampleWorld(), OWN));
    let early = 0;
    applyWatched(({ world, call, durable }) => {
      if (durable.at(-1)?.type !== 'commit') {
        early += 1;
        const now = new Set(inodes(describeTree(world, OWN)));
        expect(
          originals.filter((ino) => !now.has(ino)),
          call,
        ).toEqual([]);
      }
    });
    expect(early).toBeGreaterThan(100);
  });

  it('writes an ABORT before it undoes, and the end after it', () => {
    const world = sampleWorld();
    const { moments, look } = collect();
    const transaction = storeOf(watched(world, look)).begin(sampleSpec());
    sampleSteps().forEach((_, index) => transaction.perform(index));
    moments.length = 0;
    transaction.undo();
    const changes = changesOf(moments);
    expect(changes.length).toBeGreaterThan(15);
    const types = changes.map(({ durable }) => durable.map(({ type }) => type));
    expect(types.filter((all) => !all.includes('abort') || all.includes('rolled-back'))).toEqual([]);
    expect(durableRecords(world).at(-1)?.type).toBe('rolled-back');
  });
});

function isInside(path: string, folders: readonly string[], but: string): boolean {
  return folders.some((folder) => folder !== but && folder !== '' && path.startsWith(`${folder}/`));
}

/** Files and folders of the host that a power cut would leave in another state. */
function notOnTheDisk(world: World): readonly string[] {
  const found: string[] = [];
  const visit = (inode: Inode, path: string): void => {
    const { durable, entries, data, mode, uid, gid, type } = inode;
    const names = [...entries].every(([name, child]) => durable.entries.get(name) === child);
    const own = durable.mode === mode && durable.uid === uid && durable.gid === gid;
    const content = Buffer.compare(durable.data, data) === 0;
    const whole = names && durable.entries.size === entries.size && own && content;
    if (!whole && (type === 'file' || type === 'directory')) {
      found.push(path);
    }
    entries.forEach((child, name) => visit(child, `${path}/${name}`));
  };
  world.disk.root.entries.forEach((child, name) => name === 'etc' && visit(child, `/${name}`));
  return found;
}

interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const PEOPLE = [5, 6, 7, 9, 99].flatMap((uid) => [0, 6, 7, 9, 99].map((gid) => ({ uid, gid })));

/** What each of some people may do, and the set-id bits: whose rights running it lends. */
function rights({ mode, uid, gid }: Access): ReadonlySet<string> {
  const may = PEOPLE.flatMap((person) => {
    const bits = person.uid === uid ? mode >> 6 : person.gid === gid ? mode >> 3 : mode;
    return [4, 2, 1].filter((bit) => (bits & bit) !== 0).map((bit) => `${person.uid}:${person.gid} ${bit}`);
  });
  const lent = [(mode & 0o4000) !== 0 ? `as user ${uid}` : '', (mode & 0o2000) !== 0 ? `as group ${gid}` : ''];
  return new Set([...may, ...lent.filter((text) => text !== '')]);
}

function within(now: Access, most: Access): boolean {
  const allowed = rights(most);
  return [...rights(now)].every((right) => allowed.has(right));
}

/** A new file of somebody else's, content that keeps the access it finds, and one that is taken from its owner. */
const GIVEN: readonly StepInput[] = [
  {
    kind: 'write-file',
    path: absPath('/etc/docker/given.conf'),
    expected: null,
    content: bytes('{}\n'),
    access: { mode: 0o640, uid: 5, gid: 6 },
  },
  {
    kind: 'write-file',
    path: DAEMON_JSON,
    expected: digestOfBytes('{ "icc": true }\n'),
    content: bytes('{}\n'),
    access: undefined,
  },
  {
    kind: 'write-file',
    path: absPath('/etc/docker/key.pem'),
    expected: digestOfBytes('secret'),
    content: bytes('other'),
    access: { mode: 0o440, uid: 9, gid: 7 },
  },
];

describe('an object that is changed', () => {
  it.each([
    ['with every kind of step', sampleSpec()],
    ['with its owner', { ...sampleSpec(GIVEN), undoPhases: [] }],
  ])('%s never allows more than before or after, and new content no more than it will', (_, spec) => {
    const before = accesses(sampleWorld());
    const done = sampleWorld();
    applySample(processIn(done), spec);
    const after = accesses(done);
    const seen = new Set<string>();
    applyWatched(({ world, call }) => {
      const now = accesses(world);
      for (const step of spec.steps.filter((one) => 'path' in one)) {
        const [old, fresh, current] = [before, after, now].map((all) => all.get(step.path));
        const allowed = [old, fresh].flatMap((access) => (access === undefined ? [] : [access]));
        if (current !== undefined && allowed.length > 0) {
          seen.add(step.path);
          const fits = allowed.some((most) => within(current, most));
          expect(fits, `${step.path} ${current.mode.toString(8)} ${current.uid}:${current.gid} at ${call}`).toBe(true);
        }
      }
      for (const [path, access] of now) {
        const index = /\/\.harden-abcdef01-(\d+)\.new$/.exec(path)?.[1];
        const step = index === undefined ? undefined : spec.steps[Number(index)];
        const final = step?.kind === 'write-file' ? (step.access ?? before.get(step.path)) : undefined;
        if (final !== undefined) {
          seen.add(path);
          // Also while it is empty: whoever opened it then still has it when it is full.
          const hidden = (now.get(path.slice(0, path.lastIndexOf('/')))?.mode ?? 0o777) === 0o700;
          expect(hidden || within(access, final), `${path} ${access.mode.toString(8)} at ${call}`).toBe(true);
        }
      }
    }, spec);
    expect(seen.size).toBeGreaterThan(3);
  });
});

function accesses(world: World): ReadonlyMap<string, Access> {
  const found = new Map<string, Access>();
  const visit = (inode: Inode, path: string): void => {
    const { mode, uid, gid } = inode;
    found.set(path, { mode, uid, gid });
    inode.entries.forEach((child, name) => visit(child, `${path}/${name}`));
  };
  visit(world.disk.root, '');
  return found;
}
