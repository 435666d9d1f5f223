import type { Plan } from '../model/plan.ts';
import type { ContainersAtRestart } from './effects.ts';
import { sealPlan } from './seal.ts';
import { changeSummary } from './change-summary.ts';
import { type Toolmark, toolOf } from './tool.ts';

/** What the way back does on the host as it is now. */
export interface WayBack extends Toolmark {
  /** Ids of the changes that can be taken back. */
  readonly restorable: ReadonlySet<string>;
  readonly activations: readonly ('reload' | 'restart')[];
  /** What stays as it is, and why; each a sentence. */
  readonly left: readonly string[];
  /** At a restart. */
  readonly containers: ContainersAtRestart;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly createdBy: string;
}

const OPPOSITE = { add: 'remove', remove: 'add', set: 'set', activate: 'activate' } as const;

/** A rollback is a plan like any other: the applied plan with every change turned round. */
export function reversePlan(applied: Plan, way: WayBack): Plan {
  const changes = applied.changes
    .filter((change) => way.restorable.has(change.id))
    .map((change) => turned(change, way));
  const restart = way.activations.includes('restart');
  const daemon = changes.filter((change) => change.impact !== 'none').map((change) => change.id);
  const none = { containersKept: [], containersStopped: [] };
  const effects: Omit<Plan['effects'][number], 'step'>[] = [
    { kind: 'write', unit: null, changes: changes.map((change) => change.id), ...none },
    ...(way.activations.includes('reload')
      ? [{ kind: 'reload' as const, unit: 'docker.service', changes: daemon, ...none }]
      : []),
    ...(restart
      ? [
          {
            kind: 'restart' as const,
            unit: 'docker.service',
            changes: daemon,
            ...way.containers,
          },
        ]
      : []),
  ];
  const { id: _id, digest: _digest, ...rest } = applied;
  return sealPlan({
    ...rest,
    createdAt: way.createdAt,
    expiresAt: way.expiresAt,
    createdBy: way.createdBy,
    tool: toolOf(way),
    changes,
    effects: changes.length === 0 ? [] : effects.map((effect, index) => ({ step: index + 1, ...effect })),
    controls: applied.controls
      .map((control) => ({ ...control, changes: control.changes.filter((change) => way.restorable.has(change)) }))
      .filter((control) => control.changes.length > 0),
    manual: [],
    waived: [],
    notChecked: [],
    notApplicable: [],
    pending: [],
    rollback: { covered: changes.map((change) => change.id), notCovered: [] },
    warnings: [...way.left],
    approvals: [],
    summary: { ...applied.summary, pending: 0, ...changeSummary(changes) },
  });
}

function turned(change: Plan['changes'][number], way: WayBack): Plan['changes'][number] {
  const restart = way.activations.includes('restart');
  const active = change.target.type === 'daemon-option' && way.activations.length > 0;
  return {
    ...change,
    title: `Put back: ${change.title}`,
    op: OPPOSITE[change.op],
    before: change.after,
    after: change.before,
    risk: 'low',
    impact: active ? (restart ? 'restart' : 'reload') : 'none',
    reversible: true,
    breaks: [],
    notes: [],
  };
}
