import { type CommandPlace, atPlace } from '../model/command-place.ts';
import { waiverNamed } from '../model/plain-names.ts';
import type { RevertNote } from '../model/revert.ts';
import type { HostStatus, NotLive, StatusWaivers } from '../model/status.ts';
import { downSinceLines } from './containers-text.ts';
import { remaining } from './keep-text.ts';
import { type Style, count, wrap } from './layout.ts';
import { printable } from './printable.ts';
import { scheduledLines } from './scheduled-text.ts';
import { daysText } from './waiver-text.ts';

const MOST_LINES = 12;
const MOST_RUNS = 2;
const MOST_WAIVERS = 2;
const MOST_DRIFT = 4;
const MOST_NOT_LIVE = 4;

/** Twelve lines at most at any width: what is cut stands in the JSON. */
export function statusText(status: HostStatus, place: CommandPlace, style: Style): string {
  const wrapped = (lines: readonly string[]): readonly string[] =>
    lines.flatMap((line) => wrap(style, line.startsWith(' ') ? 2 : 0, atPlace(line.trimStart(), place), 4));
  const first = [
    ...pendingLines(status.pending),
    ...(status.scheduled === undefined ? [] : scheduledLines(status.scheduled)),
    ...unfinishedLines(status.unfinished),
    ...revertLines(status.reverts),
  ];
  const then = [
    ...lastApplyLines(status.lastApply),
    ...standingLines(status),
    ...driftLines(status),
    ...notLiveLines(status.notLive ?? []),
    ...waiverLines(status.waivers),
  ];
  const down = status.containers === undefined ? [] : downSinceLines(status.containers, style);
  const lines = [...wrapped(first), ...down, ...wrapped(then)];
  return `${lines.slice(0, MOST_LINES).join('\n')}\n`;
}

function pendingLines(pending: HostStatus['pending']): readonly string[] {
  if (pending === null) {
    return [];
  }
  const { id, changes, secondsLeft } = pending;
  const what = `${count(changes, 'change')} of run ${id}`;
  return secondsLeft === 0
    ? [`Time is up: ${what} should be taken back by now.`, '  If that does not come about: sudo harden recover']
    : [
        `Not kept yet: ${what} will be taken back in ${remaining(secondsLeft)} (${secondsLeft} s).`,
        `  To keep: sudo harden confirm ${id}; to take back now: sudo harden rollback ${id}`,
      ];
}

function unfinishedLines(ids: readonly string[]): readonly string[] {
  return ids.length === 0
    ? []
    : [
        `No end yet: run ${ids.slice(0, MOST_RUNS).join(', ')}${ids.length > MOST_RUNS ? ` and ${ids.length - MOST_RUNS} more` : ''} is at work, or was killed.`,
        '  If it was killed: sudo harden recover',
      ];
}

function revertLines(notes: readonly RevertNote[]): readonly string[] {
  const [last] = notes;
  if (last === undefined) {
    return [];
  }
  const why =
    last.cause === 'clock' ? 'nobody kept it in time' : 'the machine was started anew before it was kept or ended';
  const found =
    last.notAsBefore === null
      ? 'The files are back; the running services were not looked at.'
      : last.notAsBefore.length === 0
        ? 'The host was looked at and is as before.'
        : `Not as before: ${printable(last.notAsBefore.map(({ what }) => what).join(', '))}.`;
  return [
    `Taken back by itself: run ${last.id}, ${moment(last.at)}; ${why}.`,
    `  ${found}`,
    `  ${notes.length > 1 ? `${count(notes.length - 1, 'earlier one', 'earlier ones')}. ` : ''}Once seen: sudo harden status --ack`,
  ];
}

function lastApplyLines(last: HostStatus['lastApply']): readonly string[] {
  if (last === null) {
    return ['Nothing was applied on this host yet.'];
  }
  const { snapshot, at, by, profile, changes, takenBackBy, attempt, left } = last;
  return [
    `Last apply: ${moment(at)} by ${printable(by)}, ${count(changes, 'change')} of ${printable(profile)}, snapshot ${snapshot}.`,
    takenBackBy === null
      ? `  ${attemptText(attempt)}: sudo harden rollback ${snapshot}`
      : left === undefined
        ? `  Taken back by ${takenBackBy}.`
        : `  ${left === changes ? `Rollback ${takenBackBy} left all of it to others, who` : `Taken back by ${takenBackBy}, but for ${count(left, 'change')} left to others, who`} changed it since: sudo harden rollback ${snapshot} --plan`,
  ];
}

function standingLines({ standing = [], lastApply }: HostStatus): readonly string[] {
  const [newest] = standing;
  if (newest === undefined) {
    return [];
  }
  const more = standing.length === 1 ? '' : ` and ${standing.length - 1} older: harden snapshot list`;
  const then = lastApply?.takenBackBy === null ? 'To take it back after that' : 'To take it back';
  return [
    `Stands from before: ${newest.snapshot}, ${moment(newest.at)}, ${count(newest.changes, 'change')}${more}.`,
    `  ${then}: sudo harden rollback ${newest.snapshot}`,
  ];
}

function notLiveLines(notLive: readonly NotLive[]): readonly string[] {
  const commands = [...new Set(notLive.map(({ command }) => command))];
  return commands.flatMap((command) => {
    const own = notLive.filter((one) => one.command === command);
    const names = own
      .slice(0, MOST_NOT_LIVE)
      .map(({ what, controls }) => printable(`${what} (${controls.join(', ')})`));
    const more = own.length > MOST_NOT_LIVE ? ` and ${own.length - MOST_NOT_LIVE} more` : '';
    const event = own[0]?.until === 'reboot' ? 'the next boot' : 'a restart of dockerd';
    return [
      `Written, not live yet: ${names.join(', ')}${more}; ${own.length === 1 ? 'waits' : 'wait'} for ${event}.`,
      `  To make it live: ${printable(command)}`,
    ];
  });
}

function driftLines({ drift = [], lastApply }: HostStatus): readonly string[] {
  return drift.length === 0 || lastApply === null
    ? []
    : [
        `Undone since: ${drift.slice(0, MOST_DRIFT).join(', ')}${drift.length > MOST_DRIFT ? ` and ${drift.length - MOST_DRIFT} more` : ''} ${drift.length === 1 ? 'fails' : 'fail'} again.`,
        '  To see how: sudo harden verify',
      ];
}

function attemptText(attempt: NonNullable<HostStatus['lastApply']>['attempt']): string {
  switch (attempt?.how) {
    case undefined:
      return 'To take it back';
    case 'partly':
      return `Partly taken back by ${attempt.by}. To take back the rest`;
    case 'unproven':
      return `Rollback ${attempt.by} was not proven. To take it back`;
  }
}

function waiverLines(waivers: StatusWaivers | undefined): readonly string[] {
  if (waivers === undefined) {
    return [];
  }
  const { ending, problem } = waivers;
  const rest = ending.length - MOST_WAIVERS;
  return [
    ...(problem === null
      ? []
      : [`Waivers cannot be taken: ${printable(problem)}`, '  To see all of it: harden waiver check']),
    ...ending
      .slice(0, MOST_WAIVERS)
      .map(
        ({ id, until, owner, daysLeft }) =>
          `The waiver of ${printable(waiverNamed(id))} (${printable(owner)}) ${daysLeft < 0 ? `ended on ${until}: it counts again.` : `ends on ${until}, ${daysText(daysLeft)}.`}`,
      ),
    ...(rest > 0 ? [`  ${rest} more: harden waiver check`] : []),
  ];
}

function moment(iso: string): string {
  return iso === '' ? 'at an unknown time' : `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
