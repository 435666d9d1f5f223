import { printableJson } from '../../render/printable.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandModule } from 'yargs';
import { type EndedRun, endRuns } from '../../app/revert.ts';
import type { RecoveryAnswer } from '../../model/answers/runs.ts';
import { EXIT, type ExitCode, HardenError } from '../../model/errors.ts';
import { GUARD_READY } from '../../model/revert-clock.ts';
import type { RecoverWish } from '../../model/revert.ts';
import { type GivenUp, givenUpText, recoveredText } from '../../render/recover-text.ts';
import type { Store } from '../../state/store.ts';
import { changeableGround } from '../compose.ts';
import { withStore } from '../store-place.ts';
import type { Finish } from '../finish.ts';
import { moment } from '../keeping.ts';
import { consentOptions, formatOptions, stateOptions } from '../options.ts';
import { print, tell } from '../output.ts';
import { commandPlace } from '../place.ts';
import { readTerminal } from '../terminal.ts';

interface RecoverArguments {
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly boot: boolean;
  readonly tx: string | undefined;
  readonly clock: string | undefined;
  readonly after: number | undefined;
  readonly 'give-up': string | undefined;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
}

/** Between two looks at a lock that somebody holds. */
const LOCK_PAUSE_MS = 250;

export function recoverCommand(finish: Finish) {
  return {
    command: 'recover',
    describe: 'finish or undo what a run left that was killed; asks nothing',
    builder: (argv) =>
      stateOptions(consentOptions(formatOptions(argv)))
        .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
        .option('boot', { type: 'boolean', default: false, describe: 'files only: early at boot, no service runs yet' })
        .option('give-up', {
          type: 'string',
          requiresArg: true,
          describe: 'id of a run that cannot be ended: leave the host as it is, keep all records, let others begin',
        })
        .option('tx', {
          type: 'string',
          requiresArg: true,
          hidden: true,
          describe: 'what a clock starts: this run is due',
        })
        .option('clock', { type: 'string', requiresArg: true, hidden: true, describe: 'the clock that starts it' })
        .option('after', { type: 'number', requiresArg: true, hidden: true, describe: 'milliseconds to wait before' }),
    handler: async (args) => {
      if (args.after !== undefined) {
        await print(GUARD_READY);
        await sleep(args.after);
      }
      const { ended, givenUp } = args.tx === undefined ? await end(args) : await whenUnlocked(() => end(args));
      const style = readTerminal(false).out;
      const place = commandPlace();
      const text =
        recoveredText(ended, place, style) + (givenUp === undefined ? '' : givenUpText(givenUp, place, style));
      finish(givenUp === undefined ? recoverExit(ended) : EXIT.needsAttention);
      if (args.tx !== undefined) {
        // Nobody reads the output of what a clock starts; what stands in the system's journal is this.
        tell(text);
        return;
      }
      const json = args.json || args.format === 'json';
      const recovered = ended;
      await print(
        json
          ? printableJson({
              schema: 'urn:harden:recovery:1',
              schemaMinor: 0,
              recovered,
              givenUp,
            } satisfies RecoveryAnswer)
          : text,
      );
    },
  } satisfies CommandModule<object, RecoverArguments>;
}

interface Ended {
  readonly ended: readonly EndedRun[];
  readonly givenUp: GivenUp | undefined;
}

async function end(args: RecoverArguments): Promise<Ended> {
  const ground = changeableGround(args.root);
  let ended: readonly EndedRun[] = [];
  const givenUp = await withStore(
    ground,
    {
      root: args.root,
      stateDir: args['state-dir'],
      acceptVolatile: args['accept-volatile-state'],
      dryRun: false,
      ending: async (store) => (ended = await endRuns(ground, store, { ...wishOf(args), now: moment(ground) })),
      recovered: () => undefined,
    },
    (store) => Promise.resolve(args['give-up'] === undefined ? undefined : giveUp(store, args['give-up'], ended)),
  );
  return { ended, givenUp };
}

/** Only what this very recovery tried to end and could not. @throws HardenError */
function giveUp(store: Store, id: string, ended: readonly EndedRun[]): GivenUp {
  const stuck = ended.find((one) => one.id === id);
  if (stuck !== undefined && stuck.outcome !== 'incomplete' && stuck.outcome !== 'refused') {
    throw new HardenError({
      code: 'H2023',
      exit: EXIT.usage,
      message: `run ${id} was ended just now; there is nothing to give up.`,
      hint: 'To see how this host stands: harden status',
    });
  }
  return { id, keptAt: store.giveUp(id), stays: stuck?.undo.failed ?? [] };
}

function wishOf({ boot, tx, clock }: RecoverArguments): RecoverWish {
  if (boot) {
    return { runtime: 'leave', unattended: 'boot' };
  }
  return tx === undefined ? {} : { unattended: 'clock', revert: clock === undefined ? { id: tx } : { id: tx, clock } };
}

/** Whoever holds the lock comes to an end, or is ended; what is due is due then too. */
async function whenUnlocked<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HardenError) || error.exit !== EXIT.locked) {
        throw error;
      }
      await sleep(LOCK_PAUSE_MS);
    }
  }
}

function recoverExit(ended: readonly EndedRun[]): ExitCode {
  const bad = ended.some(
    ({ outcome, undo, notAsBefore }) =>
      outcome === 'incomplete' || outcome === 'refused' || undo.kept.length > 0 || (notAsBefore ?? []).length > 0,
  );
  return bad ? EXIT.needsAttention : EXIT.ok;
}
