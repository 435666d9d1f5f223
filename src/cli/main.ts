import yargs, { type Argv } from 'yargs';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { bugText, errorText } from '../render/error-text.ts';
import { applyCommand } from './commands/apply.ts';
import { planCommand } from './commands/plan.ts';
import { recordCommand } from './commands/record.ts';
import { recoverCommand } from './commands/recover.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { verifyCommand } from './commands/verify.ts';
import type { Finish } from './finish.ts';
import { tell } from './output.ts';
import { readTerminal } from './terminal.ts';
import { refuseUnknownCommand, refuseValuesOfSwitches, usageError } from './usage-error.ts';
import { TOOL_VERSION } from './version.ts';

const SHORT_HELP = `harden ${TOOL_VERSION}: brings a Docker host to a hardened state, and back.

  harden plan        what is not hardened, and what would change
  harden apply       change it, after approval, with a way back
  harden verify      assert that it is so
  harden rollback    put a snapshot back

  sudo harden plan
  sudo harden apply -x 2.2

All commands: harden --help
`;
const SWITCHES = [
  'json',
  'yes',
  'input',
  'dry-run',
  'plan',
  'exit-code',
  'detailed-exitcode',
  'accept-volatile-state',
  'debug',
];

/** Runs one command line; the result is the exit code. Everything that was thrown has been told. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    if (args.length === 0) {
      process.stdout.write(SHORT_HELP);
      return EXIT.ok;
    }
    refuseValuesOfSwitches(args, SWITCHES);
    return await runCommand(withoutHelpVerb(args));
  } catch (error) {
    if (error instanceof HardenError) {
      tell(errorText(error, readTerminal(false).err));
      return error.exit;
    }
    tell(bugText(error, args.includes('--debug')));
    return EXIT.bug;
  }
}

async function runCommand(args: readonly string[]): Promise<ExitCode> {
  const end: { code: ExitCode } = { code: EXIT.ok };
  const finish: Finish = (code) => {
    end.code = code;
  };
  try {
    await commandLine(args, finish).parseAsync();
  } catch (error) {
    // A reader that went away must not hide how the host was left.
    if (!(error instanceof HardenError) || error.exit !== EXIT.cannotWriteOutput || end.code === EXIT.ok) {
      throw error;
    }
    tell(errorText(error, readTerminal(false).err));
  }
  return end.code;
}

function commandLine(args: readonly string[], finish: Finish): Argv {
  const parser = yargs([...args])
    .scriptName('harden')
    .usage(
      '$0 <command>\n\nBrings a Docker host to the state the CIS Docker Benchmark asks for, and can always bring it back.',
    )
    .command(planCommand(finish))
    .command(applyCommand(finish))
    .command(verifyCommand(finish))
    .command(rollbackCommand(finish))
    .command(recoverCommand(finish))
    .command(snapshotCommand(finish))
    .command(recordCommand(finish))
    .option('debug', { type: 'boolean', default: false, describe: 'show the stack of an internal error' })
    .demandCommand(1, 'name a command')
    .strict()
    .recommendCommands()
    .version(TOOL_VERSION)
    .help()
    .alias('h', 'help')
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(Math.min(100, process.stdout.isTTY ? process.stdout.columns : 80));
  return parser.fail((message, error) => {
    throw error instanceof HardenError ? error : usageError(message, error, args);
  });
}

/** `harden help plan` and `harden plan help` are `harden plan --help`. */
function withoutHelpVerb(args: readonly string[]): readonly string[] {
  if (args[0] === 'help') {
    args.slice(1, 2).forEach(refuseUnknownCommand);
    return [...args.slice(1), '--help'];
  }
  return args.at(-1) === 'help' && args.length === 2 ? [...args.slice(0, -1), '--help'] : args;
}
