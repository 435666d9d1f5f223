import type { CommandModule } from 'yargs';
import { makePlan } from '../../app/make-plan.ts';
import { EXIT, type ExitCode } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { verifyText } from '../../render/verify-text.ts';
import { groundFor, wishFor } from '../compose.ts';
import type { Finish } from '../finish.ts';
import { formatOptions, outputOption, selectionOptions } from '../options.ts';
import { print } from '../output.ts';
import { writeResult } from '../result-file.ts';
import { tellUnfinished } from '../recovered.ts';
import { readTerminal } from '../terminal.ts';
import { planJson } from './plan.ts';

interface VerifyArguments {
  readonly profile: string;
  readonly control: string[];
  readonly exclude: string[];
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly manual: 'fail' | 'ignore';
  readonly unknown: 'fail' | 'ignore';
}

export function verifyCommand(finish: Finish) {
  return {
    command: 'verify',
    describe: 'assert that this host is as the profile asks; exit 2 where it is not',
    builder: (argv) =>
      outputOption(formatOptions(selectionOptions(argv)))
        .option('manual', {
          choices: ['fail', 'ignore'] as const,
          default: 'ignore' as const,
          describe: 'what only a person can decide',
        })
        .option('unknown', {
          choices: ['fail', 'ignore'] as const,
          default: 'fail' as const,
          describe: 'what could not be checked',
        }),
    handler: async (args) => {
      const { out } = readTerminal(false);
      const ground = groundFor({ root: args.root, from: undefined });
      tellUnfinished(args.root);
      const { plan } = await makePlan(ground, wishFor(ground, args, 0));
      if (args.output !== undefined) {
        await writeResult(args.output, `harden-verify-${plan.host.name}-${plan.id}.json`, planJson(plan));
      }
      await print(args.json || args.format === 'json' ? planJson(plan) : verifyText(plan, out));
      finish(verifyExit(plan, args));
    },
  } satisfies CommandModule<object, VerifyArguments>;
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
