import { numbers } from './tally.ts';

/** Makes one input after the other, the same for the same seed. */
export interface Mutator {
  next(): Uint8Array;
}

interface Ground {
  readonly samples: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
  readonly below: (end: number) => number;
}

type Mutation = (bytes: Uint8Array, ground: Ground) => Uint8Array;

/** What breaks parsers of any kind. */
const NASTY = [
  ...[
    '\0',
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '"',
    "'",
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '=',
    '#',
    ';',
    '//',
    '/*',
    '-',
  ],
  ...['..', '/../', '//', '-1', '0', '00', '1e999', '1e308', '-0', '4294967295', '4294967296', '9007199254740993'],
  ...['99999999999999999999999999999999', '0x10', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null'],
  ...[
    'true',
    'false',
    'NaN',
    'Infinity',
    '\\u0000',
    '\\ud800',
    '\\udc00\\ud800',
    '\\u0022',
    '\u2028',
    '\ufeff',
    '\u00a0',
  ],
  ...[
    '\u0130',
    '\u{1F600}',
    '%s',
    '${A}',
    '$(a)',
    '`a`',
    '[[[[[[[[',
    '{{{{{{{{',
    '"a":{"a":{"a":',
    ']]]]]]]]',
    '\u0085',
  ],
].map((text) => new TextEncoder().encode(text));
const BAD_BYTES = [
  [0xff],
  [0xfe, 0xff],
  [0xff, 0xfe],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0x80],
].map((list) => Uint8Array.from(list));
const LONGEST = 16_384;

export function mutator(seed: number, samples: readonly Uint8Array[], words: readonly string[]): Mutator {
  const random = numbers(seed + 1);
  const below = (end: number): number => Math.floor(random() * end);
  const own = words.map((word) => new TextEncoder().encode(word));
  const ground: Ground = { samples, words: [...NASTY, ...BAD_BYTES, ...own, ...own, ...own], below };
  return {
    next: () => {
      if (below(40) === 0) {
        return rawBytes(ground);
      }
      let bytes = pick(samples, below) ?? new Uint8Array();
      for (let count = 1 + below(below(4) === 0 ? 12 : 3); count > 0; count -= 1) {
        bytes = (pick(MUTATIONS, below) ?? flip)(bytes, ground);
      }
      return bytes.length > LONGEST ? bytes.subarray(0, LONGEST) : bytes;
    },
  };
}

function pick<T>(list: readonly T[], below: (end: number) => number): T | undefined {
  return list[below(list.length)];
}

function rawBytes({ below }: Ground): Uint8Array {
  return Uint8Array.from({ length: below(200) }, () => below(256));
}

function splice(bytes: Uint8Array, start: number, end: number, by: Uint8Array): Uint8Array {
  const made = new Uint8Array(bytes.length - (end - start) + by.length);
  made.set(bytes.subarray(0, start));
  made.set(by, start);
  made.set(bytes.subarray(end), start + by.length);
  return made;
}

function range(bytes: Uint8Array, { below }: Ground): readonly [number, number] {
  const start = below(bytes.length + 1);
  return [start, Math.min(bytes.length, start + below(below(3) === 0 ? 200 : 8))];
}

const flip: Mutation = (bytes, { below }) => {
  const copy = bytes.slice();
  const at = below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
  return copy;
};

const cut: Mutation = (bytes, ground) => splice(bytes, ...range(bytes, ground), new Uint8Array());

const insertWord: Mutation = (bytes, ground) => {
  const at = ground.below(bytes.length + 1);
  return splice(bytes, at, at, pick(ground.words, ground.below) ?? new Uint8Array());
};

const replaceByWord: Mutation = (bytes, ground) =>
  splice(bytes, ...range(bytes, ground), pick(ground.words, ground.below) ?? new Uint8Array());

const repeat: Mutation = (bytes, ground) => {
  const [start, end] = range(bytes, ground);
  const part = bytes.subarray(start, end);
  const times = ground.below(ground.below(10) === 0 ? 300 : 3);
  return splice(bytes, end, end, Buffer.concat(Array.from({ length: times }, () => part)));
};

const cross: Mutation = (bytes, ground) => {
  const other = pick(ground.samples, ground.below) ?? bytes;
  return splice(bytes, ...range(bytes, ground), other.subarray(...range(other, ground)));
};

/** A line, or a word, of one place in another. */
const moveLine: Mutation = (bytes, { below }) => {
  const text = Buffer.from(bytes).toString('latin1');
  const separator = below(2) === 0 ? '\n' : /[ =:,]/.exec(text)?.[0] === ':' ? ':' : ' ';
  const parts = text.split(separator);
  const [taken = ''] = parts.splice(below(parts.length), 1);
  parts.splice(below(parts.length + 1), 0, taken, ...(below(4) === 0 ? [taken] : []));
  return Buffer.from(parts.join(separator), 'latin1');
};

const otherNumber: Mutation = (bytes, ground) => {
  const text = Buffer.from(bytes).toString('latin1');
  const found = [...text.matchAll(/\d+/g)];
  const one = pick(found, ground.below);
  if (one === undefined) {
    return bytes;
  }
  const digits =
    pick(['0', '1', '-1', '07777', '65536', '4294967295', '18446744073709551616', '1e400', ''], ground.below) ?? '';
  return splice(bytes, one.index, one.index + one[0].length, Buffer.from(digits));
};

const truncate: Mutation = (bytes, { below }) => bytes.subarray(0, below(bytes.length + 1));

const MUTATIONS: readonly Mutation[] = [
  ...[flip, cut, insertWord, insertWord, replaceByWord, replaceByWord],
  ...[repeat, cross, moveLine, otherNumber, truncate],
];
