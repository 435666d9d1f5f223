import { describe, expect, it } from 'vitest';
import { type MemoryMount, lookUp, put, settle } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { Fd, Sys } from '../../../src/model/sys.ts';
import { Killed, MUTATING, errno, faultySys } from '../../support/faulty-sys.ts';
import { DAEMON_JSON, type World, cloneWorld, cutPower, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const RUN: MemoryMount = { id: '2', type: 'tmpfs', freeBytes: 2 ** 30, freeInodes: 2 ** 20 };
const SOCKET = absPath('/run/docker.sock');

/** What a boot makes anew. */
function boot(world: World): void {
  put(world.disk, absPath('/run'), 'directory', { mount: RUN });
  put(world.disk, SOCKET, 'socket', { mode: 0o640, mount: RUN });
}

/** The run dies at call `at`; then the recovery dies at call `second`. False where the recovery came to its end before. */
function killed(world: World, at: number, work: (sys: ReturnType<typeof processIn>) => void): boolean {
  const process = processIn(world);
  const { sys } = faultySys(process, {
    counted: MUTATING,
    before: (number) => {
      if (number === at) {
        throw new Killed();
      }
    },
  });
  try {
    work({ ...process, ...sys });
    return false;
  } catch (error) {
    if (error instanceof Killed) {
      return true;
    }
    throw error;
  } finally {
    process.kill();
  }
}

function isNew(world: World): boolean {
  return new TextDecoder().decode(lookUp(world.disk, DAEMON_JSON)?.data).includes('"icc": false');
}

/** Calls of a run up to the one that syncs its COMMIT. */
function commitSync(): number {
  const world = sampleWorld();
  const counted = faultySys(processIn(world), { counted: MUTATING, before: () => undefined });
  const transaction = storeOf(counted.sys).begin(sampleSpec());
  sampleSpec().steps.forEach((_, index) => transaction.perform(index));
  return counted.count() + 1;
}

describe('a COMMIT', () => {
  it('that a dead run left unsynced is on the disk before recovery acts on it', () => {
    const dead = sampleWorld();
    expect(killed(dead, commitSync(), (sys) => void applySample(sys))).toBe(true);
    let cuts = 0;
    for (let at = 0; ; at += 1) {
      const world = cloneWorld(dead);
      const wasKilled = killed(world, at, (sys) => void storeOf(sys).recover());
      cutPower(world, () => false);
      boot(world);
      const store = storeOf(processIn(world), 'boot-2');
      const reports = store.recover();
      expect(
        reports.flatMap(({ undo }) => [...undo.failed, ...undo.kept]),
        `killed at ${at}`,
      ).toEqual([]);
      expect(store.snapshots.list().snapshots.length === 1, `killed at ${at}`).toBe(isNew(world));
      cuts += 1;
      if (!wasKilled) {
        break;
      }
    }
    expect(cuts).toBeGreaterThan(10);
  });
});

/** Died after its last step; then a bit went wrong in the record of its first step. */
function deadAndDamaged(spec = sampleSpec()): World {
  const world = sampleWorld();
  const process = processIn(world);
  const transaction = storeOf(process).begin(spec);
  spec.steps.forEach((_, index) => transaction.perform(index));
  process.kill();
  const journal = lookUp(world.disk, absPath(`${STATE}/tx/abcdef01/journal`));
  if (journal !== undefined) {
    const at = new TextDecoder('latin1').decode(journal.data).indexOf('"type":"intent"');
    expect(at).toBeGreaterThan(0);
    journal.data = journal.data.slice();
    journal.data[at] = 0x41;
    settle(journal);
  }
  return world;
}

function expectOld(world: World, why: string): void {
  expect(isNew(world), why).toBe(false);
  expect([...world.rules], why).toEqual([]);
  expect(world.loaded, why).toBe('{ "icc": true }\n');
}

describe('damage in the records', () => {
  it('is remembered by a recovery that is killed, so that the next one undoes commands and services too', () => {
    for (let at = 0; ; at += 1) {
      const world = deadAndDamaged();
      const wasKilled = killed(world, at, (sys) => void storeOf(sys).recover());
      const outcomes = storeOf(processIn(world)).recover();
      expect(
        outcomes.flatMap(({ undo }) => [...undo.failed, ...undo.kept]),
        `killed at ${at}`,
      ).toEqual([]);
      expectOld(world, `killed at ${at}`);
      if (!wasKilled) {
        break;
      }
    }
  });

  it('counts where no record can be written any more', () => {
    // No file tells of it, so nothing but the damage does.
    const commands = sampleSpec().steps.filter(({ kind }) => kind === 'command');
    const world = deadAndDamaged({ ...sampleSpec(commands), undoPhases: [] });
    expect([...world.rules]).toEqual(['r1']);
    const inner = processIn(world);
    const journals = new Set<Fd>();
    const sys: Sys = {
      ...inner,
      openFile: (directory, name) => {
        const fd = inner.openFile(directory, name);
        if (name === 'journal') {
          journals.add(fd);
        }
        return fd;
      },
      write: (file, bytes, position) => {
        if (journals.has(file)) {
          throw errno('EIO');
        }
        inner.write(file, bytes, position);
      },
    };
    storeOf(sys).recover();
    expectOld(world, 'with a journal that takes nothing');
  });
});

describe('a file that was replaced', () => {
  it('is the very object it was, wherever its undo was killed', () => {
    const inode = lookUp(sampleWorld().disk, DAEMON_JSON)?.ino;
    const dead = sampleWorld();
    killed(dead, commitSync() - 1, (sys) => void applySample(sys));
    for (let at = 0; ; at += 1) {
      const world = cloneWorld(dead);
      const wasKilled = killed(world, at, (sys) => void storeOf(sys).recover());
      storeOf(processIn(world)).recover();
      expect(lookUp(world.disk, DAEMON_JSON)?.ino, `killed at ${at}`).toBe(inode);
      if (!wasKilled) {
        break;
      }
    }
  });
});

describe('an object', () => {
  it('made anew by a boot is left as the boot made it', () => {
    const world = sampleWorld();
    const process = processIn(world);
    const transaction = storeOf(process).begin(sampleSpec());
    sampleSpec().steps.forEach((_, index) => transaction.perform(index));
    process.kill();
    cutPower(world, () => true);
    boot(world);
    Object.assign(lookUp(world.disk, SOCKET) ?? {}, { mode: 0o660, gid: 9 });
    const [report] = storeOf(processIn(world), 'boot-2').recover();
    expect(report?.outcome).toBe('undone');
    expect(lookUp(world.disk, SOCKET)).toMatchObject({ mode: 0o660, gid: 9 });
    expect(isNew(world)).toBe(false);
  });
});
