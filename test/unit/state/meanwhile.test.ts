import { describe, expect, it } from 'vitest';
import { lookUp, put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { RecoverWish } from '../../../src/model/revert.ts';
import type { Sys } from '../../../src/model/sys.ts';
import type { StepInput, UndoReport } from '../../../src/model/transaction.ts';
import { DAEMON_JSON, type World, processIn } from '../../support/memory-world.ts';
import { Killed, MUTATING, faultySys } from '../../support/faulty-sys.ts';
import { STATE, bytes, sampleSpec, sampleSteps, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const OLD = '{ "icc": true }\n';
const MINE = '{ "mine": true }\n';
const NEW_FILE = absPath('/etc/docker/new.conf');

const REWRITE: StepInput = {
  kind: 'write-file',
  path: DAEMON_JSON,
  expected: digestOfBytes(OLD),
  content: bytes('{ "icc": false }\n'),
  access: undefined,
};
const CREATE: StepInput = {
  kind: 'write-file',
  path: NEW_FILE,
  expected: null,
  content: bytes('ours\n'),
  access: undefined,
};

function text(world: World, path = DAEMON_JSON): string | undefined {
  const inode = lookUp(world.disk, path);
  return inode === undefined ? undefined : new TextDecoder().decode(inode.data);
}

function edit(world: World, path = DAEMON_JSON): void {
  put(world.disk, path, 'file', { content: MINE });
}

/** Somebody else edits `path` right before or after the first call that `when` picks once the steps are carried out. */
function interrupted(
  step: StepInput,
  when: (sys: Sys, act: () => void) => Sys,
): { readonly world: World; readonly failed: string; readonly report: UndoReport } {
  const world = sampleWorld();
  const path = 'path' in step ? step.path : DAEMON_JSON;
  let armed = false;
  const act = (): void => {
    if (armed) {
      armed = false;
      edit(world, path);
    }
  };
  const transaction = storeOf(when(processIn(world), act)).begin({ ...sampleSpec([step]), undoPhases: [] });
  armed = true;
  let failed = '';
  try {
    transaction.perform(0);
  } catch (error) {
    failed = error instanceof Error ? error.message : '';
  }
  return { world, failed, report: transaction.undo() };
}

describe('what somebody else writes', () => {
  it('between the look and the step stays, and the step is not carried out', () => {
    const { world, failed, report } = interrupted(REWRITE, (sys, act) => ({
      ...sys,
      openDirectory: (path) => {
        act();
        return sys.openDirectory(path);
      },
    }));
    expect(failed).toContain('somebody else changed it meanwhile');
    expect(text(world)).toBe(MINE);
    expect(report.kept.map(({ what }) => what)).toEqual([DAEMON_JSON]);
  });

  it('while it is being replaced stays, up to the last look', () => {
    const { world, failed } = interrupted(REWRITE, (sys, act) => ({
      ...sys,
      link: (directory, from, to) => {
        sys.link(directory, from, to);
        act();
      },
    }));
    expect(failed).toContain('somebody else changed it at this moment');
    expect(text(world)).toBe(MINE);
  });

  it('where nothing was is not written over', () => {
    const { world, failed } = interrupted(CREATE, (sys, act) => ({
      ...sys,
      link: (directory, from, to) => {
        act();
        sys.link(directory, from, to);
      },
      rename: (directory, from, to) => {
        act();
        sys.rename(directory, from, to);
      },
    }));
    expect(failed).toContain('something of that name is there already');
    expect(text(world, NEW_FILE)).toBe(MINE);
  });

  it('right after it was changed is not taken for ours', () => {
    const { world, failed } = interrupted(REWRITE, (sys, act) => ({
      ...sys,
      rename: (directory, from, to) => {
        sys.rename(directory, from, to);
        act();
      },
    }));
    expect(failed).toContain('it did not end up as planned');
    expect(text(world)).toBe(MINE);
  });

  it('after it was changed stays, with a copy, when all else is undone', () => {
    const world = sampleWorld();
    const transaction = storeOf(processIn(world)).begin(sampleSpec());
    sampleSteps().forEach((_, index) => transaction.perform(index));
    edit(world);
    const report = transaction.undo();
    expect(report.kept).toEqual([{ what: DAEMON_JSON, reason: 'somebody else changed it' }]);
    expect(report.failed).toEqual([]);
    expect(text(world)).toBe(MINE);
    expect(text(world, absPath('/etc/docker/old.conf'))).toBe('old\n');
    const copies = lookUp(world.disk, absPath(`${STATE}/conflicts/abcdef01`))?.entries;
    expect([...(copies?.values() ?? [])].map(({ data }) => new TextDecoder().decode(data))).toEqual([MINE]);
  });
});

describe('an undo', () => {
  it('that could not do all of it has no end, and the next recovery does the rest', () => {
    const world = sampleWorld();
    const process = processIn(world);
    const transaction = storeOf(process).begin(sampleSpec());
    sampleSteps().forEach((_, index) => transaction.perform(index));
    world.refusedActivations.add(world.activations).add(world.activations + 1);
    expect(transaction.undo().failed).not.toEqual([]);
    process.kill();
    const store = storeOf(processIn(world));
    expect(store.snapshots.unfinished()).toEqual(['abcdef01']);
    expect(store.recover().map(({ outcome }) => outcome)).toEqual(['undone']);
    expect(store.snapshots.unfinished()).toEqual([]);
    expect(world.loaded).toBe(OLD);
  });

  it('undoes commands the last one first', () => {
    const world = sampleWorld();
    const inner = processIn(world);
    const ran: string[] = [];
    const sys: Sys = {
      ...inner,
      run: (command, timeoutMs) => {
        ran.push(command.args.join(' '));
        return inner.run(command, timeoutMs);
      },
    };
    const command = (rule: string): StepInput => ({
      kind: 'command',
      what: rule,
      run: { tool: 'auditctl', args: ['-a', rule] },
      undo: { tool: 'auditctl', args: ['-d', rule] },
      timeoutMs: 1000,
    });
    const steps = ['one', 'two', 'three'].map(command);
    const transaction = storeOf(sys).begin({ ...sampleSpec(steps), undoPhases: [] });
    steps.forEach((_, index) => transaction.perform(index));
    transaction.undo();
    expect(ran).toEqual(['-a one', '-a two', '-a three', '-d three', '-d two', '-d one']);
  });

  describe('after a boot with a part of the changes', () => {
    const reload = { tool: 'systemctl', args: ['daemon-reload'] } as const;
    const steps: readonly StepInput[] = [
      CREATE,
      { kind: 'command', what: 'units read again', run: reload, undo: reload, timeoutMs: 1000 },
      {
        kind: 'command',
        what: 'a rule',
        run: { tool: 'auditctl', args: ['-a', 'r'] },
        undo: { tool: 'auditctl', args: ['-d', 'r'] },
        timeoutMs: 1000,
      },
      ...sampleSteps().slice(-1),
    ];

    /** Power fails after `performed` steps; gives what the recovery of the next boot calls, in its order. */
    function recovered(performed: number, wish: RecoverWish, answers: Partial<Sys> = {}) {
      const world = sampleWorld();
      const process = processIn(world);
      const transaction = storeOf(process).begin(sampleSpec(steps));
      steps.slice(0, performed).forEach((_, index) => transaction.perform(index));
      process.kill();
      const next = processIn(world);
      const ran: string[] = [];
      const sys: Sys = {
        ...next,
        run: (command, timeoutMs) => {
          ran.push([command.tool, ...command.args].join(' '));
          return (answers.run ?? next.run)(command, timeoutMs);
        },
      };
      const [ended] = storeOf(sys, 'boot-2').recover(wish);
      expect(text(world, NEW_FILE)).toBeUndefined();
      return { ended, ran };
    }

    it.each([1, 2, 3])(
      'the unit of the boot makes systemd read its units again, and calls no other program: %i steps were done',
      (performed) => {
        const { ended, ran } = recovered(performed, { runtime: 'leave' });
        expect(ended).toMatchObject({ outcome: 'undone', undo: { failed: [] } });
        expect(ran).toEqual(['systemctl daemon-reload']);
      },
    );

    it('that systemd did not is told', () => {
      const run: Sys['run'] = () => ({ type: 'exited', code: 1, stdout: '', stderr: 'refused' });
      const { ended } = recovered(1, { runtime: 'leave' }, { run });
      expect(ended).toMatchObject({ outcome: 'incomplete', undo: { failed: [{ what: 'units read again' }] } });
    });

    it.each([0, 1])(
      'without that unit too, and no service is told what no run had begun: %i steps were done',
      (performed) => {
        const { ended, ran } = recovered(performed, { runtime: 'assert' });
        expect(ended).toMatchObject({ outcome: 'undone', undo: { failed: [] } });
        expect(ran).toEqual(['systemctl daemon-reload']);
      },
    );

    it.each(['leave', 'assert'] as const)(
      '%s: whenever the recovery is killed, the next one makes it so',
      (runtime) => {
        const told = (kill: number): { readonly ended: boolean; readonly reloads: number } => {
          const world = sampleWorld();
          const process = processIn(world);
          storeOf(process).begin(sampleSpec(steps)).perform(0);
          process.kill();
          let reloads = 0;
          const counted = (sys: Sys): Sys => ({
            ...sys,
            run: (command, timeoutMs) => {
              reloads += command.args[0] === 'daemon-reload' ? 1 : 0;
              return sys.run(command, timeoutMs);
            },
          });
          const faulty = faultySys(processIn(world), {
            counted: MUTATING,
            before: (number) => {
              if (number === kill) {
                throw new Killed();
              }
            },
          });
          let ended = true;
          try {
            storeOf(counted(faulty.sys), 'boot-2').recover({ runtime });
          } catch {
            ended = false;
          }
          world.disk.locks.clear();
          storeOf(counted(processIn(world)), 'boot-2').recover({ runtime: 'assert' });
          expect(text(world, NEW_FILE)).toBeUndefined();
          return { ended, reloads };
        };
        for (let kill = 0; ; kill += 1) {
          const { ended, reloads } = told(kill);
          expect(reloads, `killed at call ${kill}`).toBeGreaterThan(0);
          if (ended) {
            break;
          }
        }
      },
    );

    it('is still to be done where systemd refused it twice', () => {
      const world = sampleWorld();
      const process = processIn(world);
      storeOf(process).begin(sampleSpec(steps)).perform(0);
      process.kill();
      const refusing = (): Sys => ({
        ...processIn(world),
        run: () => ({ type: 'exited', code: 1, stdout: '', stderr: 'refused' }),
      });
      for (const again of [1, 2]) {
        const store = storeOf(refusing(), 'boot-2');
        expect(store.recover({ runtime: 'leave' }), `time ${again}`).toMatchObject([{ outcome: 'incomplete' }]);
        store.close();
      }
    });
  });

  it('is not for the unit of the boot where services of this boot may know of it', () => {
    const world = sampleWorld();
    const process = processIn(world);
    const transaction = storeOf(process).begin(sampleSpec());
    sampleSteps().forEach((_, index) => transaction.perform(index));
    process.kill();
    const changed = text(world);
    const store = storeOf(processIn(world));
    expect(store.recover({ runtime: 'leave' })).toEqual([]);
    expect(text(world)).toBe(changed);
    expect(store.snapshots.unfinished()).toEqual(['abcdef01']);
    expect(store.recover()).toMatchObject([{ outcome: 'undone' }]);
    expect(world.loaded).toBe(OLD);
  });
});
