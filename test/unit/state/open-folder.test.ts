import { describe, expect, it } from 'vitest';
import { type Inode, lookUp, put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { Sys } from '../../../src/model/sys.ts';
import type { StepInput, TransactionSpec } from '../../../src/model/transaction.ts';
import { Killed, MUTATING, errno, faultySys } from '../../support/faulty-sys.ts';
import { DAEMON_JSON, type World, describeTree, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, bytes, restart, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const OWN = [STATE, '/run/harden'];
const FOLDER = absPath('/etc/docker');
const INNER = absPath('/etc/docker/certs.d');
const KEY = absPath('/etc/docker/certs.d/client.key');
const ROOT = { uid: 0, gid: 0 };
const OPEN = { mode: 0o777, ...ROOT };
const GROUP = { mode: 0o775, uid: 0, gid: 7 };
const CLOSED = { mode: 0o755, ...ROOT };
const OLD = '{ "icc": true }\n';
const NEW = '{ "icc": false }\n';

/** More calls than any run makes. */
const MANY = 10_000;

type Access = typeof OPEN;

function access(
  path: typeof FOLDER,
  expected: Access,
  to: Access,
  fileType: 'directory' | 'file' = 'directory',
): StepInput {
  return { kind: 'set-access', path, fileType, expected, access: to };
}

const WRITE = {
  kind: 'write-file' as const,
  path: DAEMON_JSON,
  expected: digestOfBytes(OLD),
  content: bytes(NEW),
  access: { mode: 0o644, ...ROOT },
};
const CLOSING: readonly StepInput[] = [
  access(FOLDER, OPEN, CLOSED),
  access(INNER, GROUP, CLOSED),
  access(KEY, { mode: 0o644, ...ROOT }, { mode: 0o400, ...ROOT }, 'file'),
  WRITE,
  { kind: 'activate', activation: restart() },
];
/** The other way round: what a rollback does. */
const OPENING: readonly StepInput[] = [
  WRITE,
  { kind: 'activate', activation: restart() },
  access(KEY, { mode: 0o644, ...ROOT }, { mode: 0o600, ...ROOT }, 'file'),
  access(INNER, CLOSED, GROUP),
  access(FOLDER, CLOSED, OPEN),
];

function worldWith(outer: Access, inner: Access): World {
  const world = sampleWorld();
  put(world.disk, KEY, 'file', { content: 'k', mode: 0o644 });
  put(world.disk, absPath('/etc/docker/certs.d/other.key'), 'file', { content: 'k', mode: 0o644 });
  Object.assign(lookUp(world.disk, FOLDER) ?? {}, outer);
  Object.assign(lookUp(world.disk, INNER) ?? {}, inner);
  return world;
}

const open = (): World => worldWith(OPEN, GROUP);
const closed = (): World => worldWith(CLOSED, CLOSED);

describe('a folder that is open to others', () => {
  it.each([
    ['closed first', open, CLOSING],
    ['opened last', closed, OPENING],
  ])('%s: what is below is changed, and undone identical from any step on', (_, make, steps) => {
    const done = make();
    expect(applySample(processIn(done), sampleSpec(steps))).toBe('committed');
    expect(lookUp(done.disk, FOLDER)?.mode).toBe(steps === CLOSING ? 0o755 : 0o777);
    expect(lookUp(done.disk, INNER)?.mode).toBe(steps === CLOSING ? 0o755 : 0o775);
    expect(text(done)).toBe(NEW);
    expect(hiddenIn(done)).toEqual([]);
    for (let count = 0; count <= steps.length; count += 1) {
      const world = make();
      const before = describeTree(world, OWN);
      const transaction = storeOf(processIn(world)).begin(sampleSpec(steps));
      steps.slice(0, count).forEach((_step, index) => transaction.perform(index));
      const report = transaction.undo();
      expect(report).toMatchObject({ kept: [], failed: [] });
      expect(report.restored.includes(FOLDER)).toBe(
        count > steps.findIndex((one) => 'path' in one && one.path === FOLDER),
      );
      expect(describeTree(world, OWN)).toEqual(before);
      expect(world.loaded).toBe(OLD);
    }
  });

  it.each([
    ['closed first', open, CLOSING],
    ['opened last', closed, OPENING],
  ])('%s: killed at any change, and once more in the recovery, it is old or new', (_, make, steps) => {
    const old = describeTree(make(), OWN);
    const outcomes = new Set<string>();
    for (let at = 0; at < 400; at += 1) {
      const world = make();
      const survived = killed(world, at, (sys) => void applySample(sys, sampleSpec(steps)));
      killed(world, (at * 7) % 45, (sys) => void storeOf(sys).recover());
      const store = storeOf(processIn(world));
      expect(store.recover().flatMap(({ undo }) => [...undo.failed, ...undo.kept])).toEqual([]);
      const isNew = store.snapshots.list().snapshots.length === 1;
      outcomes.add(isNew ? 'new' : 'old');
      expect(text(world)).toBe(isNew ? NEW : OLD);
      expect(hiddenIn(world)).toEqual([]);
      if (!isNew) {
        expect(describeTree(world, OWN), `killed at ${at}`).toEqual(old);
      }
      if (survived) {
        expect([...outcomes].sort()).toEqual(['new', 'old']);
        return;
      }
    }
    expect.unreachable('no run came to its end');
  });

  it.each<readonly [string, (world: World) => void]>([
    [
      'a link',
      (world) => replace(world, KEY, () => put(world.disk, KEY, 'symlink', { content: '/etc/docker/key.pem' })),
    ],
    ['a like file', (world) => replace(world, KEY, () => put(world.disk, KEY, 'file', { content: 'k', mode: 0o644 }))],
    ['another file', (world) => exchange(world, KEY, 'other.key')],
    ['changed content', (world) => put(world.disk, DAEMON_JSON, 'file', { content: '{ "mine": 1 }' })],
    ['nothing', (world) => replace(world, DAEMON_JSON, () => undefined)],
    ['a folder of their own', (world) => void Object.assign(lookUp(world.disk, INNER) ?? {}, { uid: 1000 })],
  ])('is closed, but %s put below it meanwhile is not changed', (_, swap) => {
    const world = open();
    const store = storeOf(processIn(world));
    const transaction = store.begin({ ...sampleSpec(CLOSING), undoPhases: [] });
    swap(world);
    const swapped = describeTree(world, OWN);
    expect(() => CLOSING.forEach((_step, index) => transaction.perform(index))).toThrow(HardenError);
    expect(lookUp(world.disk, FOLDER)?.mode).toBe(0o755);
    transaction.undo();
    expect(describeTree(world, OWN)).toEqual(swapped);
  });

  it.each<readonly [string, () => World, readonly StepInput[], RegExp]>([
    ['closed too late', open, [WRITE, access(FOLDER, OPEN, CLOSED)], /everybody/],
    ['not closed', open, [WRITE], /everybody/],
    ['only half closed', open, [access(FOLDER, OPEN, GROUP), WRITE], /written to by group 7/],
    ['opened first', closed, [access(FOLDER, CLOSED, OPEN), WRITE], /everybody/],
    [
      'opened between',
      closed,
      [access(KEY, { mode: 0o644, ...ROOT }, { mode: 0o600, ...ROOT }, 'file'), access(FOLDER, CLOSED, OPEN), WRITE],
      /everybody/,
    ],
    ['given away last', closed, [WRITE, access(FOLDER, CLOSED, { ...CLOSED, uid: 5 })], /belongs to user 5/],
    [
      'of somebody else',
      () => worldWith({ ...OPEN, uid: 5 }, CLOSED),
      [access(FOLDER, { ...OPEN, uid: 5 }, CLOSED), WRITE],
      /belongs to user 5/,
    ],
    [
      'with a written file of somebody else',
      open,
      [access(FOLDER, OPEN, CLOSED), { ...WRITE, access: { mode: 0o644, uid: 5, gid: 0 } }],
      /belongs to user 5/,
    ],
  ])('is refused where it is %s', (_, make, steps, reason) => {
    const world = make();
    const before = describeTree(world, OWN);
    expect(() => storeOf(processIn(world)).begin(specOf(steps))).toThrow(reason);
    expect(describeTree(world, OWN)).toEqual(before);
  });

  it('is named with the way to close it', () => {
    const refusal = (): unknown => storeOf(processIn(open())).begin(specOf([WRITE]));
    expect(refusal).toThrow(
      expect.objectContaining({ hint: 'Close it first: chown root /etc/docker; chmod go-w /etc/docker' }),
    );
  });

  it.each([
    ['closed first', open, CLOSING],
    ['opened last', closed, OPENING],
  ])('%s: a call that fails leaves it old or new, at the latest after the next recovery', (_, make, steps) => {
    const old = describeTree(make(), OWN);
    const outcomes = new Set<string>();
    for (let at = 0; at < 250; at += 1) {
      const world = make();
      killed(world, at, (sys) => void applySample(sys, sampleSpec(steps)), errno('EIO'));
      const store = storeOf(processIn(world));
      expect(store.recover().flatMap(({ undo }) => [...undo.failed, ...undo.kept])).toEqual([]);
      const isNew = store.snapshots.list().snapshots.length === 1;
      expect([text(world), hiddenIn(world)]).toEqual([isNew ? NEW : OLD, []]);
      if (!isNew) {
        expect(describeTree(world, OWN), `failed at ${at}`).toEqual(old);
      }
      outcomes.add(isNew ? 'new' : 'old');
    }
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  });

  it('needs no service and no saved copy where nothing was begun, whenever the recovery is killed', () => {
    for (let at = 0; at < 30; at += 1) {
      const world = open();
      const before = describeTree(world, OWN);
      killed(world, MANY, (sys) => void storeOf(sys).begin(sampleSpec(CLOSING)));
      lookUp(world.disk, absPath(`${STATE}/tx/abcdef01/blobs`))?.entries.clear();
      killed(world, at, (sys) => void storeOf(sys).recover());
      expect(
        storeOf(processIn(world))
          .recover()
          .flatMap(({ undo }) => undo.failed),
      ).toEqual([]);
      expect(describeTree(world, OWN), `killed at ${at}`).toEqual(before);
      expect(world.activations).toBe(0);
    }
  });

  it('lends no access to a file of elsewhere that was linked below it', () => {
    const world = open();
    const transaction = storeOf(processIn(world)).begin(sampleSpec(CLOSING));
    CLOSING.forEach((_step, index) => transaction.perform(index));
    const secret = put(world.disk, absPath('/etc/secret'), 'file', { content: 's', mode: 0o400 });
    replace(world, KEY, () => void entriesOf(world, KEY).set('client.key', Object.assign(secret, { nlink: 2 })));
    expect(transaction.undo().kept).toEqual([{ what: KEY, reason: 'somebody else gave it a second name' }]);
    expect(secret.mode).toBe(0o400);
  });

  it('is opened and closed again in one go', () => {
    const world = open();
    const steps = [access(FOLDER, OPEN, CLOSED), WRITE, access(FOLDER, CLOSED, OPEN)];
    expect(applySample(processIn(world), specOf(steps))).toBe('committed');
    expect([text(world), lookUp(world.disk, FOLDER)?.mode]).toEqual([NEW, 0o777]);
  });
});

function specOf(steps: readonly StepInput[]): TransactionSpec {
  return { ...sampleSpec(steps), undoPhases: [] };
}

function text(world: World): string {
  return new TextDecoder().decode(lookUp(world.disk, DAEMON_JSON)?.data);
}

function hiddenIn(world: World): readonly string[] {
  return Object.keys(describeTree(world, OWN)).filter((path) => path.includes('.harden-'));
}

function entriesOf(world: World, path: string): Map<string, Inode> {
  const folder = lookUp(world.disk, absPath(path.slice(0, path.lastIndexOf('/'))));
  return folder?.entries ?? new Map<string, Inode>();
}

function replace(world: World, path: string, make: () => void): void {
  entriesOf(world, path).delete(path.split('/').at(-1) ?? '');
  make();
}

function exchange(world: World, path: string, other: string): void {
  const entries = entriesOf(world, path);
  const inode = entries.get(other);
  entries.delete(other);
  if (inode !== undefined) {
    entries.set(path.split('/').at(-1) ?? '', inode);
  }
}

/** True where it came to its end. */
function killed(world: World, at: number, work: (sys: Sys) => void, end: Error = new Killed()): boolean {
  const process = processIn(world);
  const { sys } = faultySys(process, {
    counted: MUTATING,
    before: (number) => {
      if (number === at) {
        throw end;
      }
    },
  });
  try {
    work(sys);
    return true;
  } catch (error) {
    if (!(error instanceof Killed) && !(error instanceof HardenError)) {
      throw error;
    }
    return false;
  } finally {
    process.kill();
  }
}
