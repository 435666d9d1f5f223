import type { OwnProgram, RevertAlarm, RevertClock } from '../model/revert-clock.ts';
import { type Shown, expectDone, run, show } from './systemd-tools.ts';
import { findTool } from './tools.ts';

const REHEARSAL_LIMIT_MS = 30_000;
/** The default of a minute would make a short clock a long one. */
const ACCURACY = '1s';
/** Between the two looks at the clock and the arming there is a process or two. */
const TOLERANCE_MS = 5_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  month: 2_629_800_000,
  y: 31_557_600_000,
};

export interface ClockOptions {
  readonly program: OwnProgram;
  /** What the program is told, for an alarm. */
  readonly argsFor: (alarm: RevertAlarm) => readonly string[];
  readonly monotonicMs: () => number;
}

/** Transient timers of systemd: they outlive this process and its session, not a reboot. Their time stands still while the machine is suspended. */
export function systemdClock({ program, argsFor, monotonicMs }: ClockOptions): RevertClock {
  return {
    kind: 'systemd',
    rehearse: async () => {
      const trial = ['--quiet', '--wait', '--collect', '--', ...program.argv, '--version'];
      expectDone(await run('systemd-run', trial, REHEARSAL_LIMIT_MS), 'systemd could not start this program');
    },
    arm: async (alarm) => {
      const before = monotonicMs();
      const timer = ['--quiet', `--unit=${alarm.name}`, `--on-active=${alarm.inMs}ms`, '--collect'];
      const properties = [`--timer-property=AccuracySec=${ACCURACY}`, '--timer-property=RemainAfterElapse=no'];
      const started = [`--description=harden takes run ${alarm.id} back`, '--', ...program.argv, ...argsFor(alarm)];
      expectDone(await run('systemd-run', [...timer, ...properties, ...started]), 'the timer could not be set');
      const due = seenArmed(alarm, program, await look(alarm.name));
      if (due < before + alarm.inMs - 1 || due > monotonicMs() + alarm.inMs + TOLERANCE_MS) {
        throw notSeen(alarm, 'it would go off at another time than it was set to');
      }
      await setWords(alarm);
      return due;
    },
    disarm: async (name) => {
      await run('systemctl', ['stop', `${name}.timer`, `${name}-words-*.timer`]);
    },
  };
}

async function look(name: string): Promise<{ readonly timer: Shown; readonly service: Shown }> {
  const timer = ['ActiveState', 'SubState', 'Unit', 'AccuracyUSec', 'NextElapseUSecMonotonic'];
  return {
    timer: await show(`${name}.timer`, timer),
    service: await show(`${name}.service`, ['LoadState', 'ExecStart']),
  };
}

/** When it goes off. @throws Error where what systemd says is not what was asked for. */
function seenArmed(
  alarm: RevertAlarm,
  { argv: [main] }: OwnProgram,
  { timer, service }: { readonly timer: Shown; readonly service: Shown },
): number {
  const { name, id } = alarm;
  const wanted: readonly (readonly [string, string])[] = [
    ['ActiveState', 'active'],
    ['SubState', 'waiting'],
    ['AccuracyUSec', ACCURACY],
    ['Unit', `${name}.service`],
  ];
  const other = wanted.find(([property, value]) => timer.get(property) !== value)?.[0];
  if (other !== undefined) {
    throw notSeen(alarm, `its ${other} is "${timer.get(other) ?? ''}"`);
  }
  const starts = service.get('ExecStart') ?? '';
  if (!starts.includes(`path=${main} `) || !starts.includes(id)) {
    throw notSeen(alarm, 'it would start something else');
  }
  const due = spanMs(timer.get('NextElapseUSecMonotonic') ?? '');
  if (due === undefined) {
    throw notSeen(alarm, 'it has no time');
  }
  return due;
}

function notSeen({ name }: RevertAlarm, why: string): Error {
  return new Error(`the timer ${name} is not seen armed: ${why}`);
}

/** Timers of their own, so that the words come whatever becomes of this process. Nothing depends on them. */
async function setWords({ name, words = [] }: RevertAlarm): Promise<void> {
  const wall = findTool('wall');
  if (wall.type !== 'found') {
    return;
  }
  for (const [index, { inMs, text }] of words.entries()) {
    const timer = ['--quiet', `--unit=${name}-words-${index + 1}`, `--on-active=${inMs}ms`, '--collect'];
    const properties = [`--timer-property=AccuracySec=${ACCURACY}`, '--timer-property=RemainAfterElapse=no'];
    await run('systemd-run', [...timer, ...properties, `--description=${text}`, '--', wall.path, text]);
  }
}

/** A time span as systemctl prints it, `3h 20min 57.090183s`, in ms; undefined for anything else. */
export function spanMs(text: string): number | undefined {
  let total = 0;
  for (const part of text.trim().split(/\s+/)) {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(part) ?? [];
    const factor = UNIT_MS[unit];
    if (amount === undefined || factor === undefined) {
      return undefined;
    }
    total += Number(amount) * factor;
  }
  return Math.floor(total);
}
