import { describe, expect, it } from 'vitest';
import { lookUp } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { Fd, Sys } from '../../../src/model/sys.ts';
import { writeNew } from '../../../src/state/held.ts';
import { DAEMON_JSON, type World, describeTree, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const OWN = [STATE, '/run/harden'];

interface Lie {
  readonly sys: Sys;
  /** The file whose write was only half done, and how many writes it had before; undefined where no write was that many. */
  told(): { readonly name: string; readonly earlier: number } | undefined;
}

/** Write number `at` says it took everything and took half. */
function lying(world: World, at: number): Lie {
  const inner = processIn(world);
  const names = new Map<Fd, string>();
  const writes = new Map<string, number>();
  let count = 0;
  let told: { readonly name: string; readonly earlier: number } | undefined;
  const naming =
    (open: (directory: Fd, name: string) => Fd) =>
    (directory: Fd, name: string): Fd => {
      const fd = open(directory, name);
      names.set(fd, name);
      return fd;
    };
  const sys: Sys = {
    ...inner,
    createFile: naming((directory, name) => inner.createFile(directory, name)),
    openFile: naming((directory, name) => inner.openFile(directory, name)),
    write: (file, bytes, position) => {
      const name = names.get(file) ?? '';
      const earlier = writes.get(name) ?? 0;
      writes.set(name, earlier + 1);
      const isIt = count === at;
      count += 1;
      told = isIt ? { name, earlier } : told;
      inner.write(file, isIt ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes, position);
    },
  };
  return { sys, told: () => told };
}

/** One run for each write of a whole apply, with that write only half done. */
function runs(
  look: (world: World, outcome: string, told: { readonly name: string; readonly earlier: number }) => void,
): number {
  for (let at = 0; ; at += 1) {
    const world = sampleWorld();
    const lie = lying(world, at);
    const outcome = outcomeOf(lie.sys);
    world.disk.locks.clear();
    const told = lie.told();
    if (told === undefined) {
      return at;
    }
    look(world, outcome, told);
  }
}

function outcomeOf(sys: Sys): string {
  try {
    return applySample(sys);
  } catch (error) {
    if (error instanceof HardenError) {
      return 'refused';
    }
    throw error;
  }
}

describe('a write that takes half of it and says nothing', () => {
  it('is noticed before it counts, in every copy, in the manifest and in BEGIN', () => {
    const old = describeTree(sampleWorld(), OWN);
    const seen = new Set<string>();
    runs((world, outcome, { name, earlier }) => {
      const isCopy = /^(?:before|new)-|^manifest/.test(name);
      // The first write of a journal lays it out.
      if (isCopy || (name === 'journal' && earlier === 1)) {
        seen.add(name);
        expect(outcome, name).toBe('refused');
        storeOf(processIn(world)).recover();
        expect(describeTree(world, OWN), name).toEqual(old);
      }
    });
    // Seven copies, the manifest, the journal.
    expect(seen.size).toBe(9);
  });

  it('is noticed in every file of ours when it is read back', () => {
    const world = sampleWorld();
    const { sys } = lying(world, 0);
    const folder = sys.openDirectory(absPath('/var/lib'));
    const content = new TextEncoder().encode('a copy of what somebody else wrote');
    expect(() => writeNew(sys, folder, { name: 'copy', content })).toThrow('did not read back');
    expect(() => writeNew(sys, folder, { name: 'other', content })).not.toThrow();
  });

  it('never stands under the name of its target', () => {
    let hidden = 0;
    const writes = runs((world, outcome, { name }) => {
      if (name.startsWith('.harden-')) {
        hidden += 1;
        expect(['undone', 'refused'], name).toContain(outcome);
        expect(new TextDecoder().decode(lookUp(world.disk, DAEMON_JSON)?.data)).toBe('{ "icc": true }\n');
        expect(lookUp(world.disk, absPath('/etc/new.d'))).toBeUndefined();
      }
    });
    expect(writes).toBeGreaterThan(20);
    expect(hidden).toBeGreaterThanOrEqual(3);
  });
});
