import { type CoarseLists, RISKS, type Risk } from '../model/remediation.ts';
import { isNumber } from './benchmark-number.ts';
import { splitLists } from './items.ts';
import { suggestion } from './nearest.ts';

/** What coarse choices go by: a control's number in the benchmark at hand (`-`: none), its level and its risk. */
export interface Sortable {
  readonly id: string;
  readonly level: 1 | 2;
  readonly risk: Risk;
}

/** One option that was given, with its values; a control fits where one of them is its own. */
export interface CoarseChoice {
  readonly flag: `--${keyof CoarseLists}`;
  readonly values: readonly string[];
}

const KINDS = ['section', 'level', 'severity'] as const satisfies readonly (keyof CoarseLists)[];
const LEVELS: readonly string[] = ['1', '2'];

/** What was asked for, each option once. An option without a value in its list stays, and no control fits it. */
export function coarseChoices(lists: CoarseLists): readonly CoarseChoice[] {
  return KINDS.flatMap((kind) => {
    const given = lists[kind] ?? [];
    return given.length === 0 ? [] : [{ flag: `--${kind}` as const, values: splitLists(given) }];
  });
}

/** Only what was given, as a plan keeps it. */
export function coarseOf(lists: CoarseLists): CoarseLists {
  return Object.fromEntries(
    KINDS.flatMap((kind) => {
      const given = lists[kind] ?? [];
      return given.length === 0 ? [] : [[kind, given] as const];
    }),
  );
}

export function fits({ flag, values }: CoarseChoice, one: Sortable): boolean {
  return values.some((value) => has(flag, value, one));
}

/** Every section that holds numbers, `1` and `1.1` too, in order. */
export function sectionsOf(numbers: readonly string[]): readonly string[] {
  const found = numbers.filter(isNumber).flatMap((number) => {
    const parts = number.split('.');
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
  });
  return [...new Set(found)].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/**
 * One sentence per value that no control of the profile has.
 * @param chosen the controls of the profile; `all`: those of the catalogue.
 */
export function whyNoneFit(
  { flag, values }: CoarseChoice,
  chosen: readonly Sortable[],
  all: readonly Sortable[],
  profile: { readonly name: string; readonly level: 1 | 2 },
): readonly string[] {
  if (values.length === 0) {
    return [`${flag} names nothing`];
  }
  return values.flatMap((value) => {
    const why = chosen.some((one) => has(flag, value, one)) ? undefined : whyNone(flag, value, all, profile);
    return why === undefined ? [] : [`${flag} ${value}: ${why}`];
  });
}

function has(flag: CoarseChoice['flag'], value: string, { id, level, risk }: Sortable): boolean {
  switch (flag) {
    case '--section':
      return id.startsWith(`${value}.`);
    case '--level':
      return value === String(level);
    case '--severity':
      return value === risk;
  }
}

function whyNone(
  flag: CoarseChoice['flag'],
  value: string,
  all: readonly Sortable[],
  profile: { readonly name: string; readonly level: 1 | 2 },
): string {
  switch (flag) {
    case '--section':
      return whyNoSection(value, all, profile.name);
    case '--level':
      return LEVELS.includes(value)
        ? value === '2' && profile.level === 1
          ? `${profile.name} stops at level 1`
          : `${profile.name} has no control at level ${value}`
        : `there is no level "${value}"${levelMeant(value)}`;
    case '--severity':
      return RISKS.some((risk) => risk === value)
        ? `${profile.name} has no control of severity ${value}`
        : `there is no severity "${value}"${severityMeant(value)}`;
  }
}

function whyNoSection(value: string, all: readonly Sortable[], profile: string): string {
  if (all.some((one) => has('--section', value, one))) {
    return `${profile} has no control in section ${value}`;
  }
  if (all.some(({ id }) => id === value)) {
    return `${value} is a control and no section (did you mean "-c ${value}"?)`;
  }
  const sections = sectionsOf(all.map(({ id }) => id));
  const plain = value.replace(/[.*]+$/, '');
  return sections.includes(plain)
    ? `there is no section "${value}" (did you mean "${plain}"?)`
    : `there is no section "${value}"; it is one of ${sections.join(', ')}`;
}

function levelMeant(value: string): string {
  const [, level] = /^\D*([12])$/.exec(value) ?? [];
  return level === undefined ? `; it is one of ${LEVELS.join(', ')}` : ` (did you mean "${level}"?)`;
}

function severityMeant(value: string): string {
  const meant = suggestion(value, RISKS);
  return meant === '' ? `; it is one of ${RISKS.join(', ')}` : meant;
}
