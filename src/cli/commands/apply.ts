import type { CommandModule } from 'yargs';
import { apply } from '../../app/apply.ts';
import type { Ground } from '../../app/ground.ts';
import type { KeepSettings } from '../../app/revert-timer.ts';
import type { Unattended } from '../../app/unattended.ts';
import { DEFAULT_PROFILE, isProfileFile } from '../../catalogue/profiles.ts';
import type { ControlLists } from '../../catalogue/select.ts';
import { readPlan } from '../../app/plan-file.ts';
import { isRemoteSession } from '../../host/remote-session.ts';
import type { Impact } from '../../model/change.ts';
import { shellWord } from '../../model/command-place.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { Approval, Plan } from '../../model/plan.ts';
import type { Risk } from '../../model/remediation.ts';
import type { ScheduledApply } from '../../model/scheduled.ts';
import { reportWaivers } from '../../plan/report-of.ts';
import { planBrief, planText, planUnasked } from '../../render/plan-text.ts';
import { notNowText } from '../../render/scheduled-text.ts';
import { type ApprovalArguments, approvalFrom, signerOf } from '../approval.ts';
import { changeableGround, wishFor } from '../compose.ts';
import { withStore } from '../store-place.ts';
import { type ControlArguments, isChoice } from '../control-options.ts';
import { withinWish } from '../duration.ts';
import { type Events, type LoggedArguments, withRunEvents } from '../events.ts';
import type { Finish } from '../finish.ts';
import { type StateArguments, clocksFor } from '../keeping.ts';
import type { PutOff } from '../later.ts';
import { refuseUnrecovered } from '../recovered.ts';
import { newId } from '../new-id.ts';
import { outcomeExit, outcomeText } from '../outcome.ts';
import { healthSetup } from '../health.ts';
import {
  approvalOptions,
  consentOptions,
  eventsOption,
  formatOptions,
  healthOptions,
  layoutOptions,
  outputOption,
  reportOption,
  selectionOptions,
  stateOptions,
  waiverOptions,
} from '../options.ts';
import { print } from '../output.ts';
import { reportsFrom } from '../reports.ts';
import { type LayoutArguments, layoutOf } from '../plan-layout.ts';
import { keepCopy, readInput } from '../result-file.ts';
import { wordsAgain } from '../said-words.ts';
import { type EndedRun, endedRun, hooksOfRun, provedBy, runOf } from '../stored-runs.ts';
import { type Terminal, readTerminal } from '../terminal.ts';
import { personUi } from '../ui.ts';
import { waiverDesk } from '../waiver-desk.ts';
import { type WaiverArguments, tellWaivers, withWaivers } from '../waivers.ts';

interface ApplyArguments
  extends LayoutArguments, WaiverArguments, ApprovalArguments, LoggedArguments, ControlArguments {
  readonly waivers: string[];
  readonly profile: string;
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly 'max-risk': Risk;
  readonly 'max-impact': Impact;
  readonly input?: boolean;
  readonly 'dry-run': boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
  readonly health: string[];
  readonly 'trial-container': boolean;
  readonly 'confirm-within': string | undefined;
  readonly report: string[];
  readonly at: string | undefined;
  readonly scheduled: string | undefined;
  readonly timeout?: string | undefined;
}

const DAY_MS = 86_400_000;

