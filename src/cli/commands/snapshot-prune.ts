import type { CommandModule } from 'yargs';
import { pruneChoice } from '../../app/prune.ts';
import { EXIT, type ExitCode, HardenError } from '../../model/errors.ts';
import type { Trouble } from '../../model/transaction.ts';
import { printableJson } from '../../render/printable.ts';
import { pruneText, prunedText } from '../../render/prune-text.ts';
import { changeableGround } from '../compose.ts';
import { withStore } from '../store-place.ts';
import { durationMs } from '../duration.ts';
import type { Finish } from '../finish.ts';
import { formatOptions, placeOptions } from '../options.ts';
import { print, tell } from '../output.ts';
import { drawnPrompter, linePrompter } from '../prompter.ts';
import { refuseUnrecovered } from '../recovered.ts';
import type { StopSignals } from '../signals.ts';
import { type Terminal, readTerminal } from '../terminal.ts';

interface PruneArguments {
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly keep: number | undefined;
  readonly 'older-than': string | undefined;
  readonly yes: boolean;
  readonly input: boolean;
  readonly 'dry-run': boolean;
  readonly 'state-dir': string | undefined;
}

/** `nothing`: nobody was asked, since there is nothing to delete or only a look was wanted. */
type Consent = 'yes' | 'no' | 'nothing';

const TRIES = 3;

export function pruneCommand(finish: Finish) {
  return {
    command: 'prune',
    describe: 'delete snapshots no rollback needs; shows them and asks first',
    builder: (argv) =>
      placeOptions(formatOptions(argv))
        .option('keep', {
          type: 'number',
          requiresArg: true,
          describe: 'also older applies that stand, but keep the newest N',
        })
        .option('older-than', {
          type: 'string',
          requiresArg: true,
          describe: 'also applies that stand, but only what is older than this (90d)',
        })
        .option('yes', { type: 'boolean', default: false, describe: 'delete without a question' })
        .option('input', { type: 'boolean', default: true, describe: 'ask on a terminal; --no-input never asks' })
        .option('dry-run', { type: 'boolean', default: false, describe: 'only show what would go' }),
    handler: (args) => handle(args, finish),
  } satisfies CommandModule<object, PruneArguments>;
}

async function handle(args: PruneArguments, finish: Finish): Promise<void> {
  const json = args.json || args.format === 'json';
  const terminal = readTerminal(args.input && !json);
  const olderThan = args['older-than'];
  const olderThanMs = olderThan === undefined ? undefined : durationMs('--older-than', olderThan);
  const keep = keepFrom(args.keep);
  const ground = changeableGround(args.root);
  const place = {
    root: args.root,
    stateDir: args['state-dir'],
    // Nothing is kept here that would have to last.
    acceptVolatile: true,
    dryRun: args['dry-run'],
    recovered: refuseUnrecovered,
  };
  const { choice, ...end } = await withStore(ground, place, async (store, stop) => {
    const found = pruneChoice(store.snapshots, { keep, olderThanMs, now: ground.now() });
    if (!json) {
      tell(pruneText(found, terminal.err));
    }
    const answer: Consent =
      found.going.length === 0 || args['dry-run'] ? 'nothing' : await consent(args, terminal, stop);
    const ids = found.going.map(({ id }) => id);
    return { choice: found, answer, troubles: answer === 'yes' ? store.removeSnapshots(ids) : [] };
  });
  const code = exitOf(end.answer, end.troubles);
  finish(code);
  await print(
    json
      ? printableJson({
          schema: 'urn:harden:prune:1',
          schemaMinor: 0,
          exit: code,
          // All of it: what is left is in `troubles`.
          removed: end.answer === 'yes' && end.troubles.length === 0,
          ...choice,
          troubles: end.troubles,
        })
      : prunedText(choice, end),
  );
}

function keepFrom(keep: number | undefined): number | undefined {
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 0)) {
    throw new HardenError({
      code: 'H0064',
      exit: EXIT.usage,
      message: '--keep takes a number of snapshots. Nothing was changed.',
      hint: 'For example: sudo harden snapshot prune --keep 10',
    });
  }
  return keep;
}

function exitOf(answer: Consent, troubles: readonly Trouble[]): ExitCode {
  if (troubles.length > 0) {
    return EXIT.notAsItShouldBe;
  }
  return answer === 'no' ? EXIT.declined : EXIT.ok;
}

/** @throws HardenError where nobody can be asked */
async function consent(
  { yes }: Pick<PruneArguments, 'yes'>,
  { canAsk, err }: Terminal,
  stop: StopSignals,
): Promise<'yes' | 'no'> {
  if (yes) {
    return 'yes';
  }
  if (!canAsk) {
    throw new HardenError({
      code: 'H4001',
      exit: EXIT.approvalNeeded,
      message: 'approval is needed, and there is no terminal to ask on. Nothing was deleted.',
      hint: 'To delete what is listed: add --yes',
    });
  }
  return stop.whileAsking(async (signal) => {
    const prompter =
      err.accessible === true ? linePrompter(() => Promise.resolve(undefined), signal) : drawnPrompter(err, signal);
    const items = [
      ['yes', 'delete them'],
      ['no', 'keep all'],
    ] as const;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const answer = await prompter.line({ message: 'Delete them?  yes / no', empty: 'no', items });
      const word = answer?.trim().toLowerCase() ?? 'no';
      if (['yes', 'y', 'no', 'n'].includes(word)) {
        return word.startsWith('y') ? 'yes' : 'no';
      }
      tell('Not understood. Type one of: yes, no\n');
    }
    return 'no';
  });
}
