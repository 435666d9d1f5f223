import { DEFAULT_PROFILE } from '../catalogue/profiles.ts';
import { type CommandPlace, LOOK_NAMES, type LookOption, type SaidOption } from '../model/command-place.ts';
import { configWords } from './configured.ts';
import { lineAgain } from './said-words.ts';

/** Commands whose options decide which plan is made. */
const SELECTING: readonly unknown[] = ['plan', 'apply', 'verify', 'explain'];

let place: CommandPlace = {};

/** What the command line, or a variable for it, says of the place and of what is looked at. */
export function notePlace(given: Readonly<Record<string, unknown>> & { readonly _: readonly unknown[] }): void {
  place = {
    root: textOf(given['root']),
    stateDir: textOf(given['state-dir']),
    acceptVolatile: given['accept-volatile-state'] === true,
    looked: SELECTING.includes(given._[0]) ? LOOK_NAMES.flatMap((name) => saidOf(name, given)) : [],
  };
}

/** Where this command works, for commands that are printed; nothing before a command line was read. */
export function commandPlace(): CommandPlace {
  return { ...place, line: lineAgain(), asRoot: process.geteuid?.() !== 0 };
}

function saidOf(name: LookOption, given: Readonly<Record<string, unknown>>): readonly SaidOption[] {
  if (name === 'config') {
    return configWords()
      .slice(1)
      .map((value) => ({ name, value }));
  }
  const values = Array.isArray(given[name]) ? given[name] : [given[name]];
  return values.flatMap((value: unknown) =>
    typeof value === 'string' && !(name === 'profile' && value === DEFAULT_PROFILE) ? [{ name, value }] : [],
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
