import { hash } from 'node:crypto';
import { type Sha256, sha256Hex } from './brand.ts';

/** What JSON can hold. Plans, manifests and recordings are made of it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** A plain copy of a value as JSON holds it. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** One text for equal values: keys sorted by code unit, no white space, `undefined` members left out. */
export function canonicalJson(value: unknown): string {
  return textOf(value) ?? 'null';
}

export function digestOf(value: unknown): Sha256 {
  return digestOfBytes(canonicalJson(value));
}

export function digestOfBytes(bytes: string | Uint8Array): Sha256 {
  return sha256Hex(hash('sha256', bytes, 'hex'));
}

/** By code unit, the same everywhere: never by locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As JSON.stringify would, but for the order of keys; undefined for what JSON has no text for. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return quoted(value);
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) {
      text += `${text === '' ? '' : ','}${textOf(item) ?? 'null'}`;
    }
    return `[${text}]`;
  }
  for (const key of sortedKeys(value)) {
    const member = textOf((value as Readonly<Record<string, unknown>>)[key]);
    if (member !== undefined) {
      text += `${text === '' ? '' : ','}${quoted(key)}:${member}`;
    }
  }
  return `{${text}}`;
}

/** More keys than this an object of a plan seldom has. */
const FEW = 24;

/** By code unit. Few are sorted in place: the built-in sort makes copies, which was an eighth of all memory a plan took. */
function sortedKeys(value: object): readonly string[] {
  const keys = Object.keys(value);
  if (keys.length > FEW) {
    return keys.sort();
  }
  for (let end = 1; end < keys.length; end += 1) {
    const key = keys[end] ?? '';
    let at = end;
    for (let before = keys[at - 1]; before !== undefined && before > key; before = keys[at - 1]) {
      keys[at] = before;
      at -= 1;
    }
    keys[at] = key;
  }
  return keys;
}

/** What JSON.stringify writes in another way: quotes, backslashes, control characters and (lone) surrogates. */
const ESCAPED = /["\\\0-\x1F\uD800-\uDFFF]/;

/** As JSON.stringify, which takes several times as long for the short plain texts that most are. */
function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
