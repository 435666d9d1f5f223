import { SWITCH_WORDS } from '../model/config.ts';
import type { Style } from '../render/layout.ts';

/** What the streams can do; decided once, before any library that looks for itself is loaded. */
export interface Terminal {
  readonly out: Style;
  readonly err: Style;
  /** Both standard input and standard error are terminals, nobody said --no-input, and this is no CI run. */
  readonly canAsk: boolean;
  /** Why not, as a clause; undefined where somebody can be asked. */
  readonly unasked?: string | undefined;
  /** Standard error is a terminal that may be redrawn. */
  readonly live: boolean;
  readonly talk: Talk;
}

/** How much is told besides the result. */
export type Talk = 'quiet' | 'usual' | 'verbose';
export type ColourWish = 'auto' | 'always' | 'never';

/** What the command line says about presentation; undefined where it says nothing. */
export interface Presentation {
  readonly width?: number | undefined;
  readonly ascii?: boolean | undefined;
  readonly accessible?: boolean | undefined;
  readonly colour?: ColourWish | undefined;
  readonly pager?: boolean | undefined;
  readonly talk?: Talk | undefined;
}

export const NARROWEST = 40;
/** Who counts in a wide window is not wrong. */
export const WIDEST_SAID = 1000;
const WIDEST = 100;
const USUAL_WIDTH = 80;

let wished: Presentation = {};
/** The two variables as they were given to us, which `present` then sets for the libraries. */
let given: Pick<NodeJS.ProcessEnv, 'NO_COLOR' | 'FORCE_COLOR'> | undefined;

/**
 * Takes what the command line says, before anything is shown. Libraries that look at the environment for themselves are told the same:
 * they disagree on which variable wins.
 */
export function present(presentation: Presentation): void {
  wished = presentation;
  const { NO_COLOR, FORCE_COLOR } = process.env;
  given = { NO_COLOR, FORCE_COLOR };
  const { err } = readTerminal(false);
  delete process.env['NO_COLOR'];
  delete process.env['FORCE_COLOR'];
  process.env[err.colour ? 'FORCE_COLOR' : 'NO_COLOR'] = '1';
}

/** `json`: the result is for a program, which cannot answer. */
export function readTerminal(input: boolean, json = false): Terminal {
  const { env } = process;
  const ci = isCi(env);
  const unasked = whyUnasked(input, json);
  const err = styleOf(process.stderr);
  return {
    out: styleOf(process.stdout),
    err,
    canAsk: unasked === undefined,
    unasked,
    live: process.stderr.isTTY && !ci && env['TERM'] !== 'dumb' && err.accessible !== true,
    talk: wished.talk ?? 'usual',
  };
}

function isCi(env: NodeJS.ProcessEnv): boolean {
  return env['CI'] !== undefined && !['', 'false', '0'].includes(env['CI']);
}

function whyUnasked(input: boolean, json: boolean): string | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    return 'there is no terminal to ask on';
  }
  if (!input) {
    return '--no-input says that nobody is asked';
  }
  if (json) {
    return 'with JSON on standard output nobody is asked';
  }
  const wish = process.env['HARDEN_NO_INPUT'] ?? '';
  // A word nobody knows forbids it, where a command goes on in spite of one.
  if (wish !== '' && (SWITCH_WORDS.get(wish) ?? true)) {
    return 'HARDEN_NO_INPUT says that nobody is asked';
  }
  return isCi(process.env) ? 'CI is set, which says that nobody is asked' : undefined;
}

/** Long text may go through a pager: somebody looks at standard output, and nobody said otherwise. */
export function mayPage(): boolean {
  return (
    (wished.pager ?? true) &&
    process.stdout.isTTY &&
    process.stdin.isTTY &&
    process.env['TERM'] !== 'dumb' &&
    !isAccessible() &&
    readTerminal(true).canAsk
  );
}

function styleOf(stream: NodeJS.WriteStream): Style {
  const accessible = isAccessible();
  return { width: widthOf(stream), colour: hasColour(stream), unicode: !accessible && speaksUnicode(), accessible };
}

function widthOf(stream: NodeJS.WriteStream): number {
  const { env } = process;
  const width = [wished.width, env['COLUMNS'], stream.columns]
    .map(Number)
    .find((number) => Number.isInteger(number) && number > 0);
  return Math.min(WIDEST, Math.max(NARROWEST, width ?? USUAL_WIDTH));
}

function isAccessible(): boolean {
  return wished.accessible === true;
}

function hasColour(stream: NodeJS.WriteStream): boolean {
  const { env } = process;
  const wish = wished.colour ?? 'auto';
  if (wish === 'always' || wish === 'never') {
    return wish === 'always';
  }
  const { NO_COLOR, FORCE_COLOR } = given ?? env;
  if ((NO_COLOR ?? '') !== '') {
    return false;
  }
  const forced = (FORCE_COLOR ?? '') !== '';
  return forced || (stream.isTTY && env['TERM'] !== 'dumb');
}

/** The locale is one of UTF-8, by the variable that decides, and nobody asked for plain letters. */
function speaksUnicode(): boolean {
  const { env } = process;
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return wished.ascii !== true && /utf-?8/i.test(locale ?? '');
}
