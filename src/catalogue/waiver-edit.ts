import JSON5 from 'json5';
import { canonicalJson, type Json } from '../model/canonical.ts';
import { WAIVER_SCHEMA } from '../model/waiver.ts';
import { nodeAt, syntaxTree } from './json5-positions.ts';

/** One waiver as a person gave it; members as in a file. */
export interface NewWaiver {
  readonly control: string;
  readonly host: readonly string[];
  readonly reason: string;
  readonly owner: string;
  readonly approvedBy: string | undefined;
  readonly from: string | undefined;
  readonly until: string;
  readonly onlyWhile: Readonly<Record<string, Json>>;
}

/** A file of one waiver. `remark` stands above it. */
export function waiverFileText(waiver: NewWaiver, remark: string): string {
  const { control, host, reason, owner, approvedBy, from, until, onlyWhile } = waiver;
  const hosts = host.filter((one) => one !== '*' || host.length > 1);
  const [only, second] = hosts;
  const members: readonly (readonly [string, Json | undefined])[] = [
    ['control', control],
    ['host', second === undefined ? only : hosts],
    ['reason', reason],
    ['owner', owner],
    ['approvedBy', approvedBy],
    ['from', from],
    ['until', until],
    ['onlyWhile', Object.keys(onlyWhile).length === 0 ? undefined : onlyWhile],
  ];
  const lines = members.flatMap(([key, value]) =>
    value === undefined ? [] : [`      ${key}: ${JSON.stringify(value)},`],
  );
  return [
    `// ${remark}`,
    '{',
    `  schema: '${WAIVER_SCHEMA}',`,
    '  waivers: [',
    '    {',
    ...lines,
    '    },',
    '  ],',
    '}',
    '',
  ].join('\n');
}

/**
 * `text`, which was read as a file of waivers, without its waiver number `index`; the rest stays as it is, comments included.
 * Undefined where the result would not be that: then nothing may be written.
 */
export function withoutWaiver(text: string, index: number): string | undefined {
  const before = waiversIn(text);
  const list = nodeAt(syntaxTree(text), ['waivers']);
  const node = list.items[index];
  if (node === undefined) {
    return undefined;
  }
  // White space and comments may stand before the comma; they are not ours to take.
  const comma = /^((?:\s|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)*),/.exec(text.slice(node.end));
  const kept = comma?.[1] ?? '';
  const end = node.end + (comma?.[0].length ?? 0);
  const lineStart = text.lastIndexOf('\n', node.start - 1) + 1;
  const isOwnLine = text.slice(lineStart, node.start).trim() === '' && kept.trim() === '';
  const restOfLine = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0] ?? '';
  const after =
    isOwnLine && restOfLine !== ''
      ? text.slice(0, lineStart) + text.slice(end + restOfLine.length)
      : text.slice(0, node.start) + kept + text.slice(end);
  const wanted = before.filter((_, at) => at !== index);
  return canonicalJson(waiversIn(after)) === canonicalJson(wanted) ? after : undefined;
}

function waiversIn(text: string): readonly unknown[] {
  return JSON5.parse<{ readonly waivers: readonly unknown[] }>(text).waivers;
}
