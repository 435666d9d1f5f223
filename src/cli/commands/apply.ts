import type { CommandModule } from 'yargs';
import { apply } from '../../app/apply.ts';
import type { RunOutcome } from '../../app/outcome.ts';
import { DEFAULT_PROFILE } from '../../catalogue/profiles.ts';
import { readPlan } from '../../app/plan-file.ts';
import type { Impact } from '../../model/change.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import type { Risk } from '../../model/remediation.ts';
import { planText } from '../../render/plan-text.ts';
import { changeableGround, withStore, wishFor } from '../compose.ts';
import type { Finish } from '../finish.ts';
import { refuseUnrecovered } from '../recovered.ts';
import { newId, outcomeExit, outcomeJson, outcomeText } from '../outcome.ts';
import { consentOptions, formatOptions, outputOption, selectionOptions, stateOptions } from '../options.ts';
import { print, tell } from '../output.ts';
import { keepCopy, readInput } from '../result-file.ts';
import { type Terminal, readTerminal } from '../terminal.ts';
import { personUi } from '../ui.ts';

interface ApplyArguments {
  readonly plan: string | undefined;
  readonly profile: string;
  readonly control: string[];
  readonly exclude: string[];
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly yes: boolean;
  readonly 'max-risk': Risk;
  readonly 'max-impact': Impact;
  readonly input: boolean;
  readonly 'dry-run': boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
}

const DAY_MS = 86_400_000;

export function applyCommand(finish: Finish) {
  return {
    command: 'apply [plan]',
    describe: 'apply a plan after approval, prove it, keep a way back',
    builder: (argv) =>
      stateOptions(consentOptions(outputOption(formatOptions(selectionOptions(argv)))))
        .positional('plan', { type: 'string', describe: 'a plan file; without one the host is planned now' })
        .option('dry-run', { type: 'boolean', default: false, describe: 'all of apply but the writes' }),
    handler: async (args) => {
      const json = args.json || args.format === 'json';
      const terminal = readTerminal(args.input && !json);
      const outcome = await run(args, terminal);
      const { host, id } = outcome.plan;
      finish(outcomeExit(outcome));
      await print(json ? outcomeJson(outcome) : outcomeText(outcome, 'apply', terminal));
      finish(
        await keepCopy(args.output, `harden-apply-${host.name}-${id}.json`, outcomeJson(outcome), outcomeExit(outcome)),
      );
    },
  } satisfies CommandModule<object, ApplyArguments>;
}

function run(args: ApplyArguments, terminal: Terminal): Promise<RunOutcome> {
  const approvedPlan = args.plan === undefined ? undefined : readPlan(args.plan, readInput(args.plan));
  if (approvedPlan !== undefined && (args.control.length > 0 || args.exclude.length > 0)) {
    throw new HardenError({
      code: 'H0068',
      exit: EXIT.usage,
      message: 'a plan file is applied as it is; -c and -x choose controls when a plan is made. Nothing was changed.',
      hint: 'To plan with another choice: harden plan -x ID -o FILE',
    });
  }
  const ground = changeableGround(args.root);
  const request = {
    wish: wishFor(ground, approvedPlan === undefined ? args : choiceOf(approvedPlan, args), DAY_MS),
    approvedPlan,
    yes: args.yes,
    ceiling: { maxRisk: args['max-risk'], maxImpact: args['max-impact'] },
    dryRun: args['dry-run'],
    newId,
  };
  const place = {
    root: args.root,
    stateDir: args['state-dir'],
    acceptVolatile: args['accept-volatile-state'],
    dryRun: args['dry-run'],
    recovered: refuseUnrecovered,
  };
  const showPlan = (plan: Plan): void => {
    tell(planText(plan, terminal.err, []));
  };
  return withStore(ground, place, (store, stop) => apply(ground, store, request, personUi(terminal, stop, showPlan)));
}

/** What the plan was made with; a profile of the site's own is given again by its file. */
function choiceOf(plan: Plan, { profile }: ApplyArguments): Pick<ApplyArguments, 'profile' | 'control' | 'exclude'> {
  return {
    profile: profile === DEFAULT_PROFILE ? plan.content.profile : profile,
    control: [...plan.selection.include],
    exclude: [...plan.selection.exclude],
  };
}
