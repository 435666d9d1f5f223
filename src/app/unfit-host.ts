import { SAME_AGAIN } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { refuseBrokenFiles } from './broken-files.ts';
import type { PlannedHost } from './make-plan.ts';

/** `leaveOut`: how to ask for the same without some controls. @throws HardenError where nothing may be changed on this host, or not enough of it can be judged. */
export function refuseWhereNotChangeable(
  { facts, plan }: PlannedHost,
  leaveOut: (ids: readonly string[]) => string,
): void {
  if (facts.engine.refusal !== undefined) {
    throw new HardenError({
      code: 'H3001',
      exit: EXIT.planNotApplicable,
      message: `this host is not one harden changes. Nothing was changed.`,
      details: [facts.engine.refusal],
      hint: 'To see what can be said about it: harden plan',
    });
  }
  refuseBrokenFiles(plan, leaveOut);
  const blind = blindControls(plan, facts);
  if (blind.length > 0) {
    throw new HardenError({
      code: 'H3002',
      exit: EXIT.dockerUnreachable,
      message: 'the Docker engine does not answer, so what it runs with cannot be judged. Nothing was changed.',
      details: [facts.engine.unreachable ?? '', `concerned: ${blind.join(' ')}`],
      hint: `Start it, then: ${SAME_AGAIN}${blind.length < plan.controls.length ? `\n${leaveOut(blind)}` : ''}`,
    });
  }
}

/** Numbers of the controls that need an answer of the engine and have none; a folder has no engine that could answer. */
function blindControls(plan: Plan, { hostKind, engine }: PlannedHost['facts']): readonly string[] {
  const { unreachable } = engine;
  if (hostKind !== 'live' || unreachable === undefined) {
    return [];
  }
  const options = new Set(plan.changes.filter(({ target }) => target.type === 'daemon-option').map(({ id }) => id));
  return plan.controls
    .filter(
      ({ verdict, reason, changes }) =>
        (verdict === 'not-checked' && reason.includes(unreachable)) || changes.some((id) => options.has(id)),
    )
    .flatMap(({ ids }) => ids[0] ?? []);
}
