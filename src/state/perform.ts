import type { Command, CommandOutcome, FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Activation, StepInput } from '../model/transaction.ts';
import { changeAccess } from './change-access.ts';
import { refuseExchanged } from './gates.ts';
import { holding } from './held.ts';
import { type ObjectState, type ObjectStep, sameState, savedName, shelterName, tempName } from './manifest.ts';
import { prepareFile, putInPlace } from './put-file.ts';
import { type Seen, see } from './see.ts';
import { Refusal } from './trouble.ts';
import { type Targets, inExistingFolder } from './walk.ts';

type ObjectInput = Exclude<StepInput, { kind: 'command' | 'activate' }>;
type WriteInput = Extract<StepInput, { kind: 'write-file' }>;

export interface PerformGround {
  readonly targets: Targets;
  readonly id: string;
  /** All hidden names of this transaction. */
  readonly listed: ReadonlySet<string>;
  /** Holds the saved copy a write takes its metadata from, while `use` runs. */
  holdingSaved<T>(from: NonNullable<WriteInput['restoreFrom']>, step: ObjectStep, use: (blob: Fd) => T): T;
}

/** One step on one object, with the state it starts from. */
interface Doing {
  readonly ground: PerformGround;
  readonly sys: Sys;
  readonly folder: Fd;
  readonly name: string;
  readonly temp: string;
  readonly shelter: string;
  readonly saved: string;
  readonly step: ObjectStep;
  readonly now: Seen;
}

/**
 * Looks once more, lets the caller write down the intent, changes, looks at the result from `/` again.
 * @throws Refusal or an error of Sys; whatever was done then is undone by the undo.
 */
export function performObjectStep(
  ground: PerformGround,
  at: {
    readonly index: number;
    readonly step: ObjectStep;
    readonly input: ObjectInput;
    /** Where it was looked at in a folder that was open to others then. */
    readonly seen: FileStat | undefined;
  },
  intent: (names: readonly string[]) => void,
): void {
  const { index, step, input, seen } = at;
  const { sys } = ground.targets;
  const temp = tempName(ground.id, index);
  const shelter = shelterName(ground.id, index);
  const saved = savedName(ground.id, index);
  const placed = inExistingFolder(ground.targets, step.path, (folder, name) => {
    const now = see(sys, folder, name, withContent(step));
    if (!sameState(now.state, step.before)) {
      throw new Refusal('somebody else changed it meanwhile');
    }
    if (seen !== undefined) {
      refuseExchanged(now.stat, seen);
    }
    intent([temp, shelter, saved]);
    return change({ ground, sys, folder, name, temp, shelter, saved, step, now }, input);
  });
  inExistingFolder(ground.targets, step.path, (folder, name) => {
    const now = see(sys, folder, name, withContent(step));
    if (!sameState(now.state, step.after) || now.stat?.ino !== placed?.ino) {
      throw new Refusal('it did not end up as planned');
    }
  });
}

/** @throws Refusal unless every command ends with 0 in its time. */
export function runAll(sys: Sys, commands: readonly Command[], timeoutMs: number): void {
  for (const command of commands) {
    const reason = failureOf(sys.run(command, timeoutMs));
    if (reason !== undefined) {
      throw new Refusal(`${[command.tool, ...command.args].join(' ')} ${reason}`);
    }
  }
}

/** Returns when the service had the time to take its files up. @throws Refusal */
export function activate(sys: Sys, { commands, timeoutMs, settleMs }: Activation): void {
  runAll(sys, commands, timeoutMs);
  if (settleMs !== undefined) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settleMs);
  }
}

/** Why an outcome is not a success; undefined where it is one. */
export function failureOf(outcome: CommandOutcome): string | undefined {
  switch (outcome.type) {
    case 'exited':
      return outcome.code === 0 ? undefined : `ended with ${outcome.code}${said(outcome.stderr)}`;
    case 'killed':
      return `was ended by ${outcome.signal}${said(outcome.stderr)}`;
    case 'timed-out':
      return `did not end within ${outcome.afterMs / 1000} s`;
    case 'not-found':
      return 'is not installed';
    case 'not-started':
      return `was not started: ${outcome.reason}`;
  }
}

function said(stderr: string): string {
  // systemctl ends with where to look; why stands before that.
  const lines = stderr.trim().split('\n');
  const line = lines.findLast((one) => !one.startsWith('See "systemctl ')) ?? '';
  return line === '' ? '' : `: ${line.slice(0, 300)}`;
}

function withContent({ before, after }: ObjectStep): boolean {
  return hasContent(before) || hasContent(after);
}

function hasContent(state: ObjectState): boolean {
  return state.kind === 'object' && state.content !== null;
}

