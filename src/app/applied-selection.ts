import type { Change } from '../model/change.ts';
import type { Plan } from '../model/plan.ts';
import type { Selection } from '../model/remediation.ts';
import type { Ground } from './ground.ts';

/** The remediations of these changes, with what the applied plan was made with. */
export function selectionOf(ground: Pick<Ground, 'catalogue'>, changes: readonly Change[], applied: Plan): Selection {
  const slugs = new Set(changes.flatMap((change) => change.controls));
  const { benchmark, profile, level, parameters, notCovered } = applied.content;
  const remediations = ground.catalogue.remediations.filter((remediation) => slugs.has(remediation.control));
  return {
    profile: {
      name: profile,
      title: profile,
      benchmark: benchmark as Selection['profile']['benchmark'],
      level,
      parameters,
      include: [],
      exclude: [],
    },
    selected: remediations.map((remediation) => ({
      remediation,
      id: remediation.control,
      parameters: Object.fromEntries(
        remediation.parameters.flatMap(({ name }) => (name in parameters ? [[name, parameters[name] ?? null]] : [])),
      ),
    })),
    leftOut: [],
    notCovered,
  };
}
