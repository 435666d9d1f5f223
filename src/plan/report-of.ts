import type { Plan, PlanControl } from '../model/plan.ts';
import { scoreSentence } from '../model/score.ts';
import { RESULTS, type Report, type ReportControl, type ReportWaiver, type Result } from '../model/report.ts';

/** What the live host said of a change after an apply. */
export interface ReportProof {
  readonly change: string;
  readonly proof: 'live' | 'pending-restart' | 'pending-reboot' | 'failed';
  readonly reason: string;
}

export interface ReportParts {
  readonly kind: Report['kind'];
  /** Of an apply that was kept. */
  readonly proofs: readonly ReportProof[];
  /** Controls that passed when the host was looked at after it: one is fixed only where something of it was changed and all of it passes. */
  readonly met: readonly string[];
  /** By the slug of the control. */
  readonly waivers: ReadonlyMap<string, ReportWaiver>;
  /** Whether somebody asked for a score. */
  readonly score?: boolean;
}

/** The waivers a plan was made with, as its reports show them. */
export function reportWaivers({ waivers }: Plan): ReadonlyMap<string, ReportWaiver> {
  return new Map(
    (waivers.taken ?? []).map(({ control, reason, owner, until, graceUntil }) => [
      control,
      { reason, owner, until, ...(graceUntil === null ? {} : { graceUntil }) },
    ]),
  );
}

export function reportOf(plan: Plan, { kind, proofs, met, waivers, score = false }: ReportParts): Report {
  const controls = [
    ...plan.controls.map((control) => reported(plan, control, { proofs, met }, waivers.get(control.slug))),
    ...plan.selection.leftOut.map(({ control, id, by }) => notSelected(control, id, by)),
  ];
  // Every result is a key: the list is made of all of them.
  const counts = Object.fromEntries(
    RESULTS.map((result) => [result, controls.filter((control) => control.result === result).length]),
  ) as Record<Result, number>;
  const { createdAt, tool, host, content, source, digest, warnings, refusal } = plan;
  return {
    kind,
    ...{ createdAt, tool, host, content, source, digest, warnings, refusal, controls },
    counts,
    ...(score ? { score: scoreSentence(counts) } : {}),
  };
}

function reported(
  plan: Plan,
  control: PlanControl,
  seen: Pick<ReportParts, 'proofs' | 'met'>,
  waiver: ReportWaiver | undefined,
): ReportControl {
  const changes = plan.changes.filter((change) => control.changes.includes(change.id));
  return {
    ...{ slug: control.slug, ids: control.ids, title: control.title, level: control.level },
    ...{ evidence: control.evidence, steps: control.steps, waiver },
    ...resultOf(control, seen),
    changes: changes.map((change) => change.title),
    paths: [...new Set(changes.map(({ target }) => (target.type === 'daemon-option' ? target.file : target.path)))],
  };
}

function resultOf(
  control: PlanControl,
  { proofs, met }: Pick<ReportParts, 'proofs' | 'met'>,
): Pick<ReportControl, 'result' | 'reason'> {
  const own = proofs.filter((proof) => control.changes.includes(proof.change));
  if (control.verdict !== 'fail' || own.length === 0) {
    return { result: control.verdict, reason: control.reason };
  }
  const open = own.filter((proof) => proof.proof !== 'live');
  if (open.length === 0 && met.includes(control.slug)) {
    return { result: 'fixed', reason: '' };
  }
  const reasons = open.map(({ proof, reason }) => `${proof}${reason === '' ? '' : `: ${reason}`}`);
  return { result: 'fail', reason: reasons.length === 0 ? control.reason : [...new Set(reasons)].join('; ') };
}

function notSelected(slug: string, id: string, by: string): ReportControl {
  return {
    ...{ slug, ids: [id], title: slug, level: undefined, result: 'not-selected' as const, reason: by },
    ...{ evidence: [], steps: [], changes: [], paths: [], waiver: undefined },
  };
}
