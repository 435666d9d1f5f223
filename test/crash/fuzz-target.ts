import { NestedTooDeeply, repeatedKeys, syntaxTree } from '../../src/catalogue/json5-positions.ts';
import { HardenError } from '../../src/model/errors.ts';

/** A parser of bytes that come from elsewhere, and what must hold for whatever it makes of them. */
export interface FuzzTarget {
  readonly name: string;
  /** Real ones, to be mutated. */
  samples(): readonly Uint8Array[];
  /** Pieces that mean something to this parser. */
  readonly words: readonly string[];
  /**
   * Gives the input to the parser. Undefined where all held; else what did not. Throws nothing where the parser throws nothing but
   * errors of its own.
   */
  check(bytes: Uint8Array): string | undefined | Promise<string | undefined>;
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** As a host's files are read: what is not UTF-8 becomes the replacement character. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A violation unless `holds`. */
export function expectThat(holds: boolean, violation: string): string | undefined {
  return holds ? undefined : violation;
}

/** The first violation of a list. */
export function firstOf<T>(list: readonly T[], violation: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = violation(one);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** The value, or undefined where it was refused by an error for people. @throws what else was thrown. */
export function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof HardenError && error.message !== '' && /^H\d{4}$/.test(error.code)) {
      return undefined;
    }
    throw error;
  }
}

/** How many keys of a JSON5 text stand in their object again; undefined where it is nested too deeply to be told. */
export function repeatsOf(text: string): number | undefined {
  try {
    return repeatedKeys(syntaxTree(text)).length;
  } catch (error) {
    if (error instanceof NestedTooDeeply) {
      return undefined;
    }
    throw error;
  }
}
