import { printable, printableJson } from '../../render/printable.ts';
import type { Argv, CommandModule } from 'yargs';
import { type HistoryLine, type PastPlan, historyOf, whatOf } from '../../app/history.ts';
import type { RunOutcome } from '../../app/outcome.ts';
import type { DifferenceAnswer, RunsAnswer } from '../../model/answers/runs.ts';
import { EXIT } from '../../model/errors.ts';
import type { RunResult } from '../../model/result.ts';
import type { HistoryRow } from '../../render/history-text.ts';
import type { Finish } from '../finish.ts';
import { formatOptions } from '../options.ts';
import { outcomeText } from '../outcome.ts';
import { print } from '../output.ts';
import { commandPlace } from '../place.ts';
import { type RunsArguments, lookAtRuns, pastPlan } from '../stored-runs.ts';
import { type Terminal, readTerminal } from '../terminal.ts';

interface HistoryArguments extends RunsArguments {
  readonly format: 'text' | 'json';
  readonly json: boolean;
}

export function historyCommand(finish: Finish) {
  return {
    command: 'history',
    describe: 'what was applied, put back and verified here: list | show | diff',
    builder: (argv: Argv) =>
      argv
        .command(listCommand(finish))
        .command(showCommand())
        .command(diffCommand(finish))
        .demandCommand(1, 'name one: list, show, diff'),
    handler: () => undefined,
  } satisfies CommandModule;
}

function common<T>(argv: Argv<T>) {
  return formatOptions(argv)
    .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
    .option('state-dir', {
      type: 'string',
      requiresArg: true,
      describe: 'where runs are kept (default /var/lib/harden)',
    });
}

function listCommand(finish: Finish) {
  return {
    command: 'list',
    describe: 'all runs, newest first',
    builder: (argv) => common(argv),
    handler: async (args) => {
      const { historyText } = await import('../../render/history-text.ts');
      const { lines, damaged } = lookAtRuns(args, historyOf);
      const { missedApply } = await import('../scheduled-status.ts');
      const missed = missedApply(args, new Date());
      const text = historyText(lines.map(rowOf), readTerminal(false).out, missed);
      await print(
        isJson(args)
          ? json({
              schema: 'urn:harden:runs:1',
              schemaMinor: 0,
              runs: lines.map(rowOf),
              damaged,
              ...(missed === undefined ? {} : { missed }),
            } satisfies RunsAnswer)
          : text + damaged.map(({ what, reason }) => `! ${what}: ${reason}\n`).join(''),
      );
      finish(damaged.length === 0 ? EXIT.ok : EXIT.notEverythingChecked);
    },
  } satisfies CommandModule<object, HistoryArguments>;
}

function showCommand() {
  return {
    command: 'show <id>',
    describe: 'how one run ended (id, or its beginning; also of a snapshot, or a file with a result)',
    builder: (argv) => common(argv).positional('id', { type: 'string', demandOption: true, describe: 'the run' }),
    handler: async (args) => {
      const past = pastPlan(args, args.id);
      await print(isJson(args) ? past.json : await pastText(past, readTerminal(false)));
    },
  } satisfies CommandModule<object, HistoryArguments & { readonly id: string }>;
}

function diffCommand(finish: Finish) {
  return {
    command: 'diff <old> <new>',
    describe: 'what differs between two runs, snapshots or plan files; exit 2 where something does',
    builder: (argv) =>
      common(argv)
        .positional('old', { type: 'string', demandOption: true, describe: 'the older one: id or file' })
        .positional('new', { type: 'string', demandOption: true, describe: 'the newer one: id or file' }),
    handler: async (args) => {
      const { differenceOf } = await import('../../plan/difference.ts');
      const { differenceText, isEmpty } = await import('../../render/difference-text.ts');
      const difference = differenceOf(pastPlan(args, args.old), pastPlan(args, args.new));
      await print(
        isJson(args)
          ? json({ schema: 'urn:harden:difference:1', schemaMinor: 0, ...difference } satisfies DifferenceAnswer)
          : differenceText(difference, readTerminal(false).out),
      );
      finish(isEmpty(difference) ? EXIT.ok : EXIT.notAsItShouldBe);
    },
  } satisfies CommandModule<object, HistoryArguments & { readonly old: string; readonly new: string }>;
}

async function pastText({ kind, plan, result }: PastPlan, terminal: Terminal): Promise<string> {
  const { planText } = await import('../../render/plan-text.ts');
  if (result === undefined) {
    return planText(plan, terminal.out, []);
  }
  const { historyHead } = await import('../../render/history-text.ts');
  const { run, exit } = result;
  const head =
    run === undefined
      ? ''
      : historyHead(
          rowOf({ ...run, exit, profile: plan.content.profile, changes: plan.changes.length, run, ...whatOf(result) }),
          terminal.out,
        );
  if (result.type === 'verified') {
    const { verifyText } = await import('../../render/verify-text.ts');
    return head + verifyText(plan, terminal.out);
  }
  const { runDetailText } = await import('../../render/run-text.ts');
  const detailed = head + runDetailText(plan, terminal.out);
  if (result.type === 'kept') {
    const { keptText } = await import('../../render/keep-text.ts');
    return detailed + keptText(result.snapshot, commandPlace(), terminal.out);
  }
  if (result.type === 'refused') {
    return `${detailed}Not carried out: ${printable(result.message)}\n`;
  }
  return (
    detailed +
    outcomeText(outcomeOf(result), kind === 'rollback' ? 'rollback' : 'apply', { ...terminal, canAsk: false })
  );
}

/** A result is an outcome with a head. */
function outcomeOf(result: Exclude<RunResult, { type: 'verified' | 'kept' | 'refused' }>): RunOutcome {
  return result.type === 'rolled-back' ? { ...result, signal: result.signal } : result;
}

function rowOf({ id, at, verb, exit, by, profile, changes, run, of, cause, left }: HistoryLine): HistoryRow {
  const { reason, ticket, approvedAt } = run ?? {};
  return { id, at, verb, exit, by, profile, changes, reason, ticket, approvedAt, of, cause, left };
}

function isJson(args: Pick<HistoryArguments, 'format' | 'json'>): boolean {
  return args.json || args.format === 'json';
}

function json(value: unknown): string {
  return printableJson(value);
}
