import type { CommandModule } from 'yargs';
import { REPORT_KINDS, type ReportKind } from '../../model/report.ts';
import { reportWaivers } from '../../plan/report-of.ts';
import type { Finish } from '../finish.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import { scoreOption } from '../options.ts';
import { print } from '../output.ts';
import { rendered } from '../reports.ts';
import { writeResult } from '../result-file.ts';
import { type RunsArguments, pastPlan } from '../stored-runs.ts';

interface ReportArguments extends RunsArguments {
  readonly what: string;
  readonly format: ReportKind;
  readonly output: string | undefined;
  readonly score: boolean;
}

export function reportCommand(finish: Finish) {
  return {
    command: 'report <what>',
    describe: 'show a stored run, a snapshot or a plan file again, in the form of a report you choose',
    builder: (argv) =>
      scoreOption(argv)
        .positional('what', {
          type: 'string',
          demandOption: true,
          describe: 'id of a run or its beginning, or a file with a plan or result (- is standard input)',
        })
        .option('format', { choices: REPORT_KINDS, default: 'md' as const, describe: 'what to write' })
        .option('output', {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          describe: 'write it to this file (mode 0600)',
        })
        .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
        .option('state-dir', {
          type: 'string',
          requiresArg: true,
          describe: 'where runs are kept (default /var/lib/harden)',
        }),
    handler: async (args) => {
      refuseScore(args);
      const { kind, plan, proofs, met, json } = pastPlan(args, args.what);
      const text = await rendered(
        args.format,
        plan,
        { kind, proofs, met, waivers: reportWaivers(plan), score: args.score },
        json,
      );
      if (args.output === undefined) {
        await print(text);
      } else {
        await writeResult(args.output, `harden-${kind}-${plan.host.name}.${args.format}`, text);
      }
      finish(EXIT.ok);
    },
  } satisfies CommandModule<object, ReportArguments>;
}

/** In the other kinds there is no place for a sentence; XCCDF, whose format wants a score, has its own. */
function refuseScore({ score, format }: Pick<ReportArguments, 'score' | 'format'>): void {
  if (score && format !== 'md' && format !== 'html') {
    throw new HardenError({
      code: 'H0080',
      exit: EXIT.usage,
      message: `a score is shown in md and html; ${format} has no place for it. Nothing was looked at.`,
      hint: 'For example: harden report RUN --format md --score',
    });
  }
}
