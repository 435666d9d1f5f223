import { printableJson } from '../../render/printable.ts';
import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import type { PastPlan } from '../../app/history.ts';
import { hooksOf } from '../../app/hooks.ts';
import { makePlan } from '../../app/make-plan.ts';
import { isProfileFile } from '../../catalogue/profiles.ts';
import { liveHost } from '../../host/live-host.ts';
import type { PlanDifference } from '../../model/difference.ts';
import { atPlace, shellWord } from '../../model/command-place.ts';
import { EXIT, type ExitCode, HardenError } from '../../model/errors.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Plan } from '../../model/plan.ts';
import { planMarkdown } from '../../render/plan-markdown.ts';
import type { Style } from '../../render/layout.ts';
import { type Layout, planText } from '../../render/plan-text.ts';
import { reportWaivers } from '../../plan/report-of.ts';
import { tellBrokenFiles } from '../broken-files.ts';
import { groundFor, wishFor } from '../compose.ts';
import { validityMs } from '../duration.ts';
import { type Events, type EventsArguments, withAnswerEvents } from '../events.ts';
import type { Finish } from '../finish.ts';
import {
  eventsOption,
  jsonOption,
  fromOption,
  layoutOptions,
  outputOption,
  reportOption,
  reviewOptions,
  selectionOptions,
  waiverOptions,
} from '../options.ts';
import { newId } from '../new-id.ts';
import { print, tell } from '../output.ts';
import { printLong } from '../pager.ts';
import { rootSeesMore } from '../partly-seen.ts';
import { commandPlace } from '../place.ts';
import { type LayoutArguments, layoutWith } from '../plan-layout.ts';
import { planWords } from '../plan-words.ts';
import { reportsFrom } from '../reports.ts';
import { configWords } from '../configured.ts';
import { tellWaivers, waiverWords, withWaivers } from '../waivers.ts';
import { writeResult } from '../result-file.ts';
import { datedGround } from '../source-date.ts';
import { tellScheduled, tellUnfinished } from '../recovered.ts';
import { pastPlan } from '../stored-runs.ts';
import { readTerminal } from '../terminal.ts';

export function planCommand(finish: Finish) {
  return {
    command: 'plan',
    describe: 'compare this host with a profile and show what would change',
    builder: (argv) =>
      eventsOption(
        reviewOptions(
          layoutOptions(waiverOptions(reportOption(outputOption(jsonOption(fromOption(selectionOptions(argv))))))),
        ),
      )
        .option('format', {
          choices: ['text', 'json', 'md'] as const,
          default: 'text' as const,
          describe: 'what goes to standard output; md is for a change review',
        })
        .option('exit-code', {
          alias: 'detailed-exitcode',
          type: 'boolean',
          default: false,
          describe: 'exit 2 where changes are pending, 8 where not all could be checked',
        })
        .option('expires', {
          type: 'string',
          requiresArg: true,
          default: '24h',
          describe: 'how long the plan may be applied (7d; at most 365d)',
        })
        .conflicts('root', 'from'),
    handler: (args) => withAnswerEvents(args, finish, (events, finish) => handle(args, events, finish)),
  } satisfies CommandModule<object, PlanArguments>;
}

async function handle(args: PlanArguments, events: Events, finish: Finish): Promise<void> {
  events.started(newId(), 'plan');
  const { out, err } = readTerminal(false);
  const format = args.json ? 'json' : args.format;
  const reports = reportsFrom(args.report, format !== 'text');
  refuseRedacted(args, format);
  const past = args.against === undefined ? undefined : pastPlan(args, args.against);
  const ground = datedGround(groundFor({ root: args.root, from: args.from }));
  if (args.from === undefined) {
    tellUnfinished();
    await tellScheduled(args);
  }
  const wish = await withWaivers(ground, wishFor(ground, args, validityMs(args.expires)), args);
  const { plan, facts } = await makePlan(ground, wish);
  events.planned(plan);
  events.ended({ type: 'planned', plan });
  const { file, missing } = await saved(plan, args);
  const difference = past === undefined ? undefined : await differenceFrom(past, plan);
  if (!reports.takesOutput) {
    const layout = await layoutWith(args, ground, { plan, facts }, out);
    const text = await planIn(format, plan, args, { file, style: out, difference, layout, facts });
    await (format === 'text' ? printLong(text) : print(text));
  }
  if (difference !== undefined && format === 'json') {
    tell(await differenceWords(difference, err));
  }
  if (format !== 'json') {
    await tellBrokenFiles(plan);
  }
  tellWaivers(plan, false);
  if (missing !== undefined) {
    throw missing;
  }
  await reports.write(plan, { kind: 'plan', proofs: [], met: [], waivers: reportWaivers(plan) }, planJson(plan));
  finish(args['exit-code'] ? planExit(plan) : EXIT.ok);
  await tellHooks(args, plan);
}

/** The file of the plan, which the text names, so it comes first; where it cannot be written the plan is shown all the same. */
async function saved(
  plan: Plan,
  { output, sign }: Pick<PlanArguments, 'output' | 'sign'>,
): Promise<{ readonly file?: string; readonly missing?: HardenError }> {
  if (output === undefined) {
    return {};
  }
  try {
    const file = await writeResult(output, `harden-plan-${plan.host.name}-${plan.id}.json`, planJson(plan));
    if (sign !== undefined) {
      await writeSignature(sign, file, planJson(plan));
    }
    return { file };
  } catch (error) {
    if (!(error instanceof HardenError) || error.exit !== EXIT.cannotWriteOutput) {
      throw error;
    }
    return { missing: error };
  }
}

