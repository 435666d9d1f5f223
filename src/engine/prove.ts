import type { Change } from '../model/change.ts';
import type { ContainerFacts, HostFacts } from '../model/facts.ts';
import type { Trouble } from '../model/transaction.ts';
import type { Finding } from '../plan/build.ts';

/** What the live host says of a change after an apply. */
export interface ChangeProof {
  readonly change: string;
  readonly proof: 'live' | 'pending-restart' | 'pending-reboot' | 'failed';
  readonly reason: string;
  /** What makes a pending one live. */
  readonly command?: string;
}

/**
 * Holds every change against findings made afresh with the same code. A change is live where its address passes now; pending only
 * where its plan said so; anything else failed.
 */
export function proveChanges(changes: readonly Change[], after: readonly Finding[]): readonly ChangeProof[] {
  return changes.map((change) => {
    const seen = after
      .flatMap((finding) => finding.assessments)
      .filter((assessment) => assessment.address === change.address);
    const open = seen.filter(
      ({ comparison }) => comparison.verdict !== 'pass' && comparison.verdict !== 'not-applicable',
    );
    if (seen.length > 0 && open.length === 0) {
      return { change: change.id, proof: 'live', reason: '' };
    }
    const pending = open.flatMap(({ comparison }) => ('pending' in comparison ? [comparison.pending] : []));
    const [first] = pending;
    const announced = pending.length === open.length && pending.every(({ until }) => until === change.liveAfter);
    if (first !== undefined && announced) {
      const proof = first.until === 'restart' ? 'pending-restart' : 'pending-reboot';
      return { change: change.id, proof, reason: 'as announced', command: first.command };
    }
    const reasons = open.map(({ comparison }) => ('reason' in comparison ? comparison.reason : comparison.verdict));
    return {
      change: change.id,
      proof: 'failed',
      reason: reasons.length === 0 ? 'it can no longer be observed' : reasons.join('; '),
    };
  });
}

/** What must not be lost by an apply: other people's audit rules, and containers nobody said would stop. */
export function lostAlongTheWay(before: HostFacts, after: HostFacts, mayStop: readonly string[]): readonly Trouble[] {
  return [...lostRules(before, after), ...lostContainers(before.engine.containers, after.engine.containers, mayStop)];
}

function lostRules(before: HostFacts, after: HostFacts): readonly Trouble[] {
  if (before.audit.kernelRules === undefined) {
    return [];
  }
  const left = new Set(after.audit.kernelRules ?? []);
  return before.audit.kernelRules
    .filter((rule) => !left.has(rule))
    .map((rule) => ({ what: `audit rule ${rule}`, reason: 'was in the kernel before and is not there now' }));
}

function lostContainers(
  before: readonly ContainerFacts[] | undefined,
  after: readonly ContainerFacts[] | undefined,
  mayStop: readonly string[],
): readonly Trouble[] {
  const running = (before ?? []).filter((container) => container.running && !mayStop.includes(container.name));
  if (running.length === 0) {
    return [];
  }
  if (after === undefined) {
    return [{ what: 'containers', reason: 'the engine does not answer, so nobody can tell whether they still run' }];
  }
  const up = new Set(after.filter((container) => container.running).map((container) => container.id));
  return running
    .filter((container) => !up.has(container.id))
    .map((container) => ({ what: `container ${container.name}`, reason: 'ran before and does not run now' }));
}
