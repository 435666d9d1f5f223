import { type Node, parseTree } from 'jsonc-parser';
import type { Json } from '../../model/canonical.ts';

/** One change to the top level of the file. */
export type KeyEdit = { readonly key: string; readonly set: Json } | { readonly key: string; readonly remove: true };

/** How the file is laid out. */
interface Layout {
  readonly eol: string;
  readonly unit: string;
  readonly colon: string;
}

/**
 * Applies `edits` in order to a text that holds one strict JSON object without duplicate keys, or nothing at all. All bytes
 * outside the edited members stay; a key that is new goes to the end. Setting an absent key and removing it again is identity
 * (for an object; nothing at all becomes `{}`).
 */
export function editText(text: string, edits: readonly KeyEdit[]): string {
  const start = /^[ \t\r\n]*$/.test(text) ? '{}\n' : text;
  return edits.reduce(
    (now, edit) => ('set' in edit ? setKey(now, edit.key, edit.set) : removeKey(now, edit.key)),
    start,
  );
}

interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly nameEnd: number;
  readonly valueStart: number;
}

function setKey(text: string, key: string, value: Json): string {
  const { root, members } = membersOf(text);
  const layout = layoutOf(text, root, members);
  const existing = members.find((member) => member.name === key);
  if (existing !== undefined) {
    const gap = gapBefore(text, existing.start);
    return splice(text, existing.valueStart, existing.end, print(value, layout, gap));
  }
  const last = members.at(-1);
  if (last === undefined) {
    const inner = text.slice(root.offset + 1, root.offset + root.length - 1);
    // Behind a lone CR a LF would make one line end of the two, and taking the key away again would take both.
    const lead = `${inner.endsWith('\r') ? '\r\n' : layout.eol}${layout.unit}`;
    const added = `${inner}${lead}${JSON.stringify(key)}${layout.colon}${print(value, layout, lead)}${layout.eol}`;
    return splice(text, root.offset + 1, root.offset + root.length - 1, added);
  }
  const gap = separatorFor(text, last.start);
  return splice(text, last.end, last.end, `,${gap}${JSON.stringify(key)}${layout.colon}${print(value, layout, gap)}`);
}

function removeKey(text: string, key: string): string {
  const { root, members } = membersOf(text);
  const index = members.findIndex((member) => member.name === key);
  const member = members[index];
  if (member === undefined) {
    return text;
  }
  const next = members[index + 1];
  if (next !== undefined) {
    return splice(text, member.start, next.start, '');
  }
  const previous = members[index - 1];
  if (previous !== undefined) {
    return splice(text, previous.end, member.end, '');
  }
  const inner = text.slice(root.offset + 1, member.start).replace(/\r?\n[ \t]*$/, '');
  return splice(text, root.offset + 1, root.offset + root.length - 1, inner);
}

function membersOf(text: string): { readonly root: Node; readonly members: readonly Member[] } {
  const root = parseTree(text);
  if (root?.type !== 'object') {
    throw new TypeError('only a text that was parsed as an object can be edited');
  }
  const members = (root.children ?? []).flatMap((property): readonly Member[] => {
    const [name, value] = property.children ?? [];
    if (name === undefined || value === undefined) {
      return [];
    }
    const end = value.offset + value.length;
    return [
      {
        name: String(name.value),
        start: property.offset,
        end,
        nameEnd: name.offset + name.length,
        valueStart: value.offset,
      },
    ];
  });
  return { root, members };
}

function layoutOf(text: string, root: Node, members: readonly Member[]): Layout {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const last = members.at(-1);
  const colon = last === undefined ? ': ' : text.slice(last.nameEnd, last.valueStart);
  const indent = last === undefined ? undefined : /\n([ \t]*)$/.exec(gapBefore(text, last.start))?.[1];
  const closing = /\n([ \t]*)$/.exec(text.slice(0, root.offset + root.length - 1))?.[1] ?? '';
  const unit = indent?.startsWith(closing) === true ? indent.slice(closing.length) : '';
  return { eol, unit: unit === '' ? '  ' : unit, colon: colon.includes('\n') ? ': ' : colon };
}

function gapBefore(text: string, offset: number): string {
  return /[ \t\r\n]*$/.exec(text.slice(0, offset))?.[0] ?? '';
}

/** White space like that before the last member, without blank lines. */
function separatorFor(text: string, start: number): string {
  const gap = gapBefore(text, start);
  return /\r?\n[ \t]*$/.exec(gap)?.[0] ?? gap;
}

/** Objects over several lines where the file is; lists and everything in a one-line file on one line. */
function print(value: Json, layout: Layout, gap: string): string {
  const lines = gap.includes('\n');
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
  }
  if (!lines || typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const indent = /[ \t]*$/.exec(gap)?.[0] ?? '';
  return JSON.stringify(value, null, layout.unit).replaceAll('\n', `${layout.eol}${indent}`);
}

function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
