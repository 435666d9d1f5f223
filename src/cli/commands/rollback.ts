import type { CommandModule } from 'yargs';
import type { RunOutcome } from '../../app/outcome.ts';
import { rollback } from '../../app/rollback.ts';
import type { Impact } from '../../model/change.ts';
import type { Plan } from '../../model/plan.ts';
import type { Risk } from '../../model/remediation.ts';
import { rollbackPlanText } from '../../render/plan-text.ts';
import { changeableGround, withStore } from '../compose.ts';
import type { Finish } from '../finish.ts';
import { refuseUnrecovered } from '../recovered.ts';
import { consentOptions, formatOptions, outputOption, stateOptions } from '../options.ts';
import { print, tell } from '../output.ts';
import { keepCopy } from '../result-file.ts';
import { type Terminal, readTerminal } from '../terminal.ts';
import { personUi } from '../ui.ts';
import { newId, outcomeExit, outcomeJson, outcomeText } from '../outcome.ts';

interface RollbackArguments {
  readonly snapshot: string | undefined;
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly yes: boolean;
  readonly 'max-risk': Risk;
  readonly 'max-impact': Impact;
  readonly input: boolean;
  readonly plan: boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
}

export function rollbackCommand(finish: Finish) {
  return {
    command: 'rollback [snapshot]',
    describe: 'put a snapshot back, and verify that it is back',
    builder: (argv) =>
      stateOptions(consentOptions(outputOption(formatOptions(argv))))
        .positional('snapshot', {
          type: 'string',
          describe: 'id of a snapshot; without one the last apply that was not taken back',
        })
        .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
        .option('plan', {
          alias: 'dry-run',
          type: 'boolean',
          default: false,
          describe: 'show the way back, change nothing',
        }),
    handler: async (args) => {
      const json = args.json || args.format === 'json';
      const terminal = readTerminal(args.input && !json);
      const outcome = await run(args, terminal);
      const { host, id } = outcome.plan;
      finish(outcomeExit(outcome));
      await print(json ? outcomeJson(outcome) : outcomeText(outcome, 'rollback', terminal));
      finish(
        await keepCopy(
          args.output,
          `harden-rollback-${host.name}-${id}.json`,
          outcomeJson(outcome),
          outcomeExit(outcome),
        ),
      );
    },
  } satisfies CommandModule<object, RollbackArguments>;
}

function run(args: RollbackArguments, terminal: Terminal): Promise<RunOutcome> {
  const ground = changeableGround(args.root);
  const request = {
    snapshot: args.snapshot,
    yes: args.yes,
    ceiling: { maxRisk: args['max-risk'], maxImpact: args['max-impact'] },
    dryRun: args.plan,
    newId,
  };
  const place = {
    root: args.root,
    stateDir: args['state-dir'],
    acceptVolatile: args['accept-volatile-state'],
    dryRun: args.plan,
    recovered: refuseUnrecovered,
  };
  const showPlan = (plan: Plan): void => {
    tell(rollbackPlanText(plan, terminal.err));
  };
  return withStore(ground, place, (store, stop) =>
    rollback(ground, store, request, personUi(terminal, stop, showPlan)),
  );
}
