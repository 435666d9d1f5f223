import { isMissed } from '../app/later.ts';
import type { ScheduledStatus } from '../model/status.ts';
import { acknowledgeScheduled, lookAtScheduled } from '../state/scheduled.ts';
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

/** Somebody saw how the last one ended. */
export function acknowledge(args: StatePart): void {
  acknowledgeScheduled(runsPlace({ root: undefined, stateDir: args['state-dir'] }));
}