export function applyCommand(finish: Finish) {
  return {
    command: 'apply [plan]',
    describe: 'apply a plan after approval, prove it, keep a way back',
    builder: (argv) =>
      eventsOption(
        layoutOptions(
          approvalOptions(
            reportOption(
              waiverOptions(
                healthOptions(stateOptions(consentOptions(outputOption(formatOptions(selectionOptions(argv)))))),
              ),
            ),
          ),
        ),
      )
        .positional('plan', { type: 'string', describe: 'a plan file; without one the host is planned now' })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'all of apply but the writes; without approval on the command line, of the whole plan',
        })
        .option('confirm-within', {
          type: 'string',
          requiresArg: true,
          describe: 'take the changes back after this time unless they are kept (5m; never)',
        })
        .option('at', {
          type: 'string',
          requiresArg: true,
          describe:
            'approve now, carry out then: "Sun 03:00" or what else systemd.time(7) knows, boot; never takes it back',
        })
        .option('scheduled', { type: 'string', requiresArg: true, hidden: true, describe: 'what --at starts' }),
    handler: async (args) => {
      const { scheduled } = args;
      if (args.at === 'never') {
        const { takeBack } = await import('../later.ts');
        await takeBack(args);
      } else if (scheduled === undefined) {
        await withRunEvents(args, finish, (events, finish) => handle({ ...args, due: undefined }, events, finish));
      } else {
        const { whenDue } = await import('../later.ts');
        await withRunEvents(args, finish, (events, finish) =>
          whenDue({ ...args, scheduled }, finish, (due, finish) => handle({ ...args, due }, events, finish)),
        );
      }
    },
  } satisfies CommandModule<object, ApplyArguments>;
}

/** With what was approved before, where this is its time. */
type Wanted = ApplyArguments & { readonly due: ScheduledApply | undefined };

/** Gives why the run did not do what it was for, where it did not. */
async function handle(args: Wanted, events: Events, finish: Finish): Promise<string> {
  const runId = args.due?.id ?? newId();
  events.started(runId, 'apply');
  const json = args.json || args.format === 'json';
  const terminal = readTerminal(args.input ?? true, json);
  const reports = reportsFrom(args.report, json);
  const ended = await run({ ...args, runId }, terminal, events);
  const { outcome, json: result } = ended;
  const { host, id } = outcome.plan;
  tellWaivers(outcome.plan, true);
  let code = outcomeExit(outcome);
  events.ended(outcome);
  finish(code);
  if (!reports.takesOutput) {
    await print(json ? result : outcomeText(outcome, 'apply', terminal));
  }
  // Beside the question whether the changes stay: whoever answers has as much time as was promised.
  const told = hooksOfRun(args, ended);
  if (outcome.type === 'done' && outcome.pendingRevert !== undefined && terminal.canAsk) {
    const { waitForKeep } = await import('../keep-prompt.ts');
    code = await waitForKeep(outcome.pendingRevert, { ...stateOf(args), health: args.health }, terminal.err);
    finish(code);
  }
  await told;
  finish(await keepCopy(args.output, `harden-apply-${host.name}-${id}.json`, result, code));
  const parts = { kind: 'apply', ...provedBy(outcome), waivers: reportWaivers(outcome.plan) } as const;
  await reports.write(outcome.plan, parts, result);
  return outcome.type === 'rolled-back' ? `not done: ${outcome.reason}` : outcome.type;
}

async function run(args: Wanted & { readonly runId: string }, terminal: Terminal, events: Events): Promise<EndedRun> {
  const { approvedPlan, given, unattended } = await saidBefore(args);
  const ground = changeableGround(args.root);
  const put = await putOff(args, ground, approvedPlan, unattended.note.signedBy);
  const chosen = approvedPlan === undefined ? args : choiceOf(approvedPlan, args);
  const wish = await withWaivers(ground, wishFor(ground, chosen, put?.validForMs ?? DAY_MS, 'change'), args, 'change');
  const request = {
    wish,
    approvedPlan,
    yes: args.yes,
    ceiling: { maxRisk: args['max-risk'], maxImpact: args['max-impact'] },
    dryRun: args['dry-run'],
    newId: () => args.runId,
    unattended,
    words: wordsAgain(),
    refresh: args.refresh,
    health: await healthSetup(ground, args),
    keep: keepSettings(args, terminal),
    // What is given here counts from its own day on, and what is approved now is for another.
    waiving: put === undefined ? waiverDesk(ground, wish.selection, args) : undefined,
    given,
    later: put?.later,
  };
  const place = {
    root: args.root,
    stateDir: args['state-dir'],
    acceptVolatile: args['accept-volatile-state'],
    dryRun: args['dry-run'],
    recovered: refuseUnrecovered,
  };
  const { err } = terminal;
  const notNow = put === undefined ? '' : notNowText(put.at, err);
  const views = {
    asked: (plan: Plan) =>
      `${notNow}${approvedPlan === undefined ? planText(plan, err, [], layoutOf(args)) : planBrief(plan, err)}`,
    approved: (plan: Plan) => `${notNow}${planUnasked(plan, err, 'apply')}`,
  };
  return withStore(ground, place, async (store, stop) => {
    const ui = personUi(terminal, stop, views);
    const outcome = await apply(ground, store, request, events.under(ui)).finally(() => ui.done());
    return endedRun(
      store,
      outcome,
      runOf({ id: args.runId, verb: 'apply', ...(given ?? unattended.note), given }, ground),
    );
  });
}

