import type { CommandModule } from 'yargs';
import { makePlan } from '../../app/make-plan.ts';
import type { Ground } from '../../app/ground.ts';
import type { SinceApply } from '../../app/since-apply.ts';
import { chosenSnapshot, planOfSnapshot } from '../../app/snapshots.ts';
import { DEFAULT_PROFILE } from '../../catalogue/profiles.ts';
import { EXIT, type ExitCode, HardenError } from '../../model/errors.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Plan } from '../../model/plan.ts';
import type { ContainersDown } from '../../model/status.ts';
import { reportOf, reportWaivers } from '../../plan/report-of.ts';
import { type KnownFindings, verifyText } from '../../render/verify-text.ts';
import { tellBrokenFiles } from '../broken-files.ts';
import { groundFor, wishFor } from '../compose.ts';
import { readableSnapshots } from '../store-place.ts';
import type { ControlArguments } from '../control-options.ts';
import { type Events, type EventsArguments, withAnswerEvents } from '../events.ts';
import type { Finish } from '../finish.ts';
import {
  eventsOption,
  formatOptions,
  fromOption,
  outputOption,
  reportOption,
  scoreOption,
  selectionOptions,
  waiverOptions,
} from '../options.ts';
import { print, tell } from '../output.ts';
import { rootSeesMore } from '../partly-seen.ts';
import { commandPlace } from '../place.ts';
import { reportsFrom } from '../reports.ts';
import { type WaiverArguments, tellWaivers, withWaivers } from '../waivers.ts';
import { keepCopy, readInput } from '../result-file.ts';
import { tellReverted, tellUnfinished } from '../recovered.ts';
import { newId } from '../new-id.ts';
import { keepVerified, runOf } from '../stored-runs.ts';
import { datedGround } from '../source-date.ts';
import { readTerminal } from '../terminal.ts';
import { planJson } from './plan.ts';

interface VerifyArguments extends WaiverArguments, EventsArguments, ControlArguments {
  readonly waivers: string[];
  readonly profile: string;
  readonly root: string | undefined;
  readonly from: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly report: string[];
  readonly manual: 'fail' | 'ignore';
  readonly unknown: 'fail' | 'ignore';
  readonly 'since-run': string | undefined;
  readonly baseline: string | undefined;
  readonly score: boolean;
  readonly 'state-dir': string | undefined;
}

export function verifyCommand(finish: Finish) {
  return {
    command: 'verify',
    describe: 'assert that this host, or a recorded one, is as the profile asks; exit 2 where it is not',
    builder: (argv) =>
      scoreOption(
        eventsOption(waiverOptions(reportOption(outputOption(formatOptions(fromOption(selectionOptions(argv))))))),
      )
        .option('manual', {
          choices: ['fail', 'ignore'] as const,
          default: 'ignore' as const,
          describe: 'what only a person can decide',
        })
        .option('unknown', {
          choices: ['fail', 'ignore'] as const,
          default: 'fail' as const,
          describe: 'what could not be checked',
        })
        .option('baseline', {
          type: 'string',
          requiresArg: true,
          describe: 'a plan or a result of verify: only what is worse than it decides the exit code',
        })
        .option('since-run', {
          type: 'string',
          requiresArg: true,
          describe: 'only the controls that this apply changed something for (id, or its beginning)',
        })
        .option('state-dir', {
          type: 'string',
          requiresArg: true,
          describe: 'where snapshots are kept (default /var/lib/harden)',
        })
        // What is kept here says nothing of a host that is not here.
        .conflicts('from', ['root', 'since-run', 'state-dir']),
    handler: (args) => withAnswerEvents(args, finish, (events, finish) => handle(args, events, finish)),
  } satisfies CommandModule<object, VerifyArguments>;
}

async function handle(args: VerifyArguments, events: Events, finish: Finish): Promise<void> {
  const runId = newId();
  events.started(runId, 'verify');
  const json = args.json || args.format === 'json';
  const reports = reportsFrom(args.report, json);
  const baseline = args.baseline === undefined ? undefined : await baselineOf(args.baseline);
  const ground = datedGround(groundFor({ root: args.root, from: args.from }));
  const reverted = args.from === undefined ? tellUnfinished() : [];
  const wish = await withWaivers(ground, wishFor(ground, choiceOf(args), 0), args, 'judge');
  const { plan, facts } = await makePlan(ground, wish);
  events.planned(plan);
  baseline?.refuseOther(plan);
  const parts = { kind: 'verify', proofs: [], met: [], waivers: reportWaivers(plan), score: args.score } as const;
  const { score } = reportOf(plan, parts);
  await show(args, plan, { ground, facts, baseline, score, asText: !json && !reports.takesOutput, asJson: json });
  if (!json) {
    await tellBrokenFiles(plan);
  }
  tellWaivers(plan, true);
  const found = verifyExit(baseline?.news(plan) ?? plan, args);
  const code = reverted.length > 0 ? tellReverted(reverted) : found;
  finish(code);
  events.ended({ type: 'verified', plan });
  if (args.from === undefined) {
    await keepVerified(args, { plan, exit: code }, runOf({ id: runId, verb: 'verify' }, ground));
  }
  finish(await keepCopy(args.output, `harden-verify-${plan.host.name}-${plan.id}.json`, planJson(plan), code));
  await reports.write(plan, parts, planJson(plan));
}

