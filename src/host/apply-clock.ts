import { type ApplyClock, type MeantTime, SCHEDULED_UNIT, type ScheduledApply, unitMark } from '../model/scheduled.ts';
import type { OwnProgram } from '../model/revert-clock.ts';
import { expectDone, run, show } from './systemd-tools.ts';

const SERVICE = `${SCHEDULED_UNIT}.service`;
const TIMER = `${SCHEDULED_UNIT}.timer`;
const REHEARSAL_LIMIT_MS = 30_000;
/** As systemd-analyze and systemctl print a moment in UTC. */
const IN_UTC = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC/;

/**
 * Units of systemd that outlive a reboot. systemd reads a unit it does not know yet when that is started; it is told to reload only where it
 * still knows units of these names from a run before, which a reload in between makes it do until the next one.
 */
export function applyClock({ argv }: OwnProgram): ApplyClock {
  return {
    meant,
    rehearse: async () => {
      const trial = ['--quiet', '--wait', '--collect', '--', ...argv, '--version'];
      expectDone(await run('systemd-run', trial, REHEARSAL_LIMIT_MS), 'systemd could not start this program');
    },
    arm: async (set) => {
      const unit = set.at === null ? SERVICE : TIMER;
      expectDone(await run('systemctl', ['--no-reload', 'enable', unit]), `${unit} could not be enabled`);
      if (!(await isKnown(SERVICE, set)) || (set.at !== null && !(await isKnown(TIMER, set)))) {
        expectDone(await run('systemctl', ['daemon-reload']), 'systemd could not be told of the units');
      }
      if (set.at !== null) {
        expectDone(await run('systemctl', ['start', unit]), `${unit} could not be started`);
      }
      await expectArmed(set, argv[0]);
    },
    disarm: async () => {
      await run('systemctl', ['--no-reload', 'disable', SERVICE, TIMER]);
      await run('systemctl', ['stop', TIMER]);
    },
  };
}

/** By what the unit says of itself: `NeedDaemonReload` is yes on 257 for every unit as soon as one other was written. */
async function isKnown(unit: string, { id }: Pick<ScheduledApply, 'id'>): Promise<boolean> {
  return (await show(unit, ['Description'])).get('Description')?.endsWith(unitMark(id)) === true;
}

/** Asks systemd itself, whose timer it will be. */
async function meant(text: string): Promise<MeantTime> {
  const outcome = await run('systemd-analyze', ['calendar', '--', text]);
  if (outcome.type !== 'exited') {
    return { type: 'none', why: 'systemd-analyze, which knows what times mean, could not be run' };
  }
  return outcome.code === 0
    ? elapseIn(outcome.stdout)
    : { type: 'none', why: 'systemd knows no such time; systemd.time(7) has them all' };
}

/** The first moment `systemd-analyze calendar` names. */
export function elapseIn(text: string): MeantTime {
  const local = /Next elapse: (.+)/.exec(text)?.[1]?.trim() ?? '';
  if (local === 'never') {
    return { type: 'none', why: 'that time is over' };
  }
  const [, day, time] = IN_UTC.exec(/\(in UTC\): (.+)/.exec(text)?.[1] ?? local) ?? [];
  return day === undefined || time === undefined
    ? { type: 'none', why: `systemd-analyze said something that is not understood: ${text.trim()}` }
    : { type: 'at', at: `${day}T${time}.000Z`, local };
}

/** @throws Error where what systemd says is not what was asked for. */
async function expectArmed({ id, at }: Pick<ScheduledApply, 'id' | 'at'>, main: string): Promise<void> {
  const service = await show(SERVICE, ['LoadState', 'ExecStart', 'UnitFileState']);
  const starts = service.get('ExecStart') ?? '';
  if (!starts.includes(`path=${main} `) || !starts.includes(id)) {
    throw new Error(`${SERVICE} is not seen: it would start something else`);
  }
  if (at === null) {
    expectIs(service, SERVICE, 'UnitFileState', 'enabled');
    return;
  }
  const timer = await show(TIMER, ['ActiveState', 'SubState', 'UnitFileState', 'Unit', 'NextElapseUSecRealtime']);
  expectIs(timer, TIMER, 'ActiveState', 'active');
  expectIs(timer, TIMER, 'SubState', 'waiting');
  expectIs(timer, TIMER, 'UnitFileState', 'enabled');
  expectIs(timer, TIMER, 'Unit', SERVICE);
  const due = timer.get('NextElapseUSecRealtime') ?? '';
  if (momentOf(due) !== Date.parse(at)) {
    throw new Error(`${TIMER} is not seen armed: it would go off at "${due}"`);
  }
}

function expectIs(shown: ReadonlyMap<string, string>, unit: string, property: string, value: string): void {
  if (shown.get(property) !== value) {
    throw new Error(`${unit} is not seen armed: its ${property} is "${shown.get(property) ?? ''}"`);
  }
}

/** systemctl prints in the time zone of its caller; ours is UTC, see `CLEAN_ENVIRONMENT`. */
function momentOf(shown: string): number {
  const [, day = '', time = ''] = IN_UTC.exec(shown) ?? [];
  return Date.parse(`${day}T${time}Z`);
}
