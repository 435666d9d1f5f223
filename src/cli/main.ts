import yargs, { type Argv } from 'yargs';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { bugText, errorText } from '../render/error-text.ts';
import { applyCommand } from './commands/apply.ts';
import { completionCommand } from './commands/completion.ts';
import { confirmCommand } from './commands/confirm.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { historyCommand } from './commands/history.ts';
import { planCommand } from './commands/plan.ts';
import { profileCommand } from './commands/profile.ts';
import { recordCommand } from './commands/record.ts';
import { recoverCommand } from './commands/recover.ts';
import { reportCommand } from './commands/report.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { schemaCommand } from './commands/schema.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { statusCommand } from './commands/status.ts';
import { verifyCommand } from './commands/verify.ts';
import { waiverCommand } from './commands/waiver.ts';
import { settingOptions } from './configured.ts';
import { type CommandEntry, commandTable, commandsOnTheWay } from './command-table.ts';
import type { Finish } from './finish.ts';
import { presentationOptions } from './options.ts';
import { TOPIC_NAMES, type TopicName, isTopicName } from './help/topic-names.ts';
import { print, tell } from './output.ts';
import { commandPlace, notePlace } from './place.ts';
import { presentAsSaid } from './presentation.ts';
import { readTerminal } from './terminal.ts';
import { noteWords } from './said-words.ts';
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
    refuseValuesOfSwitches(args, programTable);
    const [verb, topic = ''] = args;
    if (verb === 'help' && args.length === 2 && isTopicName(topic)) {
      await printTopic(topic);
      return EXIT.ok;
    }
    return await runCommand(withoutHelpVerb(inOrder(args)));
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

async function bugReport(error: unknown, args: readonly string[]): Promise<string> {
  const { unfinishedRuns } = await import('./compose.ts');
  const place = commandPlace();
  const openRuns = unfinishedRuns(place).unfinished;
  const program = `harden ${TOOL_VERSION}, node ${process.version}, ${process.platform} ${process.arch}`;
  return bugText(error, { program, args, openRuns, debug: args.includes('--debug'), place }, readTerminal(false).err);
}

async function runCommand(args: readonly string[]): Promise<ExitCode> {
  const end: { code: ExitCode } = { code: EXIT.ok };
  const finish: Finish = (code) => {
    end.code = code;
  };
  try {
    noteWords(args);
    await commandLine(args, finish).parseAsync();
  } catch (error) {
    // A reader that went away must not hide how the host was left.
    if (!(error instanceof HardenError) || error.exit !== EXIT.cannotWriteOutput || end.code === EXIT.ok) {
      throw error;
    }
    tell(errorText(error, readTerminal(false).err, commandPlace()));
  }
  return end.code;
}

function commandLine(args: readonly string[], finish: Finish): Argv {
  const parser = defined(yargs([...args]), finish)
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
  parser.middleware([settingOptions(parser), presentAsSaid, notePlace], true);
  return parser.fail((message, error) => {
    throw error instanceof HardenError ? error : usageError(message, error, { args, program: programTable() });
  });
}

/** Every command, and the options all of them have. */
function defined(argv: Argv, finish: Finish) {
  return presentationOptions(argv)
    .command(planCommand(finish))
    .command(applyCommand(finish))
    .command(verifyCommand(finish))
    .command(rollbackCommand(finish))
    .command(confirmCommand(finish))
    .command(statusCommand(finish))
    .command(recoverCommand(finish))
    .command(historyCommand(finish))
    .command(reportCommand(finish))
    .command(snapshotCommand(finish))
    .command(waiverCommand(finish))
    .command(explainCommand())
    .command(recordCommand(finish))
    .command(profileCommand())
    .command(doctorCommand(finish))
    .option('config', {
      type: 'string',
      describe: 'use exactly this configuration in place of /etc/harden/harden.json5 and conf.d',
    })
    .command(schemaCommand())
    .command(completionCommand(programTable))
    .option('debug', { type: 'boolean', default: false, describe: 'show the stack of an internal error' });
}

/** The program as a table, for what is seldom needed: suggestions, completion, manual pages. */
export function programTable(): CommandEntry {
  return commandTable((argv) => defined(argv, () => undefined));
}

/** Options may stand before the command, and between a group and its command. The table is made only where that may be so. */
function inOrder(args: readonly string[]): readonly string[] {
  const [first = '', second = ''] = args;
  const mayBe = first.startsWith('-') ? args.length > 1 : second.startsWith('-') && mayBeGroup(first, args);
  return mayBe ? commandFirst(args, programTable()) : args;
}

/** Whether `verb` may have commands of its own, of which one stands behind options. It need not be sure: those asked for most are none. */
function mayBeGroup(verb: string, args: readonly string[]): boolean {
  return !['plan', 'apply', 'verify'].includes(verb) && args.slice(2).some((word) => /^[a-z]+$/.test(word));
}

/** `harden help plan` and `harden plan help` are `harden plan --help`. */
function withoutHelpVerb(args: readonly string[]): readonly string[] {
  if (args[0] === 'help') {
    const words = args.slice(1);
    refuseUnknownCommand(programTable(), words);
    return [...words, '--help'];
  }
  if (args.at(-1) !== 'help') {
    return args;
  }
  const words = args.slice(0, -1);
  return commandsOnTheWay(programTable(), words).length > words.length ? [...words, '--help'] : args;
}