interface SaidBefore {
  readonly approvedPlan: Plan | undefined;
  /** Of a plan whose time has come. */
  readonly given: Approval | undefined;
  readonly unattended: Unattended;
}

/** What was approved before this moment, in a file or with --at, and what the command line approves. */
async function saidBefore(args: Wanted): Promise<SaidBefore> {
  const unattended = approvalFrom(args);
  const text = args.plan === undefined ? undefined : readInput(args.plan, 'change');
  const given = args.due?.plan.approvals.at(-1);
  // Whose signature it had was looked at when it was approved.
  const signedBy = given?.signedBy === undefined ? await signerOf(args, text) : undefined;
  const approvedPlan = args.plan === undefined || text === undefined ? args.due?.plan : readPlan(args.plan, text);
  if (approvedPlan !== undefined && isChoice(args)) {
    throw new HardenError({
      code: 'H0068',
      exit: EXIT.usage,
      message:
        'a plan file is applied as it is; -c, -x, --section, --level and --severity choose controls when a plan is made. Nothing was changed.',
      hint: 'To plan with another choice: harden plan -x ID -o FILE',
    });
  }
  refuseOtherProfile(approvedPlan, args);
  const note = signedBy === undefined ? unattended.note : { ...unattended.note, signedBy };
  return { approvedPlan, given, unattended: { ...unattended, note } };
}

async function putOff(
  args: Wanted & { readonly runId: string },
  ground: Ground,
  approvedPlan: Plan | undefined,
  signedBy: string | undefined,
): Promise<PutOff | undefined> {
  if (args.at === undefined) {
    return undefined;
  }
  const later = await import('../later.ts');
  return later.putOff({ ...args, at: args.at }, ground, approvedPlan, signedBy);
}

function stateOf(args: ApplyArguments): StateArguments {
  return { stateDir: args['state-dir'], acceptVolatile: args['accept-volatile-state'] };
}

function keepSettings(args: ApplyArguments, terminal: Terminal): KeepSettings {
  return {
    wish: withinWish(args['confirm-within']),
    remote: isRemoteSession(),
    attended: terminal.canAsk && !args.yes && args.at === undefined,
    clocks: clocksFor(stateOf(args)),
    place: stateOf(args),
  };
}

/** A site's own profile is given again, since it is not in the file; another one than the plan's is a slip. */
function refuseOtherProfile(plan: Plan | undefined, { profile }: ApplyArguments): void {
  if (plan === undefined || profile === DEFAULT_PROFILE || isProfileFile(profile) || profile === plan.content.profile) {
    return;
  }
  throw new HardenError({
    code: 'H0068',
    exit: EXIT.usage,
    message: `a plan file is applied as it is; -p says ${profile}, and the plan is of ${plan.content.profile}. Nothing was changed.`,
    hint: `To plan with that profile: harden plan -p ${shellWord(profile)} -o FILE`,
  });
}

/** What the plan was made with; a profile of the site's own is given again by its file. */
function choiceOf(
  { content, selection }: Plan,
  { profile }: ApplyArguments,
): ControlLists & { readonly profile: string } {
  return {
    profile: profile === DEFAULT_PROFILE ? content.profile : profile,
    ...selection,
    control: selection.include,
  };
}
