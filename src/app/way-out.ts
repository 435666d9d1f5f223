import type { EngineFacts } from '../model/facts.ts';
import type { WayOut } from '../model/health.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';

export interface LeftBehind {
  readonly undo: UndoReport;
  readonly notAsBefore: readonly Trouble[];
  /** As found after the undo; undefined where the host could not be looked at. */
  readonly engine: Pick<EngineFacts, 'unreachable' | 'service'> | undefined;
  readonly systemd: boolean;
  /** Containers that are not there any more; nothing starts those. */
  readonly gone?: readonly string[] | undefined;
}

/** For whoever has to mend it: what to look at, what to start, and what puts the rest back. */
export function wayOut({ undo, notAsBefore, engine, systemd, gone }: LeftBehind): readonly WayOut[] {
  const unit = engine?.service?.name ?? 'docker.service';
  const down = engine?.unreachable !== undefined || undo.failed.some(({ what }) => what.endsWith(' of docker'));
  const stopped = startable(notAsBefore, gone);
  const unfinished = undo.failed.length > 0;
  return [
    ...(down && systemd
      ? [
          {
            why: 'See why dockerd does not come up, and mend that:',
            commands: [`systemctl status ${unit} --no-pager -l`, `journalctl -u ${unit} -n 30 --no-pager`],
          },
        ]
      : []),
    ...(unfinished
      ? [
          {
            why: down ? 'Then let harden put the rest back and start it:' : 'Let harden try the rest again:',
            commands: ['sudo harden recover'],
          },
        ]
      : []),
    ...(down && systemd && !unfinished
      ? [{ why: 'Then start it:', commands: [`systemctl reset-failed ${unit}`, `systemctl restart ${unit}`] }]
      : []),
    ...(stopped.length > 0
      ? [{ why: 'Start what does not run:', commands: [`docker start ${[...new Set(stopped)].join(' ')}`] }]
      : []),
    { why: 'See how the host stands then:', commands: ['sudo harden plan'] },
  ];
}

/** Containers that were stopped and are still there. */
function startable(notAsBefore: readonly Trouble[], gone: readonly string[] = []): readonly string[] {
  return notAsBefore
    .filter(({ reason }) => reason === 'ran before and does not run now')
    .map(({ what }) => what.replace(/^container /, ''))
    .filter((name) => !gone.includes(name));
}
