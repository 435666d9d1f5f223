import type { CommandModule } from 'yargs';
import { rollback } from '../../app/rollback.ts';
import type { Impact } from '../../model/change.ts';
import { atPlace, shellWord } from '../../model/command-place.ts';
import type { Differences } from '../../model/file-difference.ts';
import type { Plan } from '../../model/plan.ts';
import type { Risk } from '../../model/remediation.ts';
import { reportWaivers } from '../../plan/report-of.ts';
import { planUnasked, rollbackPlanText } from '../../render/plan-text.ts';
import { changeableGround } from '../compose.ts';
import { withStore } from '../store-place.ts';
import { type ControlArguments, controlOptions, isChoice } from '../control-options.ts';
import { type Events, type LoggedArguments, withRunEvents } from '../events.ts';
import type { Finish } from '../finish.ts';
import { refuseUnrecovered } from '../recovered.ts';
import { revertNow } from '../revert-now.ts';
import {
  consentOptions,
  eventsOption,
  noteOptions,
  formatOptions,
  healthOptions,
  outputOption,
  reportOption,
  stateOptions,
} from '../options.ts';
import { healthSetup } from '../health.ts';
import { planJson } from './plan.ts';
import { print } from '../output.ts';
import { commandPlace } from '../place.ts';
import { type NoteArguments, noteFrom } from '../approval.ts';
import { reportsFrom } from '../reports.ts';
import { wordsAgain } from '../said-words.ts';
import { type EndedRun, endedRun, hooksOfRun, runOf } from '../stored-runs.ts';
import { keepCopy } from '../result-file.ts';
import { type Terminal, readTerminal } from '../terminal.ts';
import { personUi } from '../ui.ts';
import { newId } from '../new-id.ts';
import { outcomeExit, outcomeText } from '../outcome.ts';

interface RollbackArguments extends NoteArguments, LoggedArguments, ControlArguments {
  readonly report: string[];
  readonly snapshot: string | undefined;
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly yes: boolean;
  readonly 'max-risk': Risk;
  readonly 'max-impact': Impact;
  readonly input?: boolean;
  readonly plan: boolean;
  readonly 'dry-run': boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
  readonly health: string[];
  readonly 'trial-container': boolean;
}

/** As files others changed since were left, and as they are. */
type Since = Differences['files'];

export function rollbackCommand(finish: Finish) {
  return {
    command: 'rollback [snapshot]',
    describe: 'put a snapshot back, and verify that it is back',
    builder: (argv) =>
      eventsOption(
        noteOptions(
          reportOption(healthOptions(stateOptions(consentOptions(outputOption(formatOptions(controlOptions(argv))))))),
        ),
      )
        .positional('snapshot', {
          type: 'string',
          describe: 'id of a snapshot; without one the last apply that was not taken back',
        })
        .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
        .option('plan', {
          type: 'boolean',
          default: false,
          describe: 'show the way back as a plan, change nothing; with --json the plan itself',
        })
        .option('dry-run', { type: 'boolean', default: false, describe: 'all of rollback but the writes' }),
    handler: (args) => {
      const told = { ...args, 'dry-run': args['dry-run'] || args.plan };
      return withRunEvents(told, finish, (events, finish) => handle(args, events, finish));
    },
  } satisfies CommandModule<object, RollbackArguments>;
}

async function handle(args: RollbackArguments, events: Events, finish: Finish): Promise<void> {
  const runId = newId();
  events.started(runId, 'rollback');
  const json = args.json || args.format === 'json';
  const terminal = readTerminal(args.input ?? true, json);
  const reports = reportsFrom(args.report, json);
  let since: Since = [];
  const note = (files: Since): void => {
    since = files;
  };
  const run = await carriedOut({ ...args, runId }, { terminal, events, note });
  const { outcome, json: ended } = run;
  const { host, id } = outcome.plan;
  events.ended(outcome);
  finish(outcomeExit(outcome));
  const result = args.plan ? planJson(outcome.plan) : ended;
  const name = `harden-rollback-${args.plan ? 'plan-' : ''}${host.name}-${id}.json`;
  if (!reports.takesOutput) {
    await print(
      json ? result : outcomeText(outcome, 'rollback', terminal, unfoldFor(args)) + (await sinceText(since, terminal)),
    );
  }
  await hooksOfRun(args, run);
  finish(await keepCopy(args.output, name, result, outcomeExit(outcome)));
  const parts = { kind: 'rollback', proofs: [], met: [], waivers: reportWaivers(outcome.plan) } as const;
  await reports.write(outcome.plan, parts, result);
}

/** "harden explain N" would count in the plan of this moment. */
function unfoldFor({ snapshot }: Pick<RollbackArguments, 'snapshot'>): string {
  const id = snapshot === undefined ? [] : [shellWord(snapshot)];
  return atPlace(['sudo harden snapshot show', ...id].join(' '), commandPlace());
}

/** What others made of the files that stay. */
async function sinceText(files: Since, { out }: Terminal): Promise<string> {
  if (files.length === 0) {
    return '';
  }
  const [{ unifiedDiff }, { masked }] = await Promise.all([
    import('../../render/unified-diff.ts'),
    import('../masked.ts'),
  ]);
  const diffs = masked({ files, unseen: [] }).files.map((file) => unifiedDiff(file, out).join('\n'));
  return `\nChanged since, from what the apply left to what is there now:\n${diffs.join('\n')}\n`;
}

interface Told {
  readonly terminal: Terminal;
  readonly events: Events;
  readonly note: (files: Since) => void;
}

async function carriedOut(
  args: RollbackArguments & { readonly runId: string },
  { terminal, events, note: changedSince }: Told,
): Promise<EndedRun> {
  const ground = changeableGround(args.root);
  const note = noteFrom(args);
  const request = {
    snapshot: args.snapshot,
    part: isChoice(args) ? args : undefined,
    yes: args.yes,
    ceiling: { maxRisk: args['max-risk'], maxImpact: args['max-impact'] },
    dryRun: args.plan || args['dry-run'],
    newId: () => args.runId,
    words: wordsAgain(),
    note,
    changedSince,
    health: await healthSetup(ground, args),
  };
  const state = { stateDir: args['state-dir'], acceptVolatile: args['accept-volatile-state'] };
  const waiting = revertNow(ground, state, request.part === undefined && !request.dryRun ? args.snapshot : undefined);
  const place = {
    root: args.root,
    ...state,
    dryRun: args.plan || args['dry-run'],
    recovered: refuseUnrecovered,
    ending: waiting.ending,
  };
  const views = {
    asked: (plan: Plan) => rollbackPlanText(plan, terminal.err, unfoldFor(args)),
    approved: (plan: Plan) => planUnasked(plan, terminal.err, 'rollback'),
  };
  return withStore(ground, place, async (store, stop) => {
    const ui = personUi(terminal, stop, views);
    const outcome =
      waiting.outcome() ?? (await rollback(ground, store, request, events.under(ui)).finally(() => ui.done()));
    return endedRun(store, outcome, runOf({ id: args.runId, verb: 'rollback', ...note }, ground));
  });
}
