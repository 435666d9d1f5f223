import { hooksOf, runHooks } from '../app/hooks.ts';
import { liveHost } from '../host/live-host.ts';
import { runProgram } from '../host/run-tool.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HookEvent, HookRun, HookRunner } from '../model/hook.ts';
import { REVERT_SCHEMA, REVERT_SCHEMA_MINOR, type RevertDocument } from '../model/revert-document.ts';
import type { Recovered, Trouble } from '../model/transaction.ts';
import { errorText } from '../render/error-text.ts';
import { endedEntry } from '../render/log-text.ts';
import { printableJson } from '../render/printable.ts';
import { log } from './log.ts';
import { tell } from './output.ts';
import { readTerminal } from './terminal.ts';

const LIMITS = { eachMs: 30_000, allMs: 120_000 };
/** Of a run nobody has looked at again, as early at boot: nothing else starts before it is over. */
const BOOT_LIMITS = { eachMs: 10_000, allMs: 30_000 };
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SAID_LINES = 5;

/**
 * Runs the site's hooks of this machine and says which did not end well; gives all of them. Only root's runs have any. The lock is free by
 * then, so that a hook may run harden itself. A signal ends the hook at work, and never what harden says of its own run.
 */
export async function hooksAfter(event: HookEvent, document: string, limits = LIMITS): Promise<readonly HookRun[]> {
  const host = liveHost();
  if (process.geteuid?.() !== 0 || hooksOf(host, event).length === 0) {
    return [];
  }
  const end = new AbortController();
  const stop = (): void => end.abort();
  SIGNALS.forEach((name) => process.on(name, stop));
  // A limit of the whole command ends the program where it stands.
  process.on('exit', stop);
  try {
    const run: HookRunner = (path, { args, limitMs, ...given }) => runProgram(path, args, limitMs, given);
    const ran = await runHooks(host, run, { event, document, limits, stop: end.signal });
    for (const one of ran.filter(({ ended }) => ended !== 'well')) {
      tell(errorText(noticeOf(one), readTerminal(false).err));
    }
    return ran;
  } finally {
    SIGNALS.forEach((name) => process.off(name, stop));
    process.off('exit', stop);
  }
}

/** Tells the log what became of runs that had no end, and the hooks of every one that was taken back. */
export async function tellOfEnded(
  ended: readonly (Recovered & { readonly notAsBefore?: readonly Trouble[] | null })[],
  now: () => Date,
): Promise<void> {
  ended.filter(({ outcome }) => outcome !== 'waiting').forEach((one) => log(endedEntry(one)));
  for (const { id, outcome, undo, notKept, notAsBefore = null } of ended) {
    if (outcome === 'undone' || outcome === 'incomplete') {
      const cause = notKept === undefined ? 'recovery' : notKept === 'asked' ? 'clock' : notKept;
      const document = { id, cause, undo, notAsBefore, result: null } as const;
      await hooksAfter('revert', revertJson(document, now), notAsBefore === null ? BOOT_LIMITS : LIMITS);
    }
  }
}

type About = Omit<RevertDocument, 'schema' | 'schemaMinor' | 'at' | 'undo' | 'notAsBefore' | 'result'> & {
  readonly undo: Recovered['undo'] | null;
  readonly notAsBefore: readonly Trouble[] | null;
  readonly result: unknown;
};

/** `urn:harden:revert:1` */
export function revertJson(about: About, now: () => Date): string {
  return printableJson({
    schema: REVERT_SCHEMA,
    schemaMinor: REVERT_SCHEMA_MINOR,
    at: now().toISOString(),
    ...about,
  });
}

function noticeOf({ hook, ended, reason = '', output = '' }: HookRun): HardenError {
  const said = output.split('\n').filter((line) => line.trim() !== '');
  return new HardenError({
    code: ended === 'badly' ? 'H5010' : 'H5011',
    exit: EXIT.ok,
    message: `the hook ${hook} ${ended === 'badly' ? 'did not end well' : 'was not run'}: ${reason}. What harden did stays as it is.`,
    details: said.slice(-SAID_LINES),
    hint: 'To see all hooks: sudo harden doctor',
  });
}
