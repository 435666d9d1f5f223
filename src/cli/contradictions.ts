import type { ArgumentsCamelCase, Argv } from 'yargs';
import { EXIT, HardenError } from '../model/errors.ts';
import { isGiven, parsingOf } from './parsing.ts';

/** What they print has no lines to lay out. */
const UNDRAWN: readonly unknown[] = ['completion', 'schema'];
/** They tell a person what they do beside a result in any format. */
const TELLING: readonly unknown[] = ['apply', 'rollback', 'recover', 'confirm'];

/**
 * Refuses options of one command line of which one would be passed over. Variables and files say what is usual, so an option may contradict
 * them. @throws HardenError exit 64
 */
export function refuseContradictions(parser: Argv): (given: ArgumentsCamelCase) => void {
  return (given) => {
    const [command] = given._;
    const { format, json } = given;
    const isFormatGiven = isGiven(given, 'format', parsingOf(parser));
    if (json === true && isFormatGiven && [format].flat().some((one) => one !== 'json')) {
      throw wrong(
        `--json is short for --format json, and --format ${String(format)} was given too`,
        'Give one of them.',
      );
    }
    const undrawn = json === true ? 'json' : isFormatGiven && format !== 'text' ? String(format) : undefined;
    if (
      given['width'] !== undefined &&
      (UNDRAWN.includes(command) || (undrawn !== undefined && !TELLING.includes(command)))
    ) {
      const what = undrawn === undefined ? `harden ${String(command)}` : `the format ${undrawn}`;
      throw wrong(`--width lays out text, and ${what} has none to lay out`, 'Leave --width out.');
    }
  };
}

function wrong(what: string, hint: string): HardenError {
  return new HardenError({ code: 'H0064', exit: EXIT.usage, message: `${what}. Nothing was done.`, hint });
}
