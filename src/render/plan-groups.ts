import type { Impact } from '../model/change.ts';
import type { Plan } from '../model/plan.ts';

export type GroupBy = 'effect' | 'section' | 'severity' | 'file';
export const GROUPINGS: readonly GroupBy[] = ['effect', 'section', 'severity', 'file'];

export interface ChangeGroup {
  readonly heading: string;
  readonly changes: Plan['changes'];
}

const IMPACT_HEADINGS: Readonly<Record<Impact, string>> = {
  none: 'NO INTERRUPTION',
  reload: 'RELOAD dockerd',
  restart: 'RESTART dockerd',
  recreate: 'RECREATE containers',
  reboot: 'REBOOT',
};
const SEVERITIES = ['high', 'medium', 'low'] as const;

export function impactHeading(impact: Impact): string {
  return IMPACT_HEADINGS[impact];
}

/** The changes of a plan under headings, each change once and in the order of the plan; no group is empty. */
export function groupsOf(plan: Plan, by: GroupBy): readonly ChangeGroup[] {
  switch (by) {
    case 'effect':
      return grouped(plan.changes, (change) => IMPACT_HEADINGS[change.impact], Object.values(IMPACT_HEADINGS));
    case 'section':
      return sections(plan);
    case 'severity':
      return grouped(
        plan.changes,
        (change) => severityHeading(change.risk),
        SEVERITIES.map((risk) => severityHeading(risk)),
      );
    case 'file':
      return byName(plan.changes, fileOf);
  }
}

function severityHeading(risk: string): string {
  return `${risk.toUpperCase()} RISK`;
}

/** A change that serves several sections stands in the first of them. */
function sections(plan: Plan): readonly ChangeGroup[] {
  const section = (change: Plan['changes'][number]): string => {
    const numbers = plan.controls
      .filter(({ slug }) => change.controls.includes(slug))
      .flatMap(({ ids }) => Number.parseInt(ids[0] ?? '', 10));
    return `SECTION ${Math.min(...numbers, Number.MAX_SAFE_INTEGER)}`;
  };
  return byName(plan.changes, section);
}

/** The file itself, not the one a rule is about. */
function fileOf({ target }: Plan['changes'][number]): string {
  return target.type === 'file-access' ? target.path : target.file;
}

function byName(changes: Plan['changes'], nameOf: (change: Plan['changes'][number]) => string): readonly ChangeGroup[] {
  return grouped(changes, nameOf, [...new Set(changes.map(nameOf))].sort());
}

function grouped(
  changes: Plan['changes'],
  headingOf: (change: Plan['changes'][number]) => string,
  headings: readonly string[],
): readonly ChangeGroup[] {
  return headings
    .map((heading) => ({ heading, changes: changes.filter((change) => headingOf(change) === heading) }))
    .filter((group) => group.changes.length > 0);
}
