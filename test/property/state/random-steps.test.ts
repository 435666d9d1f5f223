import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemoryDisk, lookUp, put } from '../../../src/host/memory-disk.ts';
import { type AbsPath, absPath, parentPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { Access, StepInput } from '../../../src/model/transaction.ts';
import { Killed, MUTATING, faultySys } from '../../support/faulty-sys.ts';
import { type World, describeTree, emptyWorld, processIn } from '../../support/memory-world.ts';
import { STATE, bytes, sampleSpec, storeOf } from '../../support/store-scenario.ts';

const OWN = [STATE, '/run/harden'];
const FILES = ['/e/a', '/e/b', '/e/d/c', '/e/n/f'].map(absPath);
const FOLDERS = ['/e/d', '/e/n'].map(absPath);

function world(): World {
  const made = emptyWorld();
  put(made.disk, absPath('/e/a'), 'file', { content: 'A', mode: 0o4751, uid: 3, extended: 'user.x=01' });
  put(made.disk, absPath('/e/d/c'), 'file', { content: 'C', mode: 0o600 });
  put(made.disk, absPath('/run'), 'directory');
  put(made.disk, absPath('/var/lib'), 'directory');
  return made;
}

interface Draft {
  readonly kind: 'write' | 'remove' | 'access' | 'folder' | 'command';
  readonly which: number;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom('write', 'write', 'remove', 'access', 'folder', 'command'),
  which: fc.nat(3),
  content: fc.constantFrom('A', 'B', 'C', ''),
  mode: fc.constantFrom(0o600, 0o644, 0o4755, 0o2711, 0o000),
  uid: fc.nat(2),
});

/** What the drafts come to on a host that each of them has changed before the next is looked at. */
function stepsFrom(drafts: readonly Draft[]): readonly StepInput[] {
  const model = world();
  return drafts.flatMap((one, index) => stepFrom(model.disk, one, index));
}

function stepFrom(disk: MemoryDisk, { kind, which, content, mode, uid }: Draft, index: number): readonly StepInput[] {
  const path = FILES[which] ?? absPath('/e/a');
  const there = lookUp(disk, path);
  const access = { mode, uid, gid: 0 };
  if (kind === 'command') {
    const rule = `r${index}`;
    const command = (flag: string) => ({ tool: 'auditctl' as const, args: [flag, rule] });
    return [{ kind: 'command', what: rule, run: command('-a'), undo: command('-d'), timeoutMs: 1 }];
  }
  if (kind === 'folder') {
    return folderStep(disk, FOLDERS[which % 2] ?? absPath('/e/d'), { ...access, uid: 0 });
  }
  if (kind === 'write') {
    if (lookUp(disk, parentPath(path)) === undefined) {
      return [];
    }
    put(disk, path, 'file', { content, ...access });
    const expected = there === undefined ? null : digestOfBytes(there.data);
    return [{ kind: 'write-file', path, expected, content: bytes(content), access }];
  }
  if (there === undefined) {
    return [];
  }
  if (kind === 'remove') {
    lookUp(disk, parentPath(path))?.entries.delete(path.split('/').at(-1) ?? '');
    return [{ kind: 'remove-file', path, expected: digestOfBytes(there.data) }];
  }
  const expected = { mode: there.mode, uid: there.uid, gid: there.gid };
  Object.assign(there, access);
  return [{ kind: 'set-access', path, fileType: 'file', expected, access }];
}

function folderStep(disk: MemoryDisk, folder: AbsPath, access: Access): readonly StepInput[] {
  const now = lookUp(disk, folder);
  if (now === undefined && lookUp(world().disk, folder) !== undefined) {
    // A folder that was there and was removed is not made again: a transaction refuses that.
    return [];
  }
  if (now === undefined) {
    put(disk, folder, 'directory', access);
    return [{ kind: 'make-directory', path: folder, access }];
  }
  if (now.entries.size > 0) {
    return [];
  }
  lookUp(disk, parentPath(folder))?.entries.delete(folder.split('/').at(-1) ?? '');
  return [{ kind: 'remove-directory', path: folder }];
}

describe('any sequence of steps', () => {
  it('undone after any number of them is as if it had never been, inodes and times too', () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 9 }), fc.nat(9), (drafts, count) => {
        const steps = stepsFrom(drafts);
        const host = world();
        const before = describeTree(host, OWN);
        const store = storeOf(processIn(host));
        const transaction = store.begin({ ...sampleSpec(steps), undoPhases: [] });
        steps.slice(0, count).forEach((_, index) => transaction.perform(index));
        expect(transaction.undo()).toMatchObject({ kept: [], failed: [] });
        expect(describeTree(host, OWN)).toEqual(before);
        expect([...host.rules]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('killed anywhere and recovered is old, or new once committed', () => {
    fc.assert(
      fc.property(fc.array(draft, { minLength: 1, maxLength: 6 }), fc.nat(160), fc.nat(60), (drafts, at, second) => {
        const steps = stepsFrom(drafts);
        const host = world();
        const before = describeTree(host, OWN);
        killedAt(host, at, (store) => {
          const transaction = store.begin({ ...sampleSpec(steps), undoPhases: [] });
          steps.forEach((_, index) => transaction.perform(index));
          transaction.commit();
        });
        killedAt(host, second, (store) => void store.recover());
        const store = storeOf(processIn(host));
        expect(store.recover().flatMap(({ undo }) => [...undo.failed, ...undo.kept])).toEqual([]);
        if (store.snapshots.list().snapshots.length === 0) {
          expect(describeTree(host, OWN)).toEqual(before);
          expect([...host.rules]).toEqual([]);
        }
        expect(Object.keys(describeTree(host, OWN)).filter((path) => path.includes('.harden-'))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

function killedAt(host: World, at: number, work: (store: ReturnType<typeof storeOf>) => void): void {
  const process = processIn(host);
  const { sys } = faultySys(process, {
    counted: MUTATING,
    before: (number) => {
      if (number === at) {
        throw new Killed();
      }
    },
  });
  try {
    work(storeOf(sys));
  } catch (error) {
    if (!(error instanceof Killed) && !(error instanceof HardenError)) {
      throw error;
    }
  } finally {
    process.kill();
  }
}
