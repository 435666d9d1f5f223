import { type AbsPath, absPath, joinPath } from '../model/brand.ts';
import type { OwnProgram } from '../model/revert-clock.ts';
import { SCHEDULED_UNIT, type ScheduledApply, unitMark } from '../model/scheduled.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { readIfThere } from './held.ts';
import { Refusal, attempt } from './trouble.ts';
import { quoted, writePublic } from './unit-text.ts';
import { type Targets, inExistingFolder, inFolder } from './walk.ts';

const SERVICE = `${SCHEDULED_UNIT}.service`;
const TIMER = `${SCHEDULED_UNIT}.timer`;
const IN_SITE = joinPath(absPath('/etc/systemd/system'), SERVICE);
const MARK =
  '# Laid by harden apply --at for one run; it goes by itself. To take the run back: harden apply --at never\n';

export interface ScheduledUnits {
  readonly run: Pick<ScheduledApply, 'id' | 'at'>;
  readonly program: OwnProgram;
  readonly stateDir: AbsPath;
  /** What follows `apply --scheduled ID`. */
  readonly args: readonly string[];
  /** HARDEN_LOG of whoever approved it; where the log goes is theirs to say. */
  readonly log: string | undefined;
}

/** Writes the units; nothing is enabled or started by that. Ours from before are replaced. Gives why they could not be written. */
export function layScheduledUnits(targets: Targets, units: ScheduledUnits): string | undefined {
  const { sys } = targets;
  const laid = attempt(() =>
    inExistingFolder(targets, IN_SITE, (folder) => {
      for (const name of [SERVICE, TIMER]) {
        if (sys.statAt(folder, name) !== undefined && !isOurs(sys, folder, name)) {
          throw new Refusal(`${name} in /etc/systemd/system is somebody else's`);
        }
      }
      put(sys, folder, SERVICE, serviceText(units));
      if (units.run.at !== null) {
        put(sys, folder, TIMER, timerText(units.run.id, units.run.at));
      }
      sys.sync(folder);
    }),
  );
  return laid.ok ? undefined : laid.reason;
}

/** Takes both away, whole or half made; nothing that is not ours. Gives why it could not. */
export function removeScheduledUnits(targets: Targets): string | undefined {
  const { sys } = targets;
  const removed = attempt(() =>
    inFolder(targets, IN_SITE, {
      found: (folder) => {
        const gone = [TIMER, SERVICE].filter((name) => isOurs(sys, folder, name));
        const half = [TIMER, SERVICE].map(unfinished).filter((name) => sys.statAt(folder, name) !== undefined);
        [...gone, ...half].forEach((name) => sys.unlink(folder, name));
        if (gone.length + half.length > 0) {
          sys.sync(folder);
        }
      },
      missing: () => undefined,
    }),
  );
  return removed.ok ? undefined : removed.reason;
}

/**
 * A run that has begun to change the host is never killed by systemd before it could put everything back; what stops it is a signal to
 * the program alone, which then undoes. The first of our units in the boot is the one that recovers.
 */
function serviceText({ run, program, stateDir, args, log = '' }: ScheduledUnits): string {
  const start = [...program.argv, 'apply', '--scheduled', run.id, ...args].map(quoted).join(' ');
  return `${MARK}[Unit]
Description=Apply the plan that was approved for now ${unitMark(run.id)}
RequiresMountsFor=${quoted(stateDir)}
After=docker.service docker.socket containerd.service auditd.service audit-rules.service harden-recover.service
CollectMode=inactive-or-failed

[Service]
Type=oneshot
${log === '' ? '' : `Environment=${quoted(`HARDEN_LOG=${log}`)}\n`}ExecStart=${start}
KillMode=mixed
TimeoutStopSec=30min
${run.at === null ? '\n[Install]\nWantedBy=multi-user.target\n' : ''}`;
}

/** Not persistent: what was approved for a time is not for the next boot after it. */
function timerText(id: string, at: string): string {
  return `${MARK}[Unit]
Description=When the plan that was approved is applied ${unitMark(id)}

[Timer]
OnCalendar=${at.slice(0, 19).replace('T', ' ')} UTC
AccuracySec=1s
RemainAfterElapse=no

[Install]
WantedBy=timers.target
`;
}

function put(sys: Sys, folder: Fd, name: string, text: string): void {
  if (sys.statAt(folder, unfinished(name)) !== undefined) {
    sys.unlink(folder, unfinished(name));
  }
  writePublic(sys, folder, unfinished(name), text);
  sys.rename(folder, unfinished(name), name);
}

function unfinished(name: string): string {
  return `.${name}.new`;
}

function isOurs(sys: Sys, folder: Fd, name: string): boolean {
  return (
    sys.statAt(folder, name)?.type === 'file' &&
    new TextDecoder().decode(readIfThere(sys, folder, name)).startsWith(MARK)
  );
}
