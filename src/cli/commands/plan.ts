import type { CommandModule } from 'yargs';
import { makePlan } from '../../app/make-plan.ts';
import { DEFAULT_PROFILE, isProfileFile } from '../../catalogue/profiles.ts';
import { EXIT, type ExitCode } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { planMarkdown } from '../../render/plan-markdown.ts';
import type { Style } from '../../render/layout.ts';
import { planText } from '../../render/plan-text.ts';
import { groundFor, wishFor } from '../compose.ts';
import { durationMs } from '../duration.ts';
import type { Finish } from '../finish.ts';
import { formatOptions, fromOption, outputOption, selectionOptions } from '../options.ts';
import { print } from '../output.ts';
import { writeResult } from '../result-file.ts';
import { tellUnfinished } from '../recovered.ts';
import { readTerminal } from '../terminal.ts';

export function planCommand(finish: Finish) {
  return {
    command: 'plan',
    describe: 'compare this host with a profile and show what would change',
    builder: (argv) =>
      outputOption(formatOptions(fromOption(selectionOptions(argv))))
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
          describe: 'how long the plan may be applied',
        })
        .conflicts('root', 'from'),
    handler: async (args) => {
      const { out } = readTerminal(false);
      const ground = groundFor({ root: args.root, from: args.from });
      if (args.from === undefined) {
        tellUnfinished(args.root);
      }
      const wish = wishFor(ground, args, durationMs('--expires', args.expires));
      const { plan } = await makePlan(ground, wish);
      const file =
        args.output === undefined
          ? undefined
          : await writeResult(args.output, `harden-plan-${plan.host.name}-${plan.id}.json`, planJson(plan));
      await print(planIn(args.json ? 'json' : args.format, plan, args, { file, style: out }));
      finish(args['exit-code'] ? planExit(plan) : EXIT.ok);
    },
  } satisfies CommandModule<object, PlanArguments>;
}

interface PlanArguments {
  readonly profile: string;
  readonly control: string[];
  readonly exclude: string[];
  readonly root: string | undefined;
  readonly from: string | undefined;
  readonly format: 'text' | 'json' | 'md';
  readonly json: boolean;
  readonly output: string | undefined;
  readonly 'exit-code': boolean;
  readonly expires: string;
}

export function planJson(plan: Plan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}

function planExit(plan: Plan): ExitCode {
  if (plan.changes.length > 0 || plan.summary.toFix > 0) {
    return EXIT.notAsItShouldBe;
  }
  return plan.notChecked.length > 0 ? EXIT.notEverythingChecked : EXIT.ok;
}

interface Printed {
  /** Where the plan was saved. */
  readonly file: string | undefined;
  readonly style: Style;
}

function planIn(format: PlanArguments['format'], plan: Plan, args: PlanArguments, { file, style }: Printed): string {
  switch (format) {
    case 'json':
      return planJson(plan);
    case 'md':
      return planMarkdown(plan, applyCommand(plan, args, file));
    case 'text': {
      const saved =
        file === undefined
          ? []
          : [`Saved as ${file}, valid until ${plan.expiresAt.slice(0, 16).replace('T', ' ')} UTC.`];
      const next = args.from === undefined ? applyCommand(plan, args, file) : undefined;
      return planText(plan, style, [...saved, ...(next === undefined ? [] : [`Next: ${next}`])]);
    }
  }
}

/** What would apply this plan on its host; undefined where there is nothing to apply, or only a saved plan could be and this one is not. */
function applyCommand(plan: Plan, args: PlanArguments, file: string | undefined): string | undefined {
  if (plan.changes.length === 0 || plan.refusal !== null || (args.from !== undefined && file === undefined)) {
    return undefined;
  }
  const chosen = [
    ...(args.profile === DEFAULT_PROFILE ? [] : ['-p', args.profile]),
    ...args.control.flatMap((item) => ['-c', item]),
    ...args.exclude.flatMap((item) => ['-x', item]),
    ...(args.root === undefined ? [] : ['--root', args.root]),
  ];
  // A profile of the site's own is not in the plan file; the rest is.
  const withFile = [
    ...(isProfileFile(args.profile) ? ['-p', args.profile] : []),
    ...(args.root === undefined ? [] : ['--root', args.root]),
  ];
  const words = file === undefined ? chosen : [file, ...withFile];
  return ['sudo harden apply', ...words].join(' ');
}
