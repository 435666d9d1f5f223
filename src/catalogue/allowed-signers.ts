import { suggestion } from './nearest.ts';
import type { Problem } from './problems.ts';

/** Options of a line, as ssh-keygen(1) has them; true: with a value in quotation marks. */
const OPTIONS: ReadonlyMap<string, boolean> = new Map([
  ['cert-authority', false],
  ['namespaces', true],
  ['valid-after', true],
  ['valid-before', true],
]);
const KEY_TYPES = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
];
const DATE = /^\d{8}(?:\d{4}(?:\d{2})?)?Z?$/;

interface Word {
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

type Mistake = readonly [column: number, text: string];

/**
 * Lines of a file of allowed signers that ssh-keygen passes over, so that a signature does not count for a reason nobody is told:
 * it tries each line and takes the first that fits.
 */
export function signerMistakes(file: string, text: string): readonly Problem[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const mistake = /^\s*(?:#|$)/.test(line) ? undefined : mistakeIn(line);
    return mistake === undefined
      ? []
      : [{ file, line: index + 1, column: mistake[0], text: mistake[1], excerpt: line, before: lines[index - 1] }];
  });
}

function mistakeIn(line: string): Mistake | undefined {
  const words = wordsOf(line);
  const [name, second, ...rest] = words;
  if (name === undefined) {
    return undefined;
  }
  // Behind its type are the key and a comment, in which anything may stand.
  const key = words.findIndex(({ text }) => isKeyType(text));
  const unclosed = words.slice(0, key < 0 ? undefined : key).find(({ text }) => quotes(text) % 2 === 1);
  if (unclosed !== undefined) {
    return [unclosed.column, 'a quotation mark is not closed'];
  }
  if (KEY_TYPES.includes(name.text)) {
    return [name.column, 'the name of the signer is missing in front of the key'];
  }
  if (second === undefined) {
    return [line.trimEnd().length + 1, `a key is missing after ${name.text}, for example: ssh-ed25519 AAAA…`];
  }
  return isKeyType(second.text)
    ? mistakeInKey(second, rest[0], line)
    : (mistakeInOptions(second) ?? mistakeInKey(rest[0], rest[1], line));
}

/** Split at blanks outside quotation marks. */
function wordsOf(line: string): readonly Word[] {
  return [...line.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)].map(({ 0: text, index }) => ({
    text,
    column: index + 1,
  }));
}

function quotes(text: string): number {
  return text.replaceAll(/\\./g, '').split('"').length - 1;
}

function isKeyType(word: string): boolean {
  return !/[=,"]/.test(word) && /^(?:sk-)?(?:ssh|ecdsa)[-@]|^(?:ed25519|rsa)/.test(word);
}

function mistakeInOptions({ text, column }: Word): Mistake | undefined {
  for (const { 0: option, index } of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g)) {
    const at = column + index;
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(option) ?? [];
    const takesValue = OPTIONS.get(name.toLowerCase());
    if (takesValue === undefined) {
      return [
        at,
        `"${name}" is neither an option nor a kind of key${suggestion(name, [...OPTIONS.keys(), ...KEY_TYPES])}`,
      ];
    }
    if (takesValue !== (value !== undefined) || (value !== undefined && !/^".*"$/.test(value))) {
      return [at, takesValue ? `${name} takes a value in quotation marks: ${name}="…"` : `${name} takes no value`];
    }
    if (name.toLowerCase().startsWith('valid-') && !DATE.test(value?.slice(1, -1) ?? '')) {
      return [at, `${name} takes a day or a time like "20270131" or "202701312359"`];
    }
  }
  return undefined;
}

function mistakeInKey(type: Word | undefined, key: Word | undefined, line: string): Mistake | undefined {
  if (type === undefined || key === undefined) {
    return [line.trimEnd().length + 1, 'a key is missing, for example: ssh-ed25519 AAAA…'];
  }
  const within = typeWithin(key.text);
  if (within === type.text) {
    return undefined;
  }
  if (!KEY_TYPES.includes(type.text) && suggestion(type.text, KEY_TYPES) !== '') {
    return [type.column, `"${type.text}" is no kind of key${suggestion(type.text, KEY_TYPES)}`];
  }
  return within === undefined
    ? [key.column, 'this is no key; it is the second word of the file that ends in .pub']
    : [type.column, `the key is one of ${within}, and the line says ${type.text}`];
}

/** The kind a public key itself names: a length in four bytes, then its letters. */
function typeWithin(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return undefined;
  }
  const bytes = Buffer.from(base64, 'base64');
  const length = bytes.length < 4 ? 0 : bytes.readUInt32BE(0);
  const name = bytes.subarray(4, 4 + length).toString('latin1');
  return length > 0 && name.length === length && /^[a-z0-9@.-]+$/.test(name) ? name : undefined;
}
