import { describe, expect, it } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { Sys } from '../../../src/model/sys.ts';
import { openStore } from '../../../src/state/store.ts';
import { errno } from '../../support/faulty-sys.ts';
import { describeTree, processIn } from '../../support/memory-world.ts';
import { OURS, STATE, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

describe('a disk below the state folder that cannot be written any more', () => {
  it('keeps no undo from being whole, and the next recovery takes what it finds undone for undone', () => {
    const world = sampleWorld();
    const before = describeTree(world, OURS);
    const targetSys = processIn(world);
    const { runs, sys } = failing(targetSys);
    const store = openStore({
      stateSys: sys,
      stateDir: absPath(STATE),
      lockDir: absPath('/run/harden'),
      targetSys,
      targetTrust: 'strict',
      bootId: 'boot-1',
      uid: 0,
      holder: { pid: 1, command: 'harden' },
    });
    store.recover();
    const spec = sampleSpec();
    const transaction = store.begin(spec);
    const command = spec.steps.findIndex(({ kind }) => kind === 'command');
    spec.steps.slice(0, command + 1).forEach((_, index) => transaction.perform(index));
    expect(world.rules.size).toBe(1);
    runs.well = false;

    expect(transaction.undo().failed).toEqual([]);
    expect(world.rules.size).toBe(0);
    expect(describeTree(world, OURS)).toEqual(before);
    store.close();

    const next = storeOf(processIn(world));
    expect(next.recover()).toMatchObject([{ outcome: 'undone', undo: { kept: [], failed: [] } }]);
    expect(describeTree(world, OURS)).toEqual(before);
    expect(next.recover()).toEqual([]);
  });

  it('does not hide an inverse that fails while files are still changed', () => {
    const world = sampleWorld();
    const { runs, sys } = failing(processIn(world));
    const store = storeOf(sys);
    store.recover();
    const spec = sampleSpec();
    const transaction = store.begin(spec);
    const command = spec.steps.findIndex(({ kind }) => kind === 'command');
    spec.steps.slice(0, command + 1).forEach((_, index) => transaction.perform(index));
    runs.well = false;
    // Somebody else took the rule away; nothing else was undone.
    world.rules.clear();
    store.close();

    const next = storeOf(processIn(world));
    expect(next.recover()).toMatchObject([{ outcome: 'incomplete', undo: { failed: [{ what: 'audit rule r1' }] } }]);
  });
});

/** Calls on a disk that takes nothing more once it is not `well`. */
function failing(inner: Sys): { readonly sys: Sys; readonly runs: { well: boolean } } {
  const runs = { well: true };
  const refuse = (): void => {
    if (!runs.well) {
      throw errno('EROFS');
    }
  };
  const sys: Sys = {
    ...inner,
    write: (file, bytes, position) => {
      refuse();
      inner.write(file, bytes, position);
    },
    move: (...names) => {
      refuse();
      inner.move(...names);
    },
  };
  return { sys, runs };
}
