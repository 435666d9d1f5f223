import type { CommandPlace } from '../model/command-place.ts';

let place: CommandPlace = {};

/** What the command line, or a variable for it, says of the place. */
export function notePlace(given: Readonly<Record<string, unknown>>): void {
  place = {
    root: textOf(given['root']),
    stateDir: textOf(given['state-dir']),
    acceptVolatile: given['accept-volatile-state'] === true,
  };
}

/** Where this command works, for commands that are printed; nothing before a command line was read. */
export function commandPlace(): CommandPlace {
  return place;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
