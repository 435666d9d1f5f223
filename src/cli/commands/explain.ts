import type { CommandModule } from 'yargs';
import type { PlanWish } from '../../app/make-plan.ts';
import { DEFAULT_PROFILE } from '../../catalogue/profiles.ts';
import { groundFor, profileFor } from '../compose.ts';
import { fromOption, waiverOptions } from '../options.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { Style } from '../../render/layout.ts';
import { print } from '../output.ts';
import { readTerminal } from '../terminal.ts';
import { type WaiverArguments, withWaivers } from '../waivers.ts';

interface ExplainArguments extends WaiverArguments {
  readonly waivers: string[];
  readonly what: string;
  readonly profile: string;
  readonly root: string | undefined;
  readonly from: string | undefined;
}

export function explainCommand() {
  return {
    command: 'explain <what>',
    describe: 'what a control, a change of the plan or an error code means, and what it does here',
    builder: (argv) =>
      waiverOptions(fromOption(argv))
        .positional('what', {
          type: 'string',
          demandOption: true,
          describe:
            'a number (2.2) or name (icc-disabled) of a control, the number of a change (4), or an error code (H1102)',
        })
        .option('profile', {
          alias: 'p',
          type: 'string',
          requiresArg: true,
          default: DEFAULT_PROFILE,
          describe: 'profile name or file',
        })
        .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
        .conflicts('root', 'from'),
    handler: async (args) => {
      const { what, profile: wanted, root, from } = args;
      const { out } = readTerminal(false);
      if (/^h\d{4}$/i.test(what)) {
        await print(await codePageOf(what.toUpperCase(), out));
        return;
      }
      const ground = groundFor({ root, from });
      const profile = profileFor(ground, wanted);
      const { explainChange, explainControl } = await import('../../app/explain.ts');
      const { explainChangeText, explainText } = await import('../../render/explain-text.ts');
      const site = (wish: PlanWish): Promise<PlanWish> => withWaivers(ground, wish, args);
      if (/^c?\d+$/.test(what)) {
        const { plan, change } = await explainChange(ground, profile, Number(what.replace('c', '')), site);
        await print(explainChangeText(plan, change, out));
        return;
      }
      await print(explainText(await explainControl(ground, profile, what, site), out));
    },
  } satisfies CommandModule<object, ExplainArguments>;
}

/** Needs no host. @throws HardenError (exit 64, H2007) */
async function codePageOf(code: string, style: Style): Promise<string> {
  const [{ isErrorCode }, { codeText }] = await Promise.all([
    import('../../model/error-codes.ts'),
    import('../../render/code-text.ts'),
  ]);
  if (isErrorCode(code)) {
    return codeText(code, style);
  }
  throw new HardenError({
    code: 'H2007',
    exit: EXIT.usage,
    message: `there is no error code ${code}. Nothing was looked at.`,
    hint: 'All of them: harden help errors',
  });
}
