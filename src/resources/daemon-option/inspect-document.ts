import { parseTree } from 'jsonc-parser';
import type { Json, JsonObject } from '../../model/canonical.ts';
import { type DaemonDocument, isObject, positionsIn } from './document.ts';
import { isAtLeast } from './engine-version.ts';
import type { FlagUse } from './flags.ts';
import type { KeyShape } from './key-row.ts';
import { keyRow, type KeyStanding, standingOf } from './keys.ts';

/** `fatal`: dockerd does not start with this file. `warning`: it starts, but not as one would think. */
export interface Remark {
  readonly severity: 'fatal' | 'warning';
  /** The top-level key concerned, where there is one. */
  readonly key: string | undefined;
  /** One sentence, with the line where there is one. */
  readonly message: string;
}

/** Objects that dockerd reads as they are; the members of all others it takes for keys of the top level. */
const KEPT_NESTED: ReadonlySet<string> = new Set([
  'builder',
  'cluster-store-opts',
  'default-network-opts',
  'default-ulimits',
  'features',
  'log-opts',
  'nri-opts',
  'runtimes',
]);

/** Flags that may be given beside the key of the same name. */
const MAY_BE_BOTH: ReadonlySet<string> = new Set(['runtimes']);

/** What this engine, started with these flags, would make of the file; in the order of the file. */
export function inspectDocument(
  document: DaemonDocument,
  flags: ReadonlyMap<string, FlagUse>,
  version: string | undefined,
): readonly Remark[] {
  const old = version !== undefined && !isAtLeast(version, '23.0');
  switch (document.status) {
    case 'absent':
      return [];
    case 'invalid': {
      const { message, line, column } = document.problem;
      return [{ severity: 'fatal', key: undefined, message: `line ${line}, column ${column}: ${message}` }];
    }
    case 'empty':
      return [
        ...(old
          ? [
              {
                severity: 'fatal' as const,
                key: undefined,
                message: `Engine ${version} does not start with an empty file`,
              },
            ]
          : []),
        ...encodingRemarks(document.encoding, old),
      ];
    case 'object': {
      const lines = linesOfKeys(document.text);
      return [
        ...encodingRemarks(document.encoding, old),
        ...document.duplicates.map(({ path, line, column }): Remark => {
          const message = `${path} stands twice (again in line ${line}, column ${column}); the last one counts`;
          return { severity: 'warning', key: path.split(/[.[]/)[0], message };
        }),
        ...Object.entries(document.value).flatMap(([key, value]) =>
          inspectMember({ key, value, line: lines.get(key) ?? 1, flags, version }),
        ),
      ];
    }
  }
}

interface Member {
  readonly key: string;
  readonly value: Json;
  /** Where the key stands, counted from 1. */
  readonly line: number;
  readonly flags: ReadonlyMap<string, FlagUse>;
  readonly version: string | undefined;
}

function encodingRemarks(encoding: string, old: boolean): readonly Remark[] {
  if (encoding === 'utf-8') {
    return [];
  }
  const message = old
    ? 'the file starts with a byte order mark, which Engine 20.10 does not accept'
    : 'the file starts with a byte order mark; harden writes it back as plain UTF-8';
  return [{ severity: old ? 'fatal' : 'warning', key: undefined, message }];
}

function inspectMember(member: Member): readonly Remark[] {
  const { key, value, line, flags, version } = member;
  if (isObject(value) && !KEPT_NESTED.has(key)) {
    return inspectFlattened(member, value);
  }
  const standing = standingRemark(key, standingOf(key, version), version, line);
  const shape = keyRow(key)?.shape;
  const wrong = shape === undefined || standing?.severity === 'fatal' ? undefined : shapeProblem(shape, value);
  const flag = MAY_BE_BOTH.has(key) ? undefined : flags.get(key);
  return [
    ...(standing === undefined ? [] : [standing]),
    ...(wrong === undefined
      ? []
      : [{ severity: wrong.severity, key, message: `line ${line}: ${key} ${wrong.message}` }]),
    ...(flag === undefined
      ? []
      : [
          {
            severity: 'fatal' as const,
            key,
            message: `line ${line}: ${key} is also given as the flag ${flag.spelled}`,
          },
        ]),
  ];
}

/** The members of such an object count as keys; dockerd then reads booleans among them and drops the rest without a word. */
function inspectFlattened(member: Member, value: JsonObject): readonly Remark[] {
  const { key, line, flags, version } = member;
  const expected = keyRow(key)?.shape;
  if (expected !== undefined && key !== 'proxies') {
    return [
      {
        severity: 'fatal',
        key,
        message: `line ${line}: ${key} ${shapeProblem(expected, value)?.message ?? 'is an object'}`,
      },
    ];
  }
  return Object.keys(value).flatMap((inner): readonly Remark[] => {
    const standing = standingRemark(inner, standingOf(inner, version), version, line);
    if (standing !== undefined) {
      return [standing];
    }
    if (flags.has(inner)) {
      return [{ severity: 'fatal', key: inner, message: `line ${line}: ${inner} is also given as a flag` }];
    }
    return key === 'proxies'
      ? []
      : [
          {
            severity: 'warning',
            key: inner,
            message: `line ${line}: ${inner} stands inside ${key}, not at the top where it belongs`,
          },
        ];
  });
}

function standingRemark(
  key: string,
  standing: KeyStanding,
  version: string | undefined,
  line: number,
): Remark | undefined {
  switch (standing) {
    case 'known':
      return undefined;
    case 'ignored-name':
      return {
        severity: 'warning',
        key,
        message: `line ${line}: ${key} is the name of a flag, not of a key; dockerd does not read it`,
      };
    case 'perhaps-newer':
    case 'version-unknown':
      return { severity: 'warning', key, message: `line ${line}: ${key} is not a key that harden knows` };
    case 'unknown':
      return { severity: 'fatal', key, message: `line ${line}: Engine ${version ?? ''} does not know the key ${key}` };
  }
}

/** What is wrong with `value` for a key of that shape; null always passes, as dockerd takes it for "not set". */
export function shapeProblem(shape: KeyShape, value: Json): Pick<Remark, 'severity' | 'message'> | undefined {
  if (value === null || fits(shape, value)) {
    return shape === 'ulimits' && isObject(value) ? ulimitProblem(value) : undefined;
  }
  return { severity: 'fatal', message: `must be ${NAMES[shape]}` };
}

const NAMES: Readonly<Record<KeyShape, string>> = {
  boolean: 'true or false, without quotes',
  integer: 'a whole number',
  string: 'a text in quotes',
  strings: 'a list of texts',
  'string-map': 'an object whose values are all texts in quotes',
  'boolean-map': 'an object whose values are true or false',
  ulimits: 'an object of objects with Name, Hard and Soft',
  object: 'an object',
  objects: 'a list of objects',
  any: 'something else',
};

function fits(shape: KeyShape, value: Exclude<Json, null>): boolean {
  switch (shape) {
    case 'boolean':
    case 'string':
      return typeof value === shape;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'strings':
      return isListOf(value, (item) => typeof item === 'string');
    case 'objects':
      return isListOf(value, isObject);
    case 'string-map':
      return isObjectOf(value, (item) => typeof item === 'string');
    case 'boolean-map':
      return isObjectOf(value, (item) => typeof item === 'boolean');
    case 'ulimits':
      return isObjectOf(value, isObject);
    case 'object':
      return isObject(value);
    case 'any':
      return true;
  }
}

function isListOf(value: Json, fitsItem: (item: Json) => boolean): boolean {
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  return Array.isArray(value) && items.every(fitsItem);
}

function isObjectOf(value: Json, fitsMember: (item: Json) => boolean): boolean {
  return isObject(value) && Object.values(value).every(fitsMember);
}

/** dockerd starts with these, but then no container does. */
function ulimitProblem(limits: JsonObject): Pick<Remark, 'severity' | 'message'> | undefined {
  for (const [name, limit] of Object.entries(limits)) {
    if (
      !isObject(limit) ||
      limit['Name'] !== name ||
      !Number.isSafeInteger(limit['Hard']) ||
      !Number.isSafeInteger(limit['Soft'])
    ) {
      return {
        severity: 'warning',
        message: `has no complete entry for ${name} (Name, Hard and Soft), so no container would start`,
      };
    }
  }
  return undefined;
}

/** Lines of the top-level keys, counted from 1; of a key given twice the first. */
function linesOfKeys(text: string): ReadonlyMap<string, number> {
  const positionOf = positionsIn(text);
  const lines = new Map<string, number>();
  for (const { offset, children } of parseTree(text)?.children ?? []) {
    const key = String(children?.[0]?.value);
    if (!lines.has(key)) {
      lines.set(key, positionOf(offset).line);
    }
  }
  return lines;
}
