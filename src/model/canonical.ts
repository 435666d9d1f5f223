import { createHash } from 'node:crypto';
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
  return sha256Hex(createHash('sha256').update(bytes).digest('hex'));
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
  // Without a function to compare with, the order is that of code units.
  for (const key of Object.keys(value).sort()) {
    const member = textOf((value as Readonly<Record<string, unknown>>)[key]);
    if (member !== undefined) {
      text += `${text === '' ? '' : ','}${quoted(key)}:${member}`;
    }
  }
  return `{${text}}`;
}

/** What JSON.stringify writes in another way: quotes, backslashes, control characters and (lone) surrogates. */
const ESCAPED = /["\\\0-\x1F\uD800-\uDFFF]/;

/** As JSON.stringify, which takes several times as long for the short plain texts that most are. */
function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
