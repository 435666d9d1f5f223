import { type CommandPlace, SAME_AGAIN, atPlace } from '../model/command-place.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import { EXIT, type HardenError } from '../model/errors.ts';
import { type Style, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** What happened, why and where, what to do on this place, and the code. For standard error. */
export function errorText(error: HardenError, style: Style, place: CommandPlace = {}): string {
  const lines = [...wrap(style, 0, `harden: ${printable(error.message)}`, 2)];
  if (error.position !== undefined) {
    lines.push(...wrap(style, 2, placeOf(error.position)));
  }
  lines.push(...grouped(error.details).flatMap((detail) => wrap(style, 2, printable(detail), 4)));
  if (error.excerpt !== undefined) {
    lines.push(...excerptLines(error.excerpt, error));
  }
  if (error.hint !== undefined) {
    lines.push(...hintLines(error.hint, style, place));
  }
  if (place.asRoot === true && error.exit === EXIT.noPrivilege && error.hint?.includes('sudo harden') !== true) {
    lines.push(...hintLines(`As root: sudo ${SAME_AGAIN}`, style, place));
  }
  lines.push(codeLine(error.code));
  return `${lines.join('\n')}\n`;
}

/** Each line of a hint is a sentence of its own. */
function hintLines(hint: string, style: Style, place: CommandPlace): readonly string[] {
  return hint.split('\n').flatMap((line) => wrap(style, 2, printable(atPlace(line, place)), 4));
}

/** What a report of a bug needs. */
export interface BugReport {
  /** `harden 0.1.0, node v24.0.0, linux x64` */
  readonly program: string;
  /** The words after `harden`. */
  readonly args: readonly string[];
  /** Runs that have no end, of which this may be one. */
  readonly openRuns: readonly string[];
  readonly debug: boolean;
  readonly place: CommandPlace;
  /** The command that shows the log, where the stack was written to one. */
  readonly log: string | undefined;
}

/** A bug: what became of the host, what to send us, and with `--debug` the stack. */
export function bugText(
  error: unknown,
  { program, args, openRuns, debug, place, log }: BugReport,
  style: Style,
): string {
  const what = error instanceof Error ? error.message : String(error);
  const again = ['harden', ...args.filter((arg) => arg !== '--debug'), '--debug'].map(quoted).join(' ');
  const lines = [
    ...wrap(style, 0, `harden: this is a bug in harden: ${printable(what)}`, 2),
    ...wrap(
      style,
      2,
      openRuns.length === 0
        ? atPlace('No run was left without an end here. How this host stands: harden status', place)
        : atPlace(`Run ${openRuns.join(', ')} has no end. To take back what it did: sudo harden recover`, place),
      4,
    ),
    ...wrap(
      style,
      2,
      `${debug ? 'To report it, send all of this' : 'To report it, send what this prints'}: ${again}`,
      4,
    ),
    ...wrap(style, 2, printable(program), 4),
    ...(log === undefined ? [] : wrap(style, 2, `Its stack is in the log: ${log}`, 4)),
    codeLine('H1000'),
    ...(debug && error instanceof Error ? [error.stack ?? ''] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The last line of every error: its code, and the command that explains it without a network. */
export function codeLine(code: ErrorCode): string {
  return `  ${code}   harden explain ${code}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", String.raw`'\''`)}'`;
}

function placeOf(position: NonNullable<HardenError['position']>): string {
  const line = position.line === undefined ? '' : ` line ${position.line}`;
  const column = position.column === undefined ? '' : `, column ${position.column}`;
  return `${printable(position.file)}${line}${column}`;
}

/** The line before, the line, and a caret under the place; long lines are shown around it. Nothing where the line was cut before the place. */
function excerptLines(excerpt: string, { position, before }: HardenError): readonly string[] {
  const { line = 1, column = 1 } = position ?? {};
  if (column - 1 > excerpt.length) {
    return [];
  }
  const [above, text] = [before ?? '', excerpt].map((one) => printable(one.replaceAll('\t', ' ')));
  // What had to be made printable takes more room than it has columns.
  const pointer = printable(excerpt.slice(0, column - 1).replaceAll('\t', ' ')).length;
  const from = pointer > 60 ? pointer - 40 : 0;
  const width = `${line}`.length;
  const row = (number: string, shown: string): string => `      ${number.padStart(width)} | ${shown}`.trimEnd();
  return [
    ...(above?.trim() === '' || above === undefined ? [] : [row(`${line - 1}`, above.slice(from, from + 64))]),
    row(`${line}`, (text ?? '').slice(from, from + 64)),
    row('', `${' '.repeat(pointer - from)}^`),
  ];
}

/** The same line twice is one line with a count. */
function grouped(details: readonly string[]): readonly string[] {
  return [...new Set(details)].map((detail) => {
    const times = details.filter((one) => one === detail).length;
    return times === 1 ? detail : `${detail} (${times} times)`;
  });
}
