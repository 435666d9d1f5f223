import { type AbsPath, absPath, joinPath } from '../model/brand.ts';
import { HardenError } from '../model/errors.ts';
import { HOOK_EVENTS, type Hook, type HookEvent, type HookRun, type HookRunner } from '../model/hook.ts';
import type { CommandOutcome, HostReader } from '../model/host.ts';
import { type TrustedKind, refuseForeign } from './trusted-files.ts';

export const HOOKS_DIR = absPath('/etc/harden/hooks.d');

const HOOK: TrustedKind = { code: 'H5011', what: 'a hook', because: 'it runs as root' };
/** What packages and editors leave beside a file. */
const LEFTOVER = /~$|\.(?:bak|orig|dpkg-\w+|ucf-\w+|rpm(?:new|save|orig)|swp)$/;
const MAX_HOOKS = 20;
const OUTPUT = 2000;

type Looker = Pick<HostReader, 'list' | 'stat' | 'realPath'>;

/** The hooks of an event, by name; none where there is no such folder. */
export function hooksOf(host: Looker, event: HookEvent): readonly Hook[] {
  const folder = joinPath(HOOKS_DIR, event);
  const names = host.list(folder);
  if (names.status === 'absent') {
    return [];
  }
  if (names.status === 'unreadable') {
    return [{ event, path: folder, state: { refused: names.reason } }];
  }
  const hooks = [...names.value].sort().filter((name) => !name.startsWith('.') && !LEFTOVER.test(name));
  return hooks.map((name, index) => {
    const path = joinPath(folder, name);
    const tooMany = `more than the ${MAX_HOOKS} hooks of an event that are run`;
    return { event, path, state: index < MAX_HOOKS ? stateOf(host, path) : { refused: tooMany } };
  });
}

export function allHooks(host: Looker): readonly Hook[] {
  return HOOK_EVENTS.flatMap((event) => hooksOf(host, event));
}

export interface HookWish {
  readonly event: HookEvent;
  /** What they get on standard input. */
  readonly document: string;
  /** For one hook, and for all of them together. */
  readonly limits: { readonly eachMs: number; readonly allMs: number };
  /** Ends the one at work; those after it are not run. */
  readonly stop: AbortSignal;
}

/** Runs the hooks of an event one after the other; what one does says nothing about the next. Never rejects. */
export async function runHooks(host: Looker, run: HookRunner, wish: HookWish): Promise<readonly HookRun[]> {
  const { event, document, limits, stop } = wish;
  const until = performance.now() + limits.allMs;
  const ran: HookRun[] = [];
  for (const { path, state } of hooksOf(host, event)) {
    const limitMs = Math.min(limits.eachMs, Math.round(until - performance.now()));
    if (typeof state === 'object') {
      ran.push({ hook: path, ended: 'not-run', reason: state.refused });
    } else if (state === 'on' && (stop.aborted || limitMs <= 0)) {
      const reason = stop.aborted ? 'harden was stopped before' : 'the hooks before it took all the time';
      ran.push({ hook: path, ended: 'not-run', reason });
    } else if (state === 'on') {
      ran.push(reportOf(path, await run(path, { args: [event], input: document, limitMs, stop }), stop));
    }
  }
  return ran;
}

function stateOf(host: Looker, path: AbsPath): Hook['state'] {
  const stat = host.stat(path);
  if (stat.status !== 'present') {
    return { refused: 'it cannot be looked at' };
  }
  if (stat.value.type !== 'file') {
    return { refused: `it is a ${stat.value.type}, not a regular file` };
  }
  if ((stat.value.mode & 0o111) === 0) {
    return 'off';
  }
  try {
    refuseForeign(host, path, HOOK);
    return 'on';
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
    return { refused: error.message.replace(/^.* is not trusted: /, '').replace(/\. Nothing was changed\.$/, '') };
  }
}

function reportOf(hook: AbsPath, outcome: CommandOutcome, stop: AbortSignal): HookRun {
  switch (outcome.type) {
    case 'exited':
      return outcome.code === 0
        ? { hook, ended: 'well' }
        : { hook, ended: 'badly', reason: `it ended with ${outcome.code}`, ...outputOf(outcome) };
    case 'killed': {
      const reason = stop.aborted ? 'it was ended, since harden was stopped' : `it was ended by ${outcome.signal}`;
      return { hook, ended: 'badly', reason, ...outputOf(outcome) };
    }
    case 'timed-out':
      return { hook, ended: 'badly', reason: `it did not end within ${Math.ceil(outcome.afterMs / 1000)} s` };
    case 'not-found':
      return { hook, ended: 'not-run', reason: 'it is not there any more' };
    case 'not-started':
      return { hook, ended: 'not-run', reason: outcome.reason };
  }
}

function outputOf({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): {
  readonly output?: string;
} {
  const output = (stderr.trim() === '' ? stdout : stderr).trim().slice(-OUTPUT);
  return output === '' ? {} : { output };
}