interface PlanArguments extends LayoutArguments, EventsArguments {
  readonly profile: string;
  readonly waivers: string[];
  readonly root: string | undefined;
  readonly from: string | undefined;
  readonly format: 'text' | 'json' | 'md';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly report: string[];
  readonly 'exit-code': boolean;
  readonly expires: string;
  readonly sign: string | undefined;
  readonly against: string | undefined;
  readonly redact: boolean;
  readonly 'state-dir': string | undefined;
}

export function planJson(plan: Plan): string {
  return printableJson(plan);
}

function planExit(plan: Plan): ExitCode {
  if (plan.changes.length > 0 || plan.summary.toFix > 0) {
    return EXIT.notAsItShouldBe;
  }
  return plan.notChecked.length > 0 ? EXIT.notEverythingChecked : EXIT.ok;
}

/** Of a plan of this machine. Most machines have none, and need not load what runs them. */
async function tellHooks({ from, root }: Pick<PlanArguments, 'from' | 'root'>, plan: Plan): Promise<void> {
  const isOfThisMachine = from === undefined && root === undefined;
  if (isOfThisMachine && process.geteuid?.() === 0 && hooksOf(liveHost(), 'plan').length > 0) {
    const { hooksAfter } = await import('../hooks.ts');
    await hooksAfter('plan', planJson(plan));
  }
}

async function writeSignature(key: string, file: string, text: string): Promise<void> {
  const { SIGNATURE_NAMESPACE, signatureFile, signedText } = await import('../../app/signature.ts');
  const { sshSigning } = await import('../../host/ssh-signature.ts');
  const signature = signedText(sshSigning(SIGNATURE_NAMESPACE), resolve(key), text);
  await writeResult(signatureFile(file), '', signature);
}

async function differenceFrom(past: PastPlan, plan: Plan): Promise<PlanDifference> {
  const { differenceOf } = await import('../../plan/difference.ts');
  return differenceOf(past, { plan, proofs: [], met: [] });
}

async function differenceWords(difference: PlanDifference, style: Style): Promise<string> {
  const { differenceText } = await import('../../render/difference-text.ts');
  return differenceText(difference, style);
}

function refuseRedacted({ redact }: Pick<PlanArguments, 'redact'>, format: PlanArguments['format']): void {
  if (redact && format !== 'md') {
    throw new HardenError({
      code: 'H0080',
      exit: EXIT.usage,
      message:
        '--redact masks the Markdown of a plan; the plan itself would not be one any more. Nothing was looked at.',
      hint: 'For example: harden plan --format md --redact',
    });
  }
}

interface Printed {
  /** Where the plan was saved. */
  readonly file: string | undefined;
  readonly style: Style;
  readonly difference: PlanDifference | undefined;
  readonly layout: Layout;
  readonly facts: HostFacts;
}

async function planIn(
  format: PlanArguments['format'],
  plan: Plan,
  args: PlanArguments,
  { file, style, difference, layout, facts }: Printed,
): Promise<string> {
  switch (format) {
    case 'json':
      return planJson(plan);
    case 'md':
      return markdownOf(
        plan,
        args.redact ? undefined : applyCommand(plan, args, file),
        difference,
        args.redact ? facts : undefined,
      );
    case 'text': {
      const saved =
        file === undefined
          ? []
          : [`Saved as ${file}, valid until ${plan.expiresAt.slice(0, 16).replace('T', ' ')} UTC.`];
      const next = args.from === undefined ? nextStep(plan, args, file) : undefined;
      const since = difference === undefined ? '' : `\n${await differenceWords(difference, style)}`;
      const more = rootSeesMore(plan, args.from);
      const last = [
        ...saved,
        ...(next === undefined ? [] : [`Next: ${next}`]),
        ...(more === undefined ? [] : [atPlace(more, commandPlace())]),
      ];
      return planText(plan, style, last, layout) + since;
    }
  }
}

async function markdownOf(
  plan: Plan,
  next: string | undefined,
  difference: PlanDifference | undefined,
  redactedBy: HostFacts | undefined,
): Promise<string> {
  const { differenceMarkdown } = await import('../../render/difference-text.ts');
  const since = difference === undefined ? [] : differenceMarkdown(difference);
  if (redactedBy === undefined) {
    return planMarkdown(plan, next, since);
  }
  const { redactedPlan } = await import('../../plan/redacted.ts');
  // The lines after the first name hosts.
  return planMarkdown(redactedPlan(plan, redactedBy), next, since.slice(0, 1));
}

/** What a person does next; apply refuses to judge settings of an engine that does not answer. */
function nextStep(plan: Plan, args: PlanArguments, file: string | undefined): string | undefined {
  const command = applyCommand(plan, args, file);
  const blind = plan.host.docker.unreachable !== undefined && plan.changes.some(isDaemonOption);
  return command !== undefined && blind ? `start the Docker engine, then: ${command}` : command;
}

function isDaemonOption({ target }: Plan['changes'][number]): boolean {
  return target.type === 'daemon-option';
}

/** What would apply this plan on its host; undefined where there is nothing to apply, or only a saved plan could be and this one is not. */
function applyCommand(plan: Plan, args: PlanArguments, file: string | undefined): string | undefined {
  if (plan.changes.length === 0 || plan.refusal !== null || (args.from !== undefined && file === undefined)) {
    return undefined;
  }
  // A profile of the site's own and its waivers are not in the plan file; the rest is.
  const withFile = [
    ...(isProfileFile(args.profile) ? ['-p', args.profile] : []),
    ...(args.root === undefined ? [] : ['--root', args.root]),
    ...waiverWords(args),
    ...configWords(),
  ];
  const words = file === undefined ? planWords(args) : [file, ...withFile];
  return ['sudo harden apply', ...words.map(shellWord)].join(' ');
}
