import type { HardenError } from '../model/errors.ts';
import { type Style, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** What happened, why and where, what to do, and the code. For standard error. */
export function errorText(error: HardenError, style: Style): string {
  const lines = [...wrap(style, 0, `harden: ${printable(error.message)}`, 2)];
  if (error.position !== undefined) {
    lines.push(...wrap(style, 2, placeOf(error.position)));
  }
  lines.push(...error.details.flatMap((detail) => wrap(style, 2, printable(detail), 4)));
  if (error.excerpt !== undefined) {
    lines.push(...excerptLines(error));
  }
  if (error.hint !== undefined) {
    lines.push(...wrap(style, 2, printable(error.hint), 4));
  }
  lines.push(`  ${error.code}`);
  return `${lines.join('\n')}\n`;
}

/** A bug: what to send us. The stack is for `--debug`. */
export function bugText(error: unknown, debug: boolean): string {
  const what = error instanceof Error ? error.message : String(error);
  const stack = debug && error instanceof Error ? `${error.stack ?? ''}\n` : '';
  return `harden: this is a bug in harden: ${printable(what)}\n  Run it again with --debug and report what it prints.\n  H1000\n${stack}`;
}

function placeOf(position: NonNullable<HardenError['position']>): string {
  const line = position.line === undefined ? '' : ` line ${position.line}`;
  const column = position.column === undefined ? '' : `, column ${position.column}`;
  return `${printable(position.file)}${line}${column}`;
}

function excerptLines(error: HardenError): readonly string[] {
  const number = `${error.position?.line ?? ''}`;
  const text = printable((error.excerpt ?? '').replaceAll('\t', ' '));
  const column = error.position?.column ?? 1;
  // A long line is shown around the place.
  const from = column > 60 ? column - 40 : 0;
  const pointer = ' '.repeat(Math.max(0, column - 1 - from));
  return [`    ${number} | ${text.slice(from, from + 64)}`, `    ${' '.repeat(number.length)} | ${pointer}^`];
}
