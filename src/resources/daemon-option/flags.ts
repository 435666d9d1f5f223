import type { Json } from '../../model/canonical.ts';
import { byCodeUnit } from '../../model/canonical.ts';
import type { KeyRow } from './key-row.ts';
import { allKeys } from './keys.ts';

/** A setting given on dockerd's command line. */
export interface FlagUse {
  readonly key: string;
  /** As a person would look for it: `--icc`, `-H`. */
  readonly spelled: string;
  /** In the shape of the key; null where the text fits no value of that shape. */
  readonly value: Json;
}

const LONG: ReadonlyMap<string, KeyRow> = new Map(
  allKeys().flatMap((row) => row.flags.map((flag) => [flag, row] as const)),
);
const SHORT: ReadonlyMap<string, KeyRow> = new Map(
  allKeys().flatMap((row) => (row.shorthand === undefined ? [] : [[row.shorthand, row] as const])),
);

/** `argv` without the program's name, read as dockerd reads it: `--k=v`, `--k v`, `-k v`, `-kv`, booleans with or without `=v`. */
export function parseFlags(argv: readonly string[]): ReadonlyMap<string, FlagUse> {
  const texts = new Map<string, { readonly row: KeyRow; readonly spelled: string; readonly values: string[] }>();
  const rest = wordsOf(argv);
  for (let arg = rest.next(); arg !== undefined && arg !== '--'; arg = rest.next()) {
    for (const { row, spelled, value } of arg.startsWith('--') ? longFlag(arg, rest) : shortFlags(arg, rest)) {
      const known = texts.get(row.key);
      if (known === undefined) {
        texts.set(row.key, { row, spelled, values: [value] });
      } else {
        known.values.push(value);
      }
    }
  }
  return new Map(
    [...texts].map(([key, { row, spelled, values }]) => [key, { key, spelled, value: valueOf(row, values) }]),
  );
}

interface RawFlag {
  readonly row: KeyRow;
  readonly spelled: string;
  readonly value: string;
}

/** What is left of the command line. */
interface Words {
  /** Takes one. */
  next(): string | undefined;
  peek(): string | undefined;
}

function wordsOf(argv: readonly string[]): Words {
  let at = 0;
  return {
    next: () => argv[at++],
    peek: () => argv[at],
  };
}

function longFlag(arg: string, rest: Words): readonly RawFlag[] {
  const cut = arg.indexOf('=');
  const name = arg.slice(2, cut === -1 ? undefined : cut);
  const row = LONG.get(name);
  if (row === undefined) {
    skipValueOfUnknown(cut, rest);
    return [];
  }
  if (cut !== -1) {
    return [{ row, spelled: `--${name}`, value: arg.slice(cut + 1) }];
  }
  return [{ row, spelled: `--${name}`, value: row.shape === 'boolean' ? 'true' : (rest.next() ?? '') }];
}

/** A flag we do not know: what follows is its value where it does not look like a flag. */
function skipValueOfUnknown(cut: number, rest: Words): void {
  if (cut === -1 && rest.peek()?.startsWith('-') === false) {
    rest.next();
  }
}

function shortFlags(arg: string, rest: Words): readonly RawFlag[] {
  if (!arg.startsWith('-') || arg === '-') {
    return [];
  }
  const found: RawFlag[] = [];
  for (let letters = arg.slice(1); letters !== ''; letters = letters.slice(1)) {
    const spelled = `-${letters.charAt(0)}`;
    const row = SHORT.get(letters.charAt(0));
    const after = letters.slice(1);
    if (row === undefined) {
      return found;
    }
    if (after.startsWith('=')) {
      return [...found, { row, spelled, value: after.slice(1) }];
    }
    if (row.shape !== 'boolean') {
      return [...found, { row, spelled, value: after === '' ? (rest.next() ?? '') : after }];
    }
    found.push({ row, spelled, value: 'true' });
  }
  return found;
}

/** Repeatable flags collect; of the others the last one counts. */
function valueOf(row: KeyRow, values: readonly string[]): Json {
  const last = values.at(-1) ?? '';
  switch (row.shape) {
    case 'boolean':
      return booleanOf(last);
    case 'integer':
      return /^-?\d+$/.test(last) ? Number(last) : null;
    case 'string':
      return last;
    case 'strings':
      return values;
    case 'string-map':
      return Object.fromEntries(values.map(pairOf));
    case 'boolean-map':
      return Object.fromEntries(
        values.map(pairOf).map(([name, value]) => [name, booleanOf(value === '' ? 'true' : value)]),
      );
    case 'ulimits':
      return ulimitsOf(values);
    case 'object':
    case 'objects':
    case 'any':
      return values.length === 1 ? last : [...values].sort(byCodeUnit);
  }
}

function booleanOf(text: string): boolean | null {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) {
    return true;
  }
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : null;
}

function pairOf(text: string): readonly [string, string] {
  const cut = text.indexOf('=');
  return cut === -1 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
}

/** `nofile=1024:4096`, soft then hard; one number is both. */
function ulimitsOf(values: readonly string[]): Json {
  return Object.fromEntries(
    values.map(pairOf).map(([Name, limits]) => {
      const [soft = '', hard = soft] = limits.split(':');
      return [Name, { Name, Hard: Number(hard), Soft: Number(soft) }];
    }),
  );
}