/** What stands in the place then; undefined where nothing does. */
function change(doing: Doing, input: ObjectInput): FileStat | undefined {
  switch (input.kind) {
    case 'write-file':
      return writeFile(doing, input);
    case 'remove-file':
      setAside(doing);
      return undefined;
    case 'make-directory':
      return makeDirectory(doing);
    case 'remove-directory':
      removeDirectory(doing);
      return undefined;
    case 'set-access':
      return setAccess(doing);
  }
}

function writeFile(doing: Doing, input: WriteInput): FileStat {
  const { sys, folder, name, temp, shelter, step, now } = doing;
  if (step.after.kind !== 'object') {
    throw new Error('a written file has no state');
  }
  const { access, content } = step.after;
  const prepare = (source: Fd | undefined, exact: boolean, extended: string | null): FileStat => {
    const metadata = source === undefined ? undefined : { fd: source, extended, shelter };
    const file = { temp, content: input.content, access, metadata, exact: exact ? source : undefined };
    const stat = prepareFile(sys, folder, file);
    putInPlace(sys, folder, doing, now);
    return stat;
  };
  if (input.restoreFrom !== undefined) {
    const exact = content?.mtimeNs !== null;
    return doing.ground.holdingSaved(input.restoreFrom, step, (blob) => prepare(blob, exact, null));
  }
  if (now.stat === undefined) {
    return prepare(undefined, false, null);
  }
  const extended = now.state.kind === 'object' ? (now.state.content?.extended ?? null) : null;
  return holding(sys, sys.openObject(folder, name), (old) => {
    if (!sameObject(sys, old, now)) {
      throw new Refusal('somebody else changed it at this moment');
    }
    return prepare(old, false, extended);
  });
}

function sameObject(sys: Sys, fd: Fd, seen: Seen): boolean {
  const stat = sys.stat(fd);
  return stat.dev === seen.stat?.dev && stat.ino === seen.stat.ino;
}

/** Removed files and folders are renamed; what they hold goes with them, and they are taken away after the commit. */
function setAside({ sys, folder, name, saved, now }: Doing): void {
  if (sys.statAt(folder, saved) !== undefined || sys.statAt(folder, name)?.ino !== now.stat?.ino) {
    throw new Refusal('somebody else changed it at this moment');
  }
  sys.rename(folder, name, saved);
  sys.sync(folder);
}

function removeDirectory(doing: Doing): void {
  const { sys, folder, name, saved, ground } = doing;
  refuseForeign(sys, folder, name, ground.listed);
  setAside(doing);
  refuseForeign(sys, folder, saved, ground.listed);
}

function refuseForeign(sys: Sys, folder: Fd, name: string, listed: ReadonlySet<string>): void {
  holding(sys, sys.openObject(folder, name), (fd) => {
    const foreign = sys.list(fd).filter((one) => !listed.has(one));
    if (foreign.length > 0) {
      throw new Refusal(`the folder still holds ${foreign.slice(0, 3).join(', ')}`);
    }
  });
}

/** Finished under a hidden name, so that it never stands there half-made. */
function makeDirectory({ sys, folder, name, temp, step }: Doing): FileStat {
  if (step.after.kind !== 'object') {
    throw new Error('a made folder has no state');
  }
  const { access } = step.after;
  sys.makeDirectory(folder, temp, 0o700);
  const stat = holding(sys, sys.openObject(folder, temp), (made) => {
    sys.chmod(made, 0o700);
    sys.chown(made, access.uid, access.gid);
    sys.chmod(made, access.mode);
    sys.sync(made);
    return sys.stat(made);
  });
  if (sys.statAt(folder, name) !== undefined) {
    throw new Refusal('somebody else made it at this moment');
  }
  sys.rename(folder, temp, name);
  sys.sync(folder);
  return stat;
}

function setAccess({ sys, folder, name, step, now }: Doing): FileStat {
  const { before, after } = step;
  if (before.kind !== 'object' || after.kind !== 'object') {
    throw new Error('an access is set on nothing');
  }
  return holding(sys, sys.openObject(folder, name), (fd) => {
    const stat = sys.stat(fd);
    if (stat.dev !== now.stat?.dev || stat.ino !== now.stat.ino || stat.type !== after.fileType) {
      throw new Refusal('somebody else changed it at this moment');
    }
    changeAccess(sys, fd, before.access, after.access);
    sys.sync(stat.type === 'file' || stat.type === 'directory' ? fd : folder);
    if (sys.statAt(folder, name)?.ino !== stat.ino) {
      throw new Refusal('somebody else exchanged it at this moment');
    }
    return stat;
  });
}
