import { describe, expect, it } from 'vitest';
import { lookUp } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { openStore } from '../../../src/state/store.ts';
import { type World, processIn } from '../../support/memory-world.ts';
import { STATE, applySample, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const LOCKED = expect.objectContaining({ code: 'H2104', exit: 9 }) as unknown;

function elsewhere(world: World): void {
  const sys = processIn(world);
  const places = { stateDir: absPath(STATE), lockDir: absPath('/run/other'), targetTrust: 'strict' as const };
  const holder = { pid: 2, command: 'harden' };
  openStore({ stateSys: sys, targetSys: sys, ...places, bootId: 'boot-1', uid: 0, holder });
}

describe('the lock', () => {
  it('turns a second run away for as long as the first one lives', () => {
    const world = sampleWorld();
    const first = processIn(world);
    storeOf(first);
    expect(() => storeOf(processIn(world))).toThrow(LOCKED);
    first.kill();
    expect(() => storeOf(processIn(world))).not.toThrow();
  });

  it('turns a run away whose file was taken away while another waits at it', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    const folder = lookUp(world.disk, absPath('/run/harden'));
    const inner = processIn(world);
    const sys = {
      ...inner,
      lock: (file: number) => {
        const taken = inner.lock(file);
        folder?.entries.delete('lock');
        return taken;
      },
    };
    expect(() => storeOf(sys)).toThrow(LOCKED);
  });

  it('meets a run that has another lock folder in the state folder', () => {
    const world = sampleWorld();
    const first = storeOf(processIn(world));
    expect(() => elsewhere(world)).toThrow(LOCKED);
    first.close();
    expect(() => elsewhere(world)).not.toThrow();
  });
});
