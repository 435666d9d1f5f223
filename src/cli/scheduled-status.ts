import { isMissed } from '../app/later.ts';
import type { ScheduledStatus } from '../model/status.ts';
import { acknowledgeScheduled, lookAtScheduled } from '../state/scheduled.ts';
import type { MissedRow } from '../render/history-text.ts';
import { count } from '../render/layout.ts';
import { runsPlace } from './store-place.ts';

interface StatePart {
  readonly 'state-dir': string | undefined;
}

/** For `harden status`; null where nothing is to be said. */
export function scheduledStatus(args: StatePart & { readonly root: string | undefined }, now: Date): ScheduledStatus {
  const { pending, begun, ended, damaged } = lookAtScheduled(
    runsPlace({ root: args.root, stateDir: args['state-dir'] }),
  );
  return {
    pending:
      pending === undefined
        ? null
        : {
            id: pending.id,
            at: pending.at,
            by: pending.plan.approvals.at(-1)?.by ?? pending.plan.createdBy,
            changes: pending.plan.changes.length,
            expiresAt: pending.plan.expiresAt,
            missed: isMissed(pending, now),
          },
    begun: begun === undefined ? null : { id: begun.id },
    ended: ended ?? null,
    damaged,
  };
}

/** One that was set for a time that went by, and did not begin. Writes nothing. */
export function missedApply(args: StatePart & { readonly root: string | undefined }, now: Date): MissedRow | undefined {
  const { pending } = lookAtScheduled(runsPlace({ root: args.root, stateDir: args['state-dir'] }));
  if (pending === undefined || pending.at === null || !isMissed(pending, now)) {
    return undefined;
  }
  const { id, at, plan } = pending;
  const by = plan.approvals.at(-1)?.by ?? plan.createdBy;
  return { id, at, by, profile: plan.content.profile, changes: plan.changes.length };
}

/** For commands that only read: what will be done later without a question, or was to be; undefined where there is nothing. */
export function scheduledWord(args: StatePart & { readonly root: string | undefined }, now: Date): string | undefined {
  const { pending } = scheduledStatus(args, now);
  if (pending === null) {
    return undefined;
  }
  const { id, at, changes, missed } = pending;
  const when = at === null ? 'the next boot' : `${at.slice(0, 16).replace('T', ' ')} UTC`;
  return `set for ${when}: ${count(changes, 'change')}, run ${id}${missed ? '; nothing began' : ''}.`;
}

/** Somebody saw how the last one ended. */
export function acknowledge(args: StatePart): void {
  acknowledgeScheduled(runsPlace({ root: undefined, stateDir: args['state-dir'] }));
}
