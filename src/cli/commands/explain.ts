import type { CommandModule } from 'yargs';
import type { PlanWish } from '../../app/make-plan.ts';
import { groundFor, profileFor, wishFor } from '../compose.ts';
import { type ControlArguments, isChoice } from '../control-options.ts';
import { fromOption, selectionOptions, waiverOptions } from '../options.ts';
import { shellWord } from '../../model/command-place.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { Style } from '../../render/layout.ts';
import { print } from '../output.ts';
import { planWords } from '../plan-words.ts';
import { readTerminal } from '../terminal.ts';
import { type WaiverArguments, withWaivers } from '../waivers.ts';

interface ExplainArguments extends WaiverArguments, ControlArguments {
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
      waiverOptions(fromOption(selectionOptions(argv)))
        .positional('what', {
          type: 'string',
          demandOption: true,
          describe:
            'a number (2.2) or name (icc-disabled) of a control, the number of a change (4), or an error code (H1102)',
        })
        .conflicts('root', 'from'),
    handler: async (args) => {
      const { what, profile: wanted, root, from } = args;
      const isChange = /^c?\d+$/.test(what);
      if (!isChange && isChoice(args)) {
        throw chosenForNothing(what);
      }
      const { out } = readTerminal(false);
      if (/^h\d{4}$/i.test(what)) {
        await print(await codePageOf(what.toUpperCase(), out));
        return;
      }
      const ground = groundFor({ root, from });
      const { explainChange, explainControl } = await import('../../app/explain.ts');
      const { explainChangeText, explainText, numberedIn } = await import('../../render/explain-text.ts');
      const site = (wish: PlanWish): Promise<PlanWish> => withWaivers(ground, wish, args);
      if (isChange) {
        const wish = await site(wishFor(ground, args, 0));
        const { plan, change } = await explainChange(
          ground,
          Number(what.replace('c', '')),
          wish,
          // Where it looks is added to every command that is proposed.
          planWords({ ...args, root: undefined }),
        );
        await print(`${numberedIn(plan, change, out).join('\n')}\n\n${explainChangeText(plan, change, out)}`);
        return;
      }
      const profile = profileFor(ground, wanted);
      await print(explainText(await explainControl(ground, profile, what, site), out));
    },
  } satisfies CommandModule<object, ExplainArguments>;
}

/** Controls and codes are the same whatever was chosen. */
function chosenForNothing(what: string): HardenError {
  return new HardenError({
    code: 'H2008',
    exit: EXIT.usage,
    message: `-c, -x, --section, --level and --severity choose the plan a change is numbered in; "${what}" is no number of a change. Nothing was looked at.`,
    hint: `To explain it: harden explain ${shellWord(what)}`,
  });
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
