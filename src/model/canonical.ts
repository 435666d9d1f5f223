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
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => textOf(item) ?? 'null').join(',')}]`;
  }
  const members: string[] = [];
  for (const key of Object.keys(value).sort(byCodeUnit)) {
    const member = textOf((value as Readonly<Record<string, unknown>>)[key]);
    if (member !== undefined) {
      members.push(`${JSON.stringify(key)}:${member}`);
    }
  }
  return `{${members.join(',')}}`;
}
