import { type Scheduled, ScheduledApply, ScheduledEnd } from '../model/scheduled.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { ensureFolder, holding, openIfThere, readIfThere, writeNew } from './held.ts';
import { openPlace } from './place.ts';
import type { RunsOptions } from './runs.ts';
import { attempt, errnoName } from './trouble.ts';

const FOLDER = 'scheduled';
const PENDING = 'pending.json';
const BEGUN = 'begun.json';
const ENDED = 'ended.json';
const NOTHING: Scheduled = { pending: undefined, begun: undefined, ended: undefined, damaged: false };

/** What is kept at this moment; needs no lock. @throws HardenError where the state folder is not safe. */
export function lookAtScheduled(options: RunsOptions): Scheduled {
  return (
    inFolder(options, false, (sys, folder) => {
      const pending = read(sys, folder, PENDING, ScheduledApply);
      const begun = read(sys, folder, BEGUN, ScheduledApply);
      const ended = read(sys, folder, ENDED, ScheduledEnd);
      return {
        pending: pending.value,
        begun: begun.value,
        ended: ended.value,
        damaged: pending.damaged || begun.damaged || ended.damaged,
      };
    }) ?? NOTHING
  );
}

/** Durable, 0600, in place of one whose time went by. The caller holds the store. */
export function keepScheduled(options: RunsOptions, record: ScheduledApply): void {
  inFolder(options, true, (sys, folder) => put(sys, folder, PENDING, record));
}

/** Its time has come: it is nobody else's any more, and no second start finds it. False where it is not there. */
export function claimScheduled(options: RunsOptions): boolean {
  const claimed = inFolder(options, false, (sys, folder) => {
    try {
      sys.rename(folder, PENDING, BEGUN);
      sys.sync(folder);
      return true;
    } catch (error) {
      if (errnoName(error) === 'ENOENT') {
        return false;
      }
      throw error;
    }
  });
  return claimed ?? false;
}

/** It came to its end; `end` is kept where somebody has to see it. */
export function endScheduled(options: RunsOptions, end: ScheduledEnd | undefined): void {
  inFolder(options, false, (sys, folder) => {
    if (end !== undefined) {
      put(sys, folder, ENDED, end);
    }
    removeFrom(sys, folder, [BEGUN]);
  });
}

/** Takes back what waits; true where something did. */
export function dropScheduled(options: RunsOptions): boolean {
  return inFolder(options, false, (sys, folder) => removeFrom(sys, folder, [PENDING])) ?? false;
}

/** Somebody saw how it ended, or that it has no end. */
export function acknowledgeScheduled(options: RunsOptions): void {
  inFolder(options, false, (sys, folder) => removeFrom(sys, folder, [ENDED, BEGUN]));
}

function inFolder<T>(
  { stateSys: sys, stateDir, uid }: RunsOptions,
  create: boolean,
  use: (sys: Sys, folder: Fd) => T,
): T | undefined {
  const home = openPlace(sys, stateDir, { uid, allowVolatile: true, create: false });
  if (home === undefined) {
    return undefined;
  }
  return holding(sys, home, () => {
    const folder = create ? ensureFolder(sys, home, FOLDER) : openIfThere(sys, home, FOLDER);
    return folder === undefined ? undefined : holding(sys, folder, () => use(sys, folder));
  });
}

function put(sys: Sys, folder: Fd, name: string, value: unknown): void {
  const unfinished = `.${name}`;
  removeFrom(sys, folder, [unfinished]);
  writeNew(sys, folder, { name: unfinished, content: new TextEncoder().encode(`${JSON.stringify(value)}\n`) });
  sys.rename(folder, unfinished, name);
  sys.sync(folder);
}

function removeFrom(sys: Sys, folder: Fd, names: readonly string[]): boolean {
  const there = names.filter((name) => sys.statAt(folder, name) !== undefined);
  there.forEach((name) => sys.unlink(folder, name));
  sys.sync(folder);
  return there.length > 0;
}

interface Shape<T> {
  readonly safeParse: (value: unknown) => { readonly success: true; readonly data: T } | { readonly success: false };
}

function read<T>(
  sys: Sys,
  folder: Fd,
  name: string,
  shape: Shape<T>,
): { readonly value: T | undefined; readonly damaged: boolean } {
  const bytes = attempt(() => readIfThere(sys, folder, name));
  if (bytes.ok && bytes.value === undefined) {
    return { value: undefined, damaged: false };
  }
  try {
    const parsed = shape.safeParse(JSON.parse(new TextDecoder().decode(bytes.ok ? bytes.value : undefined)));
    return { value: parsed.success ? parsed.data : undefined, damaged: !parsed.success };
  } catch {
    return { value: undefined, damaged: true };
  }
}
