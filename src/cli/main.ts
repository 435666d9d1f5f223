import yargs, { type Argv } from 'yargs';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { bugText, errorText } from '../render/error-text.ts';
import { settingOptions } from './configured.ts';
import { refuseContradictions } from './contradictions.ts';
import { type CommandEntry, commandTable, commandsOnTheWay } from './command-table.ts';
import { COMMAND_NAMES, type CommandName, type Define, commandNamed, isCommandName } from './commands/index.ts';
import type { Finish } from './finish.ts';
import { presentationOptions } from './options.ts';
import { TOPIC_NAMES, type TopicName, isTopicName } from './help/topic-names.ts';
import { print, tell } from './output.ts';
import { commandPlace, notePlace } from './place.ts';
import { presentAsSaid } from './presentation.ts';
import { readTerminal } from './terminal.ts';
import { noteWords } from './said-words.ts';
import { limitAsSaid, limitWasKept } from './time-limit.ts';
import { refuseUnknownCommand, refuseValuesOfSwitches, usageError } from './usage-error.ts';
import { TOOL_VERSION } from './version.ts';
import { commandFirst } from './word-order.ts';

const SHORT_HELP = `harden ${TOOL_VERSION}: brings a Docker host to a hardened state, and back.

  harden plan        what is not hardened, and what would change
  harden apply       change it, after approval, with a way back
  harden verify      assert that it is so
  harden rollback    put a snapshot back

  sudo harden plan
  sudo harden apply -x 2.2

All commands: harden --help
`;

/** Runs one command line; the result is the exit code. Everything that was thrown has been told. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    if (args.length === 0) {
      process.stdout.write(SHORT_HELP);
      return EXIT.ok;
    }
    const [verb, topic = ''] = args;
    if (verb === '--version' && args.length === 1) {
      await print(`${TOOL_VERSION}\n`);
      return EXIT.ok;
    }
    await refuseValuesOfSwitches(args, () => programTable(namesIn(args)));
    if (verb === 'help' && args.length === 2 && isTopicName(topic)) {
      await printTopic(topic);
      return EXIT.ok;
    }
    return await runCommand(await withoutHelpVerb(await inOrder(args)));
  } catch (error) {
    if (error instanceof HardenError) {
      tell(errorText(error, readTerminal(false).err, commandPlace()));
      return error.exit;
    }
    tell(await bugReport(error, args));
    return EXIT.bug;
  }
}

async function printTopic(name: TopicName): Promise<void> {
  const [{ TOPICS }, { topicText }] = await Promise.all([
    import('./help/topics.ts'),
    import('../render/topic-text.ts'),
  ]);
  await print(topicText(name, TOPICS[name], readTerminal(false).out));
}

/** Looked for before a line is parsed, which is where most errors come from. */
function isDebug(args: readonly string[]): boolean {
  return args.includes('--debug') || args.includes('--debug=true');
}

async function bugReport(error: unknown, args: readonly string[]): Promise<string> {
  const { unfinishedRuns } = await import('./store-place.ts');
  const place = commandPlace();
  const openRuns = unfinishedRuns(place).unfinished;
  const program = `harden ${TOOL_VERSION}, node ${process.version}, ${process.platform} ${process.arch}`;
  const debug = isDebug(args);
  const log = (await import('./debug.ts')).logBug(error, debug);
  return bugText(error, { program, args, openRuns, debug, place, log }, readTerminal(false).err);
}

async function runCommand(args: readonly string[]): Promise<ExitCode> {
  const end: { code: ExitCode } = { code: EXIT.ok };
  const finish: Finish = (code) => {
    end.code = code;
  };
  try {
    noteWords(args);
    if (isDebug(args)) {
      (await import('./debug.ts')).logInternals(args);
    }
    await (await commandLine(args, finish)).parseAsync();
    limitWasKept();
  } catch (thrown) {
    const error = thrown instanceof WrongLine ? await usageErrorOf(thrown, args) : thrown;
    // A reader that went away must not hide how the host was left.
    if (!(error instanceof HardenError) || error.exit !== EXIT.cannotWriteOutput || end.code === EXIT.ok) {
      throw error;
    }
    tell(errorText(error, readTerminal(false).err, commandPlace()));
  }
  return end.code;
}

