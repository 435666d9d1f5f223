import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeepSettings, DEFAULT_WITHIN_MS, timerFor, withinFor, wordsFor } from '../../../src/app/revert-timer.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { RevertAlarm, RevertClock, RevertClocks } from '../../../src/model/revert-clock.ts';
import type { RevertDue } from '../../../src/model/revert.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const HOST = someFacts();
const WITHOUT_SYSTEMD = someFacts({}, { serviceManager: { type: 'none', reason: 'no init runs here' } });
const RESTART = planFor(optionChange('icc'));
const MODE = planFor(accessChange('/etc/docker/daemon.json'));
const SOCKET = planFor(accessChange('/run/docker.sock'));
const FINAL = planFor(optionChange('icc', { reversible: false }));
const SAFE = { unsafe: undefined };

function planFor(change: Parameters<typeof failing>[0]): Plan {
  return planOf([{ control: selectedControl('a', '2.1'), assessments: [failing(change)] }]);
}

function decide(
  over: Partial<Pick<KeepSettings, 'wish' | 'remote' | 'attended'>> & {
    readonly clocks?: Pick<RevertClocks, 'unsafe'>;
  },
  plan: Plan,
  facts: HostFacts = HOST,
): string {
  try {
    const settings = { wish: undefined, remote: true, attended: true, clocks: SAFE, ...over };
    const within = withinFor(settings, plan, facts);
    return within === undefined ? 'never' : `${within.withinMs} ${within.kind}`;
  } catch (error) {
    expect(error).toBeInstanceOf(HardenError);
    return error instanceof HardenError ? `${error.code} ${error.exit}` : '';
  }
}

describe('whether changes must be kept', () => {
  it('is so by itself for a person from another machine whose plan may cut them off, and for nobody else', () => {
    const byItself = `${DEFAULT_WITHIN_MS} systemd`;
    expect(decide({}, RESTART)).toBe(byItself);
    expect(decide({}, SOCKET)).toBe(byItself);
    expect(decide({}, MODE)).toBe('never');
    expect(decide({ remote: false }, RESTART)).toBe('never');
    expect(decide({ attended: false }, RESTART)).toBe('never');
    expect(decide({ wish: 'never' }, RESTART)).toBe('never');
  });

  it('is so wherever it was asked for, with a guard where no systemd runs; only by itself it is refused there', () => {
    expect(decide({ wish: 7000, remote: false, attended: false }, MODE)).toBe('7000 systemd');
    expect(decide({ wish: 7000 }, RESTART, WITHOUT_SYSTEMD)).toBe('7000 guard');
    expect(decide({}, RESTART, WITHOUT_SYSTEMD)).toBe('H6004 5');
    expect(decide({ wish: 'never' }, RESTART, WITHOUT_SYSTEMD)).toBe('never');
  });

  it('is refused for what cannot be undone, for a folder, and for a program others could change', () => {
    const unsafe = { unsafe: { reason: '/opt belongs to user 7', mend: 'install x' } };
    for (const wish of [undefined, 7000]) {
      expect(decide({ wish }, FINAL)).toBe('H6002 5');
      expect(decide({ wish, clocks: unsafe }, RESTART)).toBe('H6003 77');
    }
    expect(decide({ wish: 7000 }, RESTART, someFacts({}, { hostKind: 'root' }))).toBe('H6001 64');
    expect(decide({ wish: 'never', clocks: unsafe }, FINAL)).toBe('never');
  });

  it('never depends on anything where "never" was said', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(RESTART, MODE, SOCKET, FINAL),
        fc.constantFrom(HOST, WITHOUT_SYSTEMD),
        (remote, attended, plan, facts) => decide({ wish: 'never', remote, attended }, plan, facts) === 'never',
      ),
    );
  });
});

describe('what everybody who is logged in is told', () => {
  const at = (minutes: number): readonly string[] =>
    wordsFor('abcdef01', minutes * 60_000).map(
      ({ inMs, text }) => `${inMs / 1000}: ${/in (\d+) s/.exec(text)?.[1] ?? ''}`,
    );

  it('is said at the start, at half and one minute before the end', () => {
    expect(at(5)).toEqual(['0: 300', '150: 150', '240: 60']);
    expect(at(2)).toEqual(['0: 120', '60: 60']);
    expect(at(1)).toEqual([]);
  });
});

describe('the clock of an apply', () => {
  it('is tried, set before the work, set anew for the whole time, and only then the first one is stopped', async () => {
    const { said, settings } = talking();
    const timer = await timerFor(settings, RESTART, HOST);
    await expect(timer?.start('abcdef01')).resolves.toBeUndefined();
    const pending = await timer?.wait({
      id: 'abcdef01',
      wait: (due: RevertDue) => said.push(`waiting ${due.clock} ${due.dueMs}`),
    });
    expect(said).toEqual([
      'rehearsed',
      'armed harden-revert-abcdef01-1 9000',
      'armed harden-revert-abcdef01-2 9000',
      'waiting harden-revert-abcdef01-2 9002',
      'disarmed harden-revert-abcdef01-1',
    ]);
    expect(pending).toMatchObject({
      id: 'abcdef01',
      withinMs: 9000,
      due: { bootId: 'b', clock: 'harden-revert-abcdef01-2' },
    });
  });

  it('that cannot be written down stays set: what it starts finds the run undone', async () => {
    const { said, settings } = talking();
    const timer = await timerFor(settings, RESTART, HOST);
    await timer?.start('abcdef01');
    const full = (): void => {
      throw new Error('disk full');
    };
    await expect(timer?.wait({ id: 'abcdef01', wait: full })).rejects.toThrow('disk full');
    expect(said.filter((line) => line.startsWith('disarmed'))).toEqual([]);
    await timer?.cancel();
    expect(said.slice(-2)).toEqual(['disarmed harden-revert-abcdef01-1', 'disarmed harden-revert-abcdef01-2']);
  });

  it('that does not start the program is found out before anything is changed', async () => {
    const { settings } = talking('exec format error');
    await expect(timerFor(settings, RESTART, HOST)).rejects.toMatchObject({
      code: 'H6005',
      details: ['exec format error'],
    });
    await expect(timerFor({ ...settings, wish: 'never' }, RESTART, HOST)).resolves.toBeUndefined();
  });
});

/** A clock that says what it is told. */
function talking(broken?: string): { readonly said: string[]; readonly settings: KeepSettings } {
  const said: string[] = [];
  let armed = 9000;
  const clock: RevertClock = {
    kind: 'systemd',
    rehearse: () => {
      said.push('rehearsed');
      return broken === undefined ? Promise.resolve() : Promise.reject(new Error(broken));
    },
    arm: ({ name, inMs }: RevertAlarm) => {
      said.push(`armed ${name} ${inMs}`);
      armed += 1;
      return Promise.resolve(armed);
    },
    disarm: (name) => {
      said.push(`disarmed ${name}`);
      return Promise.resolve();
    },
  };
  const clocks: RevertClocks = { unsafe: undefined, of: () => clock, monotonicMs: () => 0 };
  return { said, settings: { wish: 9000, remote: false, attended: false, clocks } };
}
