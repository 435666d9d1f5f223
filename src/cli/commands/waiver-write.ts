import type { Argv, CommandModule } from 'yargs';
import type { Ground } from '../../app/ground.ts';
import { WAIVER_DIR, trustedWaiverTexts } from '../../app/waiver-files.ts';
import { DEFAULT_PROFILE } from '../../catalogue/profiles.ts';
import type { NewWaiver } from '../../catalogue/waiver-edit.ts';
import type { WaiverContext, WaiverText } from '../../catalogue/waivers.ts';
import { createConfigFile, removeConfigFile, replaceConfigFile } from '../../host/config-files.ts';
import { errnoOf, wordsFor } from '../../host/errno.ts';
import { filesBehind } from '../../host/user-files.ts';
import type { Json } from '../../model/canonical.ts';
import { SAME_AGAIN, shellWord } from '../../model/command-place.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import { waiverNamed } from '../../model/plain-names.ts';
import { groundFor, profileFor } from '../compose.ts';
import { print } from '../output.ts';
import { type Prompter, drawnPrompter, linePrompter } from '../prompter.ts';
import { readInput } from '../result-file.ts';
import { watchSignals } from '../signals.ts';
import { readTerminal } from '../terminal.ts';
import { waiverRemark } from '../waiver-desk.ts';

interface PlaceArguments {
  readonly dir: string;
  readonly profile: string;
}

interface AddArguments extends PlaceArguments {
  readonly control: string | undefined;
  readonly host: string[];
  readonly reason: string | undefined;
  readonly owner: string | undefined;
  readonly 'approved-by': string | undefined;
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly 'only-while': string[];
  readonly input?: boolean;
}

interface RemoveArguments extends PlaceArguments {
  readonly control: string;
  readonly host: string | undefined;
}

export function addCommand() {
  return {
    command: 'add',
    describe: 'write a waiver; what is not given is asked for on a terminal',
    builder: (argv) =>
      placed(argv)
        .option('control', {
          alias: 'c',
          type: 'string',
          requiresArg: true,
          describe: 'name or number of a control, or a pattern',
        })
        .option('host', {
          type: 'string',
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: 'name of a host or a pattern, repeatable; every host that reads the file where left out',
        })
        .option('reason', { type: 'string', requiresArg: true, describe: 'why the site lives with it' })
        .option('owner', { type: 'string', requiresArg: true, describe: 'who answers for it' })
        .option('approved-by', { type: 'string', requiresArg: true, describe: 'who agreed' })
        .option('from', { type: 'string', requiresArg: true, describe: 'first day, UTC: 2026-08-01' })
        .option('until', { type: 'string', requiresArg: true, describe: 'last day, UTC, at most 365 days away' })
        .option('only-while', {
          type: 'string',
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: 'PLACE=VALUE that must stay: daemon.json#/KEY=JSON, /PATH#mode=0644; null: not there',
        }),
    handler: async (args) => {
      const ground = groundFor({ root: undefined, from: undefined });
      const wish = await wishFrom(args);
      const { newWaiver } = await import('../../app/waivers.ts');
      const { path, text, waiver } = newWaiver(wish, textsIn(args.dir, ground), contextFor(ground, args), {
        folder: args.dir.replace(/\/+$/, ''),
        remark: waiverRemark(ground),
      });
      writing(args.dir, () => {
        createConfigFile(path, text);
      });
      await print(
        `${path}: ${waiver.control} is waived until ${waiver.until}.\nTo take it out: harden waiver remove ${waiver.control}\n`,
      );
    },
  } satisfies CommandModule<object, AddArguments>;
}

export function removeCommand() {
  return {
    command: 'remove <control>',
    describe: 'take the waiver of a control out of its file; the rest of the file stays as it is',
    builder: (argv) =>
      placed(argv)
        .positional('control', { type: 'string', demandOption: true, describe: 'as in the file, or its number' })
        .option('host', {
          type: 'string',
          requiresArg: true,
          describe: 'of several waivers, the one for these hosts, as in the file',
        }),
    handler: async (args) => {
      const ground = groundFor({ root: undefined, from: undefined });
      const { removedWaiver } = await import('../../app/waivers.ts');
      const { path, text, waiver } = removedWaiver(
        textsIn(args.dir, ground),
        contextFor(ground, args),
        args.control,
        args.host,
      );
      writing(args.dir, () => {
        if (text === undefined) {
          removeConfigFile(path);
        } else {
          replaceConfigFile(path, text);
        }
      });
      await print(
        `${path}: ${text === undefined ? 'removed' : `the waiver of ${waiverNamed(waiver.id)} is taken out`}. ${waiver.control} counts again.\n`,
      );
    },
  } satisfies CommandModule<object, RemoveArguments>;
}

function placed<T>(argv: Argv<T>) {
  return argv
    .option('dir', {
      type: 'string',
      requiresArg: true,
      default: WAIVER_DIR,
      describe: 'the folder of waivers',
    })
    .option('profile', {
      alias: 'p',
      type: 'string',
      requiresArg: true,
      default: DEFAULT_PROFILE,
      describe: 'whose numbers are used',
    });
}