async function commandLine(args: readonly string[], finish: Finish): Promise<Argv> {
  const parser = defined(yargs([...args]), await definitions(finish, namesIn(args)))
    .scriptName('harden')
    .usage(
      '$0 <command>\n\nBrings a Docker host to the state the CIS Docker Benchmark asks for, and can always bring it back.',
    )
    .epilogue(`More: harden help TOPIC, with one of ${TOPIC_NAMES.join(' ')}`)
    .demandCommand(1, 'name a command')
    .strict()
    // A list takes one word each time, so that what follows it is not swallowed: -c 2.2,2.3 or -c 2.2 -c 2.3.
    .parserConfiguration({ 'greedy-arrays': false })
    .recommendCommands()
    .version(TOOL_VERSION)
    .help()
    .alias('h', 'help')
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(Math.min(100, process.stdout.isTTY ? process.stdout.columns : 80));
  parser.middleware(
    [refuseContradictions(parser), settingOptions(parser), presentAsSaid, limitAsSaid, notePlace],
    true,
  );
  writeNoHelpUnasked(parser);
  return parser.fail((message, error) => {
    throw isItself(message, error) ? error : new WrongLine(message, error);
  });
}

/** What a handler threw comes without a message; the types of yargs know neither that nor a message without an error. */
function isItself(message: string | null, error: Error | undefined): boolean {
  return error instanceof HardenError || (message === null && error !== undefined);
}

/** What yargs says of a line it refuses; what could have been meant is looked for later, as all commands are loaded for that. */
class WrongLine extends Error {
  readonly said: string | null;
  readonly by: Error | undefined;

  constructor(said: string | null, by: Error | undefined) {
    super(said ?? by?.message);
    this.said = said;
    this.by = by;
  }
}

async function usageErrorOf({ said, by }: WrongLine, args: readonly string[]): Promise<Error> {
  return usageError(said, by, { args, program: await programTable() });
}

/** As soon as a command runs yargs writes its help, for a method nobody calls here: a tenth of the time of a plan. */
function writeNoHelpUnasked(parser: Argv): void {
  parser.getInternalMethods().getUsageInstance().cacheHelpMessage = () => undefined;
}

/** Of a line that begins with a command this one alone, else all of them. */
function namesIn([first = '']: readonly string[]): readonly CommandName[] {
  return isCommandName(first) ? [first] : COMMAND_NAMES;
}

function definitions(finish: Finish, names: readonly CommandName[]): Promise<readonly Define[]> {
  return Promise.all(names.map((name) => commandNamed(name, finish, programTable)));
}

/** Commands, and the options all of them have. */
function defined(argv: Argv, commands: readonly Define[]): Argv {
  return commands
    .reduce<Argv>((all, define) => define(all), presentationOptions(argv))
    .option('config', {
      type: 'string',
      describe: 'use exactly this configuration in place of /etc/harden/harden.json5 and conf.d',
    })
    .option('timeout', {
      type: 'string',
      requiresArg: true,
      describe:
        'limit for the whole command (10m; at most 7d): what is not changed yet is not begun, what is half done is put back',
    })
    .option('debug', {
      type: 'boolean',
      default: false,
      describe:
        'write to the log which programs are run and what the engine is asked; show the stack of an internal error',
    });
}

/** The program as a table, for what is seldom needed: suggestions, completion, manual pages. */
export async function programTable(names: readonly CommandName[] = COMMAND_NAMES): Promise<CommandEntry> {
  const commands = await definitions(() => undefined, names);
  return commandTable((argv) => defined(argv, commands));
}

/** Options may stand before the command, and between a group and its command. The table is made only where that may be so. */
async function inOrder(args: readonly string[]): Promise<readonly string[]> {
  const [first = '', second = ''] = args;
  const mayBe = first.startsWith('-') ? args.length > 1 : second.startsWith('-') && mayBeGroup(first, args);
  return mayBe ? commandFirst(args, await programTable()) : args;
}

/** Whether `verb` may have commands of its own, of which one stands behind options. It need not be sure: those asked for most are none. */
function mayBeGroup(verb: string, args: readonly string[]): boolean {
  return !['plan', 'apply', 'verify'].includes(verb) && args.slice(2).some((word) => /^[a-z]+$/.test(word));
}

/** `harden help plan` and `harden plan help` are `harden plan --help`. */
async function withoutHelpVerb(args: readonly string[]): Promise<readonly string[]> {
  if (args[0] === 'help') {
    const words = args.slice(1);
    refuseUnknownCommand(await programTable(), words);
    return [...words, '--help'];
  }
  if (args.at(-1) !== 'help') {
    return args;
  }
  const words = args.slice(0, -1);
  return commandsOnTheWay(await programTable(), words).length > words.length ? [...words, '--help'] : args;
}
