import { describe, expect, it } from 'vitest';
import { lookUp } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { Sys } from '../../../src/model/sys.ts';
import { Killed, MUTATING, errno, faultySys } from '../../support/faulty-sys.ts';
import { DAEMON_JSON, type World, describeTree, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const TX = absPath(`${STATE}/tx`);
const OWN = [STATE, '/run/harden'];

/** The world's calls, told when a rehearsal begins: then `during` takes the place of some. */
function fromTheRehearsalOn(world: World, during: (inner: Sys) => Partial<Sys>): Sys {
  const inner = processIn(world);
  let begun = false;
  const changed = during(inner);
  const calls = Object.fromEntries(
    Object.entries(changed).map(([name, call]) => [
      name,
      (...args: readonly unknown[]) =>
        begun
          ? (call as (...all: readonly unknown[]) => unknown)(...args)
          : (inner[name as keyof Sys] as (...all: readonly unknown[]) => unknown)(...args),
    ]),
  );
  return {
    ...inner,
    ...calls,
    makeDirectory: (directory, name, mode) => {
      begun ||= name === 'rehearsal';
      inner.makeDirectory(directory, name, mode);
    },
  };
}

function expectRefused(world: World, sys: Sys, error: { readonly exit: number; readonly says: RegExp }): void {
  const before = describeTree(world, OWN);
  const store = storeOf(sys);
  let thrown: unknown;
  try {
    store.begin(sampleSpec());
  } catch (cause) {
    thrown = cause;
  }
  expect(thrown).toMatchObject({ code: 'H2113', exit: error.exit });
  expect(String(thrown)).toMatch(error.says);
  expect(describeTree(world, OWN)).toEqual(before);
  expect([...(lookUp(world.disk, TX)?.entries.keys() ?? [])]).toEqual([]);
  store.close();
  expect(lookUp(world.disk, absPath(STATE))).toBeUndefined();
}

describe('a rehearsal of the way back', () => {
  it('counts what is kept and names what only a real host can tell', () => {
    const world = sampleWorld();
    const { rehearsed, id } = storeOf(processIn(world)).begin(sampleSpec());
    expect(rehearsed).toEqual({ objects: 8, bytes: 22, notRehearsed: ['/run/docker.sock'] });
    const home = lookUp(world.disk, absPath(`${STATE}/tx/${id}`));
    expect([...(home?.entries.keys() ?? [])].sort()).toEqual(['blobs', 'journal', 'manifest.json']);
  });

  it('touches no target, and in a dry run leaves nothing at all', () => {
    const world = sampleWorld();
    const before = describeTree(world, []);
    const store = storeOf(processIn(world));
    expect(store.rehearse(sampleSpec()).objects).toBe(8);
    store.close();
    expect(describeTree(world, [])).toEqual(before);
  });

  it('finds a saved copy that was damaged after it was read back', () => {
    const world = sampleWorld();
    const sys = fromTheRehearsalOn(world, (inner) => ({
      createFile: (directory, name) => {
        const home = lookUp(world.disk, absPath(`${STATE}/tx/abcdef01/blobs`));
        for (const [blob, inode] of home?.entries ?? []) {
          if (blob.startsWith('before-')) {
            inode.data = new TextEncoder().encode('somebody else');
          }
        }
        return inner.createFile(directory, name);
      },
    }));
    expectRefused(world, sys, { exit: 73, says: /missing or damaged\. Nothing was changed/ });
  });

  it('finds a file system that does not give attributes back', () => {
    const world = sampleWorld();
    const sys = fromTheRehearsalOn(world, (inner) => ({
      copyMetadata: (from, to, times) => {
        inner.copyMetadata(from, to, times);
        for (const [name, inode] of lookUp(world.disk, absPath(`${STATE}/tx/abcdef01/rehearsal/etc/docker`))?.entries ??
          []) {
          inode.extended = name === 'key.pem' ? inode.extended : '';
        }
      },
    }));
    expectRefused(world, sys, { exit: 73, says: /daemon\.json: / });
  });

  it('finds a time that does not come back', () => {
    const world = sampleWorld();
    const sys = fromTheRehearsalOn(world, (inner) => ({
      copyMetadata: (from, to) => inner.copyMetadata(from, to, false),
    }));
    expectRefused(world, sys, { exit: 73, says: new RegExp(`${DAEMON_JSON}: its time does not come back`) });
  });

  it('finds an owner that cannot be given back', () => {
    const world = sampleWorld();
    const sys = fromTheRehearsalOn(world, (inner) => ({
      chown: (fd, uid, gid) => {
        if (uid === 5) {
          throw errno('EPERM');
        }
        inner.chown(fd, uid, gid);
      },
    }));
    expectRefused(world, sys, { exit: 73, says: /not permitted/ });
  });

  it('stops at a disk that is full by then', () => {
    const world = sampleWorld();
    const sys = fromTheRehearsalOn(world, () => ({
      createFile: () => {
        throw errno('ENOSPC');
      },
    }));
    expectRefused(world, sys, { exit: 73, says: /no space left/ });
  });

  it('killed at any call of it leaves a run that had begun nothing', () => {
    const calls = (stopAt: number): { readonly world: World; readonly count: number } => {
      const world = sampleWorld();
      let rehearsing = 0;
      let inside = false;
      const { sys } = faultySys(processIn(world), {
        counted: MUTATING,
        before: (_, call) => {
          inside ||= call === 'makeDirectory' && lookUp(world.disk, absPath(`${TX}/abcdef01/blobs`)) !== undefined;
          rehearsing += inside ? 1 : 0;
          if (rehearsing > stopAt) {
            throw new Killed();
          }
        },
      });
      try {
        applySample(sys);
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
      }
      world.disk.locks.clear();
      return { world, count: rehearsing };
    };
    const before = describeTree(sampleWorld(), OWN);
    for (let at = 0; at < 60; at += 3) {
      const { world } = calls(at);
      const [report] = storeOf(processIn(world)).recover();
      expect(report?.outcome, `call ${at}`).toBe('dropped');
      expect(describeTree(world, OWN), `call ${at}`).toEqual(before);
      expect([...(lookUp(world.disk, TX)?.entries.keys() ?? [])], `call ${at}`).toEqual([]);
    }
  });
});
