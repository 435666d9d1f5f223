import { printableJson } from '../../render/printable.ts';
import type { CommandModule } from 'yargs';
import { type ConfirmOutcome, confirm, notPutBack } from '../../app/confirm.ts';
import { refuseStopped } from '../../app/ending.ts';
import type { Ground } from '../../app/ground.ts';
import { failingNow } from '../../app/health.ts';
import type { ConfirmAnswer } from '../../model/answers/runs.ts';
import type { Trouble } from '../../model/transaction.ts';
import { keptText, notAsProvenText, takenBackText, unwellText } from '../../render/keep-text.ts';
import { keptEntry } from '../../render/log-text.ts';
import type { Style } from '../../render/layout.ts';
import { changeableGround } from '../compose.ts';
import { withStore } from '../store-place.ts';
import { confirmExit } from '../confirm-exit.ts';
import { keepConfirmed } from '../ended-runs.ts';
import type { Finish } from '../finish.ts';
import { clocksFor } from '../keeping.ts';
import { healthSetup } from '../health.ts';
import { log } from '../log.ts';
import { checkOptions, formatOptions, stateOptions } from '../options.ts';
import { print } from '../output.ts';
import { commandPlace } from '../place.ts';
import { refuseUnrecovered } from '../recovered.ts';
import { readTerminal } from '../terminal.ts';

interface ConfirmArguments {
  readonly snapshot: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
  readonly health: string[];
  readonly 'despite-health': boolean;
}

const STILL_WAITS = 'Nothing was kept: the changes wait as they did, and the clock goes on.';

export function confirmCommand(finish: Finish) {
  return {
    command: 'confirm [snapshot]',
    describe: 'keep changes that would otherwise be taken back by themselves',
    builder: (argv) =>
      checkOptions(stateOptions(formatOptions(argv)), '; what the apply was told is not kept: name it again')
        .positional('snapshot', {
          type: 'string',
          describe: 'id of the apply, or its beginning; without one whichever waits',
        })
        .option('despite-health', {
          type: 'boolean',
          default: false,
          describe: 'keep them whatever the health checks say; none is run',
        }),
    handler: async (args) => {
      const outcome = await keep({
        wish: args.snapshot,
        stateDir: args['state-dir'],
        acceptVolatile: args['accept-volatile-state'],
        health: args['despite-health'] ? undefined : args.health,
      });
      const json = args.json || args.format === 'json';
      finish(confirmExit(outcome));
      await print(json ? confirmJson(outcome) : confirmText(outcome, readTerminal(false).out));
    },
  } satisfies CommandModule<object, ConfirmArguments>;
}

/** The same for `harden confirm` and for "keep" typed at the terminal of the apply. */
export function keep(wish: {
  readonly wish: string | undefined;
  readonly stateDir: string | undefined;
  readonly acceptVolatile: boolean;
  /** Checks besides those of the machine; undefined: none of all is run. */
  readonly health: readonly string[] | undefined;
}): Promise<ConfirmOutcome> {
  const ground = changeableGround(undefined);
  const { stateDir, acceptVolatile } = wish;
  return withStore(
    ground,
    {
      root: undefined,
      stateDir,
      acceptVolatile,
      dryRun: false,
      recovered: (list) => refuseUnrecovered(list.filter(({ outcome }) => outcome !== 'waiting')),
    },
    async (store, stop) => {
      const unlessStopped = (id: string): void => {
        const next = `To keep them: sudo harden confirm ${id}; to take them back now: sudo harden rollback ${id}`;
        refuseStopped({ stopRequested: () => stop.requested() }, { still: STILL_WAITS, next });
      };
      const lastChance = (): void => {
        // What follows is one record; a signal during or after it ends the program like any other, and the record says what counts.
        stop.release();
      };
      const clocks = clocksFor({ stateDir, acceptVolatile });
      const failing = failingOf(ground, wish.health, () => stop.requested() !== undefined);
      const outcome = await confirm(ground, store, { wish: wish.wish, failing, unlessStopped, lastChance }, clocks);
      keepConfirmed(store, ground, outcome);
      log(keptEntry(outcome.id, outcome.type));
      return outcome;
    },
  );
}

/** Read only now: a file of checks with mistakes is no reason not to tell that nothing waits. */
function failingOf(
  ground: Ground,
  health: readonly string[] | undefined,
  stop: () => boolean,
): (() => Promise<readonly Trouble[]>) | undefined {
  if (health === undefined) {
    return undefined;
  }
  return async () => {
    const setup = await healthSetup(ground, { health, 'trial-container': false });
    return setup === undefined ? [] : failingNow(setup, stop);
  };
}

export function confirmJson(outcome: ConfirmOutcome): string {
  return printableJson({
    schema: 'urn:harden:confirm:1',
    schemaMinor: 0,
    exit: confirmExit(outcome),
    ...outcome,
  } satisfies ConfirmAnswer);
}

export function confirmText(outcome: ConfirmOutcome, style: Style): string {
  switch (outcome.type) {
    case 'kept':
      return keptText(outcome.id, commandPlace(), style);
    case 'kept-already':
      return `Run ${outcome.id} was kept before. Nothing was changed.\n`;
    case 'not-as-proven':
      return notAsProvenText({ ...outcome, place: commandPlace() }, style);
    case 'unwell':
      return unwellText({ ...outcome, place: commandPlace() }, style);
    case 'put-back': {
      const found = notPutBack(outcome.undo);
      // Nobody has looked at the host.
      const troubles = found.length === 0 ? null : found;
      return `${outcome.reason}\n${takenBackText({ id: outcome.id, troubles, place: commandPlace() }, style)}`;
    }
  }
}
