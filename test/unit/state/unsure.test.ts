import { describe, expect, it } from 'vitest';
import { processIn } from '../../support/memory-world.ts';
import { sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

describe('an inverse that fails', () => {
  it('is a failure the first time; later it may have nothing left to undo, and is named as what nobody knows', () => {
    const world = sampleWorld();
    const spec = sampleSpec();
    const sys = processIn(world);
    const transaction = storeOf(sys).begin(spec);
    spec.steps.forEach((_, index) => transaction.perform(index));
    sys.kill();
    world.rules.clear();
    const [first] = storeOf(processIn(world)).recover();
    expect(first).toMatchObject({ outcome: 'incomplete' });
    expect(first?.undo.failed).toHaveLength(1);
    expect(first?.undo.unsure).toBeUndefined();
    world.disk.locks.clear();
    const [second] = storeOf(processIn(world)).recover();
    expect(second).toMatchObject({ outcome: 'undone', undo: { failed: [], unsure: first?.undo.failed } });
  });
});
