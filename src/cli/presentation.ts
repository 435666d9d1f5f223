import { EXIT, HardenError } from '../model/errors.ts';
import { type ColourWish, NARROWEST, WIDEST_SAID, present } from './terminal.ts';

/** The part of a command line that is about presentation; checked by the parser but for what only numbers can be. */
type Said = Readonly<Record<string, unknown>>;

/** Takes what the command line and the settings say of presentation. @throws HardenError exit 64 */
export function presentAsSaid(said: Said): void {
  const { width } = said;
  if (width !== undefined && !(Number.isInteger(width) && Number(width) >= NARROWEST && Number(width) <= WIDEST_SAID)) {
    throw wrong(
      `--width takes a number of columns from ${NARROWEST} to ${WIDEST_SAID}, of which at most 100 are used`,
      '--width 80',
    );
  }
  if (said['quiet'] === true && said['verbose'] === true) {
    throw wrong('--quiet and --verbose exclude each other', '--quiet');
  }
  present({
    width: width === undefined ? undefined : Number(width),
    ascii: said['ascii'] === true,
    accessible: said['accessible'] === true,
    colour: colourOf(said['color']),
    pager: said['pager'] !== false && said['input'] !== false,
    talk: said['quiet'] === true ? 'quiet' : said['verbose'] === true ? 'verbose' : 'usual',
  });
}

function colourOf(value: unknown): ColourWish {
  return value === 'always' || value === 'never' ? value : 'auto';
}

function wrong(what: string, example: string): HardenError {
  return new HardenError({
    code: 'H0064',
    exit: EXIT.usage,
    message: `${what}. Nothing was done.`,
    hint: `For example: harden plan ${example}`,
  });
}