interface Shown {
  readonly ground: Ground;
  readonly facts: Pick<HostFacts, 'engine'>;
  readonly baseline: Baseline | undefined;
  readonly score: string | undefined;
  readonly asText: boolean;
  readonly asJson: boolean;
}

/** Where something else takes standard output, the score stands beside it. */
async function show(
  args: VerifyArguments,
  plan: Plan,
  { ground, facts, baseline, score, asText, asJson }: Shown,
): Promise<void> {
  if (asText) {
    const told = { place: commandPlace(), more: rootSeesMore(plan, args.from) };
    const view = { compared: baseline?.compared(plan), manualFails: args.manual === 'fail', score, ...told };
    const containers = await containersHere(args, facts);
    const more = { since: await since(args, plan, ground), containers };
    await print(verifyText(plan, readTerminal(false).out, { ...view, ...more }));
    return;
  }
  if (asJson) {
    await print(planJson(plan));
  }
  if (score !== undefined) {
    tell(`${score}\n`);
  }
}

interface Baseline {
  /** What was true of another host, or of another list of controls, says nothing of this one. @throws HardenError exit 65 */
  readonly refuseOther: (plan: Plan) => void;
  readonly compared: (plan: Plan) => KnownFindings;
  /** What is left of a plan for a gate. */
  readonly news: (plan: Plan) => Plan;
}

/** @throws HardenError where the file is no plan of harden's, was changed, or others than root could have changed it. */
async function baselineOf(file: string): Promise<Baseline> {
  const [{ readPlan }, { comparedWith, newsOf }] = await Promise.all([
    import('../../app/plan-file.ts'),
    import('../../plan/baseline.ts'),
  ]);
  const before = readPlan(file, readInput(file, 'judge'));
  return {
    refuseOther: (plan) => {
      const isSame = before.host.idHmac === plan.host.idHmac && before.content.benchmark === plan.content.benchmark;
      if (!isSame) {
        throw new HardenError({
          code: 'H2015',
          exit: EXIT.malformed,
          message: `${file} is no baseline for this host. Nothing was verified.`,
          details: [
            `it is of ${before.host.name} and ${before.content.benchmark}; this is ${plan.host.name} and ${plan.content.benchmark}`,
          ],
          hint: 'To make one for this host: harden verify --json -o FILE',
        });
      }
    },
    compared: (plan) => ({
      ...comparedWith(before, plan),
      baseline: `THE BASELINE of ${before.createdAt.slice(0, 16).replace('T', ' ')} UTC`,
    }),
    news: (plan) => newsOf(plan, comparedWith(before, plan)),
  };
}

/** Of a run: the profile it was planned with, unless another is given, and the controls it changed something for. */
function choiceOf(args: VerifyArguments): ControlArguments & { readonly profile: string } {
  const run = args['since-run'];
  if (run === undefined) {
    return args;
  }
  if (args.control.length > 0) {
    throw new HardenError({
      code: 'H2014',
      exit: EXIT.usage,
      message: '--since-run names the controls itself, so -c does not go with it. Nothing was verified.',
      hint: 'To leave some of them out: -x ID',
    });
  }
  const plan = readableSnapshots(args, (snapshots) => {
    const id = snapshots === undefined ? undefined : chosenSnapshot(snapshots, run);
    const found = id === undefined ? undefined : snapshots?.read(id).manifest;
    if (found?.purpose !== 'apply') {
      throw notAnApply(run);
    }
    return planOfSnapshot(found);
  });
  return {
    ...args,
    profile: args.profile === DEFAULT_PROFILE ? plan.content.profile : args.profile,
    control: [...new Set(plan.changes.flatMap((change) => change.controls))],
  };
}

/** Somebody who may not read what is kept is shown one list. */
async function since(args: VerifyArguments, plan: Plan, { host }: Ground): Promise<SinceApply | undefined> {
  if (args.from !== undefined) {
    return undefined;
  }
  const { sinceApply } = await import('../../app/since-apply.ts');
  try {
    return readableSnapshots(args, (snapshots) => sinceApply(plan, snapshots?.list().snapshots ?? [], host));
  } catch (error) {
    if (error instanceof HardenError) {
      return undefined;
    }
    throw error;
  }
}

async function containersHere(
  args: VerifyArguments,
  { engine }: Pick<HostFacts, 'engine'>,
): Promise<ContainersDown | undefined> {
  if (args.from !== undefined || args.root !== undefined) {
    return undefined;
  }
  const { containersLeft } = await import('../containers-left.ts');
  return containersLeft(args, () => Promise.resolve(engine.containers));
}

function notAnApply(run: string): HardenError {
  return new HardenError({
    code: 'H2013',
    exit: EXIT.usage,
    message: `${run} is no apply that was kept here. Nothing was verified.`,
    hint: 'To see what was kept: harden snapshot list',
  });
}

function verifyExit(plan: Plan, { manual, unknown }: Pick<VerifyArguments, 'manual' | 'unknown'>): ExitCode {
  // There is nothing to assert of a host without an engine, and an error is never a pass.
  if (plan.summary.errors > 0 || plan.host.docker.flavour === 'none' || plan.refusal !== null) {
    return plan.summary.toFix > 0 ? EXIT.notAsItShouldBe : EXIT.notEverythingChecked;
  }
  if (plan.summary.toFix > 0 || plan.pending.length > 0 || (manual === 'fail' && plan.summary.manual > 0)) {
    return EXIT.notAsItShouldBe;
  }
  return unknown === 'fail' && plan.notChecked.length > 0 ? EXIT.notEverythingChecked : EXIT.ok;
}