function contextFor(ground: Ground, { profile }: PlaceArguments): WaiverContext {
  const { benchmark } = profileFor(ground, profile);
  return { catalogue: ground.catalogue, benchmark, today: ground.now().toISOString().slice(0, 10) };
}

/** The folder of this machine is read by its own rules; another is the user's own. */
function textsIn(dir: string, ground: Ground): readonly WaiverText[] {
  if (dir === WAIVER_DIR) {
    return trustedWaiverTexts(ground.host);
  }
  let files: readonly string[] = [];
  writing(dir, () => {
    files = filesBehind(dir, '.json5').filter((file) => file !== dir);
  });
  return files.map((path) => ({ path, text: readInput(path, 'change') }));
}

function writing(dir: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (cause instanceof HardenError) {
      throw cause;
    }
    const isDenied = errnoOf(cause) === 'EACCES' || errnoOf(cause) === 'EPERM';
    throw new HardenError({
      code: isDenied ? 'H0077' : 'H2037',
      exit: isDenied ? EXIT.noPrivilege : EXIT.cannotWriteOutput,
      message: `${dir} cannot be written to (${wordsFor(cause)}). Nothing was changed.`,
      hint: isDenied ? `To run it as root: sudo ${SAME_AGAIN}` : `To look at it: ls -ld ${shellWord(dir)}`,
      cause,
    });
  }
}

async function wishFrom(args: AddArguments): Promise<NewWaiver> {
  const given = { control: args.control, reason: args.reason, owner: args.owner, until: args.until };
  const whole = await completed(given, args.input ?? true);
  return {
    ...whole,
    host: args.host.flatMap((list) => list.split(',')).filter((host) => host !== ''),
    approvedBy: args['approved-by'],
    from: args.from,
    onlyWhile: Object.fromEntries(args['only-while'].map(conditionFrom)),
  };
}

type Needed = Pick<NewWaiver, 'control' | 'reason' | 'owner' | 'until'>;
const QUESTIONS: Readonly<Record<keyof Needed, string>> = {
  control: 'Control (name, number or pattern):',
  reason: 'Why does the site live with it?',
  owner: 'Who answers for it?',
  until: 'Last day (YYYY-MM-DD, at most 365 days away):',
};
const NEEDED: readonly (keyof Needed)[] = ['control', 'reason', 'owner', 'until'];
const TRIES = 3;

async function completed(
  given: { readonly [Key in keyof Needed]: string | undefined },
  input: boolean,
): Promise<Needed> {
  const missing = NEEDED.filter((key) => given[key] === undefined);
  if (missing.length > 0 && !readTerminal(input).canAsk) {
    throw incomplete(missing);
  }
  const answers = missing.length === 0 ? new Map<keyof Needed, string>() : await asked(missing);
  const left = missing.filter((key) => answers.get(key) === undefined);
  if (left.length > 0) {
    throw incomplete(left);
  }
  const valueOf = (key: keyof Needed): string => given[key] ?? answers.get(key) ?? '';
  return { control: valueOf('control'), reason: valueOf('reason'), owner: valueOf('owner'), until: valueOf('until') };
}

function incomplete(missing: readonly (keyof Needed)[]): HardenError {
  return new HardenError({
    code: 'H2034',
    exit: EXIT.usage,
    message: `a waiver needs ${missing.map((key) => `--${key}`).join(', ')} too. Nothing was written.`,
    hint: 'For example: harden waiver add -c 2.9 --reason "see OPS-311" --owner ops@example.org --until 2027-01-31',
  });
}

/** An answer that stays empty three times, and the end of the input, leave the rest out. */
async function asked(keys: readonly (keyof Needed)[]): Promise<ReadonlyMap<keyof Needed, string>> {
  const { err } = readTerminal(true);
  const stop = watchSignals('harden waiver check');
  try {
    return await stop.whileAsking(async (signal) => {
      const prompter =
        err.accessible === true ? linePrompter(() => Promise.resolve(undefined), signal) : drawnPrompter(err, signal);
      const answers = new Map<keyof Needed, string>();
      for (const key of keys) {
        const answer = await answered(prompter, QUESTIONS[key]);
        if (answer === undefined) {
          break;
        }
        answers.set(key, answer);
      }
      return answers;
    });
  } finally {
    stop.release();
  }
}

async function answered(prompter: Prompter, message: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answer = (await prompter.line({ message, empty: '', items: [] }))?.trim();
    if (answer !== '') {
      return answer;
    }
  }
  return undefined;
}

/** `PLACE=VALUE`; a value that is no JSON is text, so that 0644 needs no quotes. */
function conditionFrom(text: string): readonly [string, Json] {
  const at = text.indexOf('=');
  if (at <= 0) {
    throw new HardenError({
      code: 'H2034',
      exit: EXIT.usage,
      message: `--only-while takes PLACE=VALUE; "${text}" is not that. Nothing was written.`,
      hint: 'For example: --only-while daemon.json#/userns-remap=null',
    });
  }
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value) as Json];
  } catch {
    return [text.slice(0, at), value];
  }
}
