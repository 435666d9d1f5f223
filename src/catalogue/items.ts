import { globPattern } from '../model/glob.ts';
import { compareNumbers, isNumber } from './benchmark-number.ts';
import { nearest } from './nearest.ts';

/** What items are matched with: a control, its number in the benchmark at hand (`-`: none), its tags. */
export interface Choosable {
  readonly control: string;
  readonly id: string;
  readonly tags: readonly string[];
}

/** One item of a list of controls, as written and as understood. */
export type Item =
  | { readonly type: 'exact' | 'glob' | 'tag'; readonly written: string; readonly what: string }
  | { readonly type: 'range'; readonly written: string; readonly first: string; readonly last: string };

/** Splits lists at commas; empty parts are nothing. */
export function splitLists(lists: readonly string[]): readonly string[] {
  return lists
    .flatMap((list) => list.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `2.9`, `icc-disabled`, `1.1.3-1.1.18`, `2.*`, `audit-*`, `tag:audit`. Never fails: what is nothing else is a name that may not exist. */
export function parseItem(written: string): Item {
  const [first, last] = written.split('-');
  if (
    first !== undefined &&
    last !== undefined &&
    isNumber(first) &&
    isNumber(last) &&
    written === `${first}-${last}`
  ) {
    return { type: 'range', written, first, last };
  }
  if (written.startsWith('tag:')) {
    return { type: 'tag', written, what: written.slice('tag:'.length) };
  }
  return { type: /[*?]/.test(written) ? 'glob' : 'exact', written, what: written };
}

export function matches(item: Item, control: Choosable): boolean {
  switch (item.type) {
    case 'exact':
      return item.what === control.control || item.what === control.id;
    case 'tag':
      return control.tags.includes(item.what);
    case 'glob': {
      const pattern = globPattern(item.what);
      return pattern.test(control.control) || pattern.test(control.id);
    }
    case 'range':
      return (
        isNumber(control.id) &&
        compareNumbers(item.first, control.id) <= 0 &&
        compareNumbers(control.id, item.last) <= 0
      );
  }
}

/** A sentence where no control matches, with the nearest name where there is one; undefined where one does. */
export function whyNoMatch(item: Item, controls: readonly Choosable[]): string | undefined {
  if (controls.some((control) => matches(item, control))) {
    return undefined;
  }
  switch (item.type) {
    case 'range':
      return compareNumbers(item.first, item.last) > 0
        ? `the range "${item.written}" ends before it begins`
        : `no control has a number in "${item.written}"`;
    case 'tag':
      return `no control has the tag "${item.what}"${meant(item.what, [...new Set(controls.flatMap(({ tags }) => tags))], 'tag:')}`;
    case 'glob':
      return `no control matches "${item.written}"`;
    case 'exact':
      return `there is no control "${item.written}"${exactHint(item.what, controls)}`;
  }
}

function exactHint(what: string, controls: readonly Choosable[]): string {
  if (isNumber(what)) {
    const inside = controls.some(({ id }) => id.startsWith(`${what}.`));
    return inside ? ` (did you mean "${what}.*"?)` : '';
  }
  return meant(
    what,
    controls.map(({ control }) => control),
    '',
  );
}

function meant(what: string, candidates: readonly string[], prefix: string): string {
  const found = nearest(what, candidates);
  return found === undefined ? '' : ` (did you mean "${prefix}${found}"?)`;
}
