import { describe, expect, it } from 'vitest';
import { lookUp, memoryDisk, put } from '../../../src/host/memory-disk.ts';
import { memorySys } from '../../../src/host/memory-sys.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { Sys } from '../../../src/model/sys.ts';
import { createJournal, decodeJournal, openJournal } from '../../../src/state/journal.ts';
import { errno } from '../../support/faulty-sys.ts';
import { describeTree, processIn } from '../../support/memory-world.ts';
import { STATE, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const ID = 'abcdef01';

function place(): { readonly sys: Sys; readonly bytes: () => Uint8Array; readonly failNext: () => void } {
  const disk = memoryDisk();
  put(disk, absPath('/t'), 'directory');
  const inner = memorySys(disk, { run: () => ({ type: 'not-found' }) });
  let fails = false;
  const sys: Sys = {
    ...inner,
    sync: (fd) => {
      if (fails) {
        fails = false;
        throw errno('EIO');
      }
      inner.sync(fd);
    },
  };
  return {
    sys,
    bytes: () => lookUp(disk, absPath('/t/journal'))?.data ?? new Uint8Array(),
    failNext: () => {
      fails = true;
    },
  };
}

describe('a journal', () => {
  it('takes the place of one that could not be written, with nothing left of it', () => {
    const { sys, bytes, failNext } = place();
    const journal = createJournal(sys, sys.openDirectory(absPath('/t')), ID, 4096);
    journal.append({ type: 'intent', step: 0, names: ['a'] });
    failNext();
    const names = Array.from({ length: 9 }, (_, index) => `a-long-name-${index}`);
    expect(() => journal.append({ type: 'intent', step: 1, names })).toThrow('EIO');
    expect(journal.records()).toHaveLength(1);
    journal.append({ type: 'abort', everything: false });
    expect(decodeJournal(ID, bytes())).toMatchObject({
      records: [{ type: 'intent' }, { type: 'abort' }],
      intact: true,
    });
    expect(bytes()).toHaveLength(4096);
  });

  it('goes on where it ended when it is opened again, over whatever was torn there', () => {
    const { sys, bytes } = place();
    const folder = sys.openDirectory(absPath('/t'));
    createJournal(sys, folder, ID, 4096).append({ type: 'intent', step: 0, names: [] });
    const { offset } = decodeJournal(ID, bytes()).next;
    sys.write(sys.openFile(folder, 'journal'), new TextEncoder().encode('torn'.repeat(40)), offset);
    const again = openJournal(sys, folder, ID);
    expect(again.intact()).toBe(false);
    again.append({ type: 'abort', everything: true });
    expect(decodeJournal(ID, bytes())).toMatchObject({
      records: [{ type: 'intent' }, { type: 'abort' }],
      intact: true,
    });
  });
});

describe('the records of a dead run', () => {
  /** A run that died after its last step, with its folder changed by `change`. */
  function dead(change: (home: ReturnType<typeof lookUp>, world: ReturnType<typeof sampleWorld>) => void): string {
    const world = sampleWorld();
    const sys = processIn(world);
    const transaction = storeOf(sys).begin(sampleSpec());
    sampleSpec().steps.forEach((_, index) => transaction.perform(index));
    sys.kill();
    const before = describeTree(world, [STATE, '/run/harden']);
    change(lookUp(world.disk, absPath(`${STATE}/tx/${ID}`)), world);
    const [report] = storeOf(processIn(world)).recover();
    expect(describeTree(world, [STATE, '/run/harden'])).toEqual(before);
    return `${report?.outcome ?? 'nothing'}: ${report?.undo.failed[0]?.reason ?? ''}`;
  }

  it('of another transaction is refused, and nothing is touched', () => {
    const outcome = dead((home, world) => {
      const tx = lookUp(world.disk, absPath(`${STATE}/tx`));
      home?.entries.delete('journal');
      if (home !== undefined) {
        tx?.entries.delete(ID);
        tx?.entries.set('abcdef02', home);
      }
    });
    expect(outcome).toBe(`refused: its records belong to ${ID}`);
  });

  it('of a newer format is refused though the journal could be read', () => {
    const outcome = dead((home) => {
      const manifest = home?.entries.get('manifest.json');
      const body = '{"format":2}\n';
      Object.assign(manifest ?? {}, { data: new TextEncoder().encode(digestOfBytes(body) + body) });
    });
    expect(outcome).toBe('refused: it was written by a newer version');
  });
});

describe('a transaction', () => {
  it('is not committed before its last step, and goes forward step by step', () => {
    const transaction = storeOf(processIn(sampleWorld())).begin(sampleSpec());
    expect(() => transaction.perform(1)).toThrow('is not the next one');
    transaction.perform(0);
    expect(() => transaction.commit()).toThrow('not performed');
    expect(transaction.undo().failed).toEqual([]);
    expect(() => transaction.undo()).toThrow('is undone');
  });
});
