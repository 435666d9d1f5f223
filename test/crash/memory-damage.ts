import { type Inode, lookUp } from '../../src/host/memory-disk.ts';
import { absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import { HardenError } from '../../src/model/errors.ts';
import type { Recovered, StepInput } from '../../src/model/transaction.ts';
import { decodeJournal } from '../../src/state/journal.ts';
import { DAEMON_JSON, type World, cloneWorld, describeTree, processIn } from '../support/memory-world.ts';
import { STATE, bytes, sampleSpec, sampleWorld, storeOf } from '../support/store-scenario.ts';
import type { MethodResult } from './method.ts';
import { type Tally, steps, tally } from './tally.ts';

const ID = 'abcdef01';
const HOME = `${STATE}/tx/${ID}`;
const OWN = [STATE, '/run/harden'];

type Tree = Readonly<Record<string, string>>;

/** A run that died after its last step, before the COMMIT. */
interface Scene {
  readonly dead: World;
  readonly old: Tree;
  readonly mixed: Tree;
}

/** Every byte of journal, manifest and saved copies flipped; the journal cut, zeroed or overwritten from each place on, or an older one. */
export function damagedRecords(stride: number): MethodResult {
  const scene = deadRun();
  const found = tally();
  flips(found, scene, stride);
  tails(found, scene, stride);
  blobs(found, scene, stride);
  olderJournals(found, scene);
  twoOpen(found);
  newerFormat(found, scene);
  return found.result();
}

function deadRun(): Scene {
  const dead = sampleWorld();
  const old = describeTree(dead, OWN);
  const sys = processIn(dead);
  const transaction = storeOf(sys).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  sys.kill();
  return { dead, old, mixed: describeTree(dead, OWN) };
}

function inode(world: World, path: string): Inode {
  const found = lookUp(world.disk, absPath(path));
  if (found === undefined) {
    throw new Error(`${path} is not there`);
  }
  return found;
}

function recovered(world: World): readonly Recovered[] {
  const store = storeOf(processIn(world));
  try {
    return store.recover();
  } finally {
    store.close();
  }
}

/** Old again, services and rules too, or refused with nothing touched. */
function checkOldOrRefused(found: Tally, { old, mixed }: Scene, world: World, why: string): void {
  found.point();
  const [report] = recovered(world);
  const outcome = report?.outcome ?? 'nothing';
  const tree = JSON.stringify(describeTree(world, OWN));
  if (outcome === 'undone') {
    found.check(tree === JSON.stringify(old), () => `${why}: said to be undone, and is not`);
    found.check(world.rules.size === 0, () => `${why}: undone, but a rule is left`);
    found.check(world.loaded === '{ "icc": true }\n', () => `${why}: undone, but the daemon has ${world.loaded}`);
  } else {
    found.check(outcome === 'refused' || outcome === 'incomplete', () => `${why}: ${outcome}`);
    found.check((report?.undo.failed.length ?? 0) > 0, () => `${why}: ${outcome} without a reason`);
    found.check(tree === JSON.stringify(mixed), () => `${why}: ${outcome}, and something was touched`);
  }
}

function damaged(scene: Scene, path: string, change: (data: Uint8Array) => Uint8Array): World {
  const world = cloneWorld(scene.dead);
  const file = inode(world, path);
  file.data = change(file.data.slice());
  return world;
}

function flipped(at: number): (data: Uint8Array) => Uint8Array {
  return (data) => data.with(at, (data[at] ?? 0) ^ (1 << (at % 8)));
}

function recordsLength({ dead }: Scene): number {
  return decodeJournal(ID, inode(dead, `${HOME}/journal`).data).next.offset;
}

function flips(found: Tally, scene: Scene, stride: number): void {
  const lengths = {
    journal: recordsLength(scene),
    'manifest.json': inode(scene.dead, `${HOME}/manifest.json`).data.length,
  };
  for (const [name, length] of Object.entries(lengths)) {
    for (const at of steps(length, stride)) {
      const world = damaged(scene, `${HOME}/${name}`, flipped(at));
      checkOldOrRefused(found, scene, world, `${name} flipped at ${at}`);
    }
  }
}

const TAILS = ['cut', 'zeros', 'garbage'] as const;

function tails(found: Tally, scene: Scene, stride: number): void {
  // With all three at each place this would take as long as all the rest.
  for (const at of steps(recordsLength(scene) + 1, 4 * stride)) {
    const tail = TAILS[at % TAILS.length] ?? 'cut';
    const world = damaged(scene, `${HOME}/journal`, (data) =>
      tail === 'cut' ? data.slice(0, at) : data.fill(tail === 'zeros' ? 0 : 0x41 + (at % 26), at),
    );
    checkOldOrRefused(found, scene, world, `journal: ${tail} from ${at}`);
  }
}

/** With the inodes that were set aside taken away, so that the saved copies are needed. */
function blobs(found: Tally, scene: Scene, stride: number): void {
  const bare = cloneWorld(scene.dead);
  dropSavedFiles(inode(bare, '/etc'));
  const needed = { ...scene, dead: bare, mixed: describeTree(bare, OWN) };
  for (const name of inode(bare, `${HOME}/blobs`).entries.keys()) {
    const path = `${HOME}/blobs/${name}`;
    const { length } = inode(bare, path).data;
    for (const at of steps(length, Math.min(stride, 7))) {
      checkNeeded(found, needed, damaged(needed, path, flipped(at)), `${name} flipped at ${at}`);
      checkNeeded(
        found,
        needed,
        damaged(needed, path, (data) => data.slice(0, at)),
        `${name} cut at ${at}`,
      );
    }
    checkNeeded(
      found,
      needed,
      damaged(needed, path, (data) => data.fill(0)),
      `${name} zeroed`,
    );
    const without = cloneWorld(bare);
    inode(without, `${HOME}/blobs`).entries.delete(name);
    checkNeeded(found, needed, without, `${name} missing`);
  }
}

/** A folder that was set aside has no copy: it stays, with what is in it. */
function dropSavedFiles(folder: Inode): void {
  for (const [name, child] of [...folder.entries]) {
    if (child.type === 'directory') {
      dropSavedFiles(child);
    } else if (name.endsWith('.old')) {
      folder.entries.delete(name);
    }
  }
}

/** What was put back from a copy has another inode: contents are compared, and nothing may be half back. */
function checkNeeded(found: Tally, scene: Scene, world: World, why: string): void {
  found.point();
  const [report] = recovered(world);
  const now = withoutInodes(describeTree(world, OWN));
  const isOld = now === withoutInodes(scene.old);
  const isUntouched = now === withoutInodes(scene.mixed);
  const refused = report?.outcome === 'incomplete' || report?.outcome === 'refused';
  // A copy of what an undo phase says to a service: the files are back, and the service is told of as a failure.
  const told = refused && report.undo.failed.length > 0;
  found.check(
    report?.outcome === 'undone' ? isOld : told && (isUntouched || isOld),
    () => `${why}: ${report?.outcome ?? 'nothing'}, a mixture`,
  );
}

function withoutInodes(tree: Tree): string {
  return JSON.stringify(
    Object.entries(tree).map(([path, line]) => {
      const [type, mode, owner, ...rest] = line.split(' ');
      return [path, type, mode, owner, type === 'directory' ? '' : rest.slice(1).join(' ')];
    }),
  );
}

/** Put back from a backup, say: it ends between two records, as if the later ones had never been written. */
function olderJournals(found: Tally, scene: Scene): void {
  const { data } = inode(scene.dead, `${HOME}/journal`);
  for (let end = data.indexOf(0x0a) + 1; end > 0 && end < recordsLength(scene); end = data.indexOf(0x0a, end) + 1) {
    found.point();
    const world = damaged(scene, `${HOME}/journal`, (whole) => whole.fill(0, end));
    const [report] = recovered(world);
    const tree = JSON.stringify(describeTree(world, OWN));
    found.check(
      report?.outcome === 'undone' && tree === JSON.stringify(scene.old),
      () => `an older journal of ${end} bytes: ${report?.outcome ?? 'nothing'}`,
    );
  }
}

/** Cannot come about by itself, but by a folder that was copied: the newer one is undone first. */
function twoOpen(found: Tally): void {
  found.point();
  const { dead, old } = deadRun();
  const tx = inode(dead, `${STATE}/tx`).entries;
  const first = inode(dead, HOME);
  tx.delete(ID);
  const current = new TextDecoder().decode(inode(dead, DAEMON_JSON).data);
  const step: StepInput = {
    kind: 'write-file',
    path: DAEMON_JSON,
    expected: digestOfBytes(current),
    content: bytes('{ "second": true }\n'),
    access: undefined,
  };
  const sys = processIn(dead);
  const spec = { ...sampleSpec([step], 'abcdef02'), createdAt: '2026-01-02T00:00:00Z', undoPhases: [] };
  storeOf(sys).begin(spec).perform(0);
  sys.kill();
  tx.set(ID, first);
  const order = recovered(dead)
    .map(({ id, outcome }) => `${id} ${outcome}`)
    .join();
  found.check(order === 'abcdef02 undone,abcdef01 undone', () => `two open transactions: ${order}`);
  found.check(
    JSON.stringify(describeTree(dead, OWN)) === JSON.stringify(old),
    () => 'two open transactions: not as before',
  );
}

function newerFormat(found: Tally, scene: Scene): void {
  found.point();
  const body = '{"format":999}\n';
  const world = damaged(scene, `${HOME}/manifest.json`, () => bytes(digestOfBytes(body) + body));
  const [report] = recovered(world);
  found.check(report?.outcome === 'refused', () => `a newer format: ${report?.outcome ?? 'nothing'}`);
  const again = whatBeginSays(world);
  found.check(again === 'H2106', () => `after a newer format another run: ${again}`);
}

function whatBeginSays(world: World): string {
  try {
    storeOf(processIn(world)).begin(sampleSpec(undefined, 'abcdef09'));
    return 'began';
  } catch (error) {
    if (error instanceof HardenError) {
      return error.code;
    }
    throw error;
  }
}
