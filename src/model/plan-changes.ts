import { absPath, resourceAddress, sha256Hex } from './brand.ts';
import type { Change, ChangeTarget } from './change.ts';
import type { Plan } from './plan.ts';

/**
 * The changes of a plan that was read from a file.
 * @throws TypeError where a path, address or fingerprint is not a clean one.
 */
export function changesOf(plan: Pick<Plan, 'changes'>): readonly Change[] {
  return plan.changes.map((change) => ({
    ...change,
    address: addressFrom(change.address),
    needs: change.needs.map(addressFrom),
    fingerprint: sha256Hex(change.fingerprint),
    target: targetFrom(change.target),
  }));
}

function addressFrom(raw: string): Change['address'] {
  const colon = raw.indexOf(':');
  if (colon <= 0) {
    throw new TypeError(`not a resource address: ${JSON.stringify(raw)}`);
  }
  return resourceAddress(raw.slice(0, colon), raw.slice(colon + 1));
}

function targetFrom(target: Plan['changes'][number]['target']): ChangeTarget {
  switch (target.type) {
    case 'audit-rule':
      return { ...target, path: absPath(target.path), file: absPath(target.file) };
    case 'file-access':
      return {
        type: 'file-access',
        path: absPath(target.path),
        durable:
          target.durable === undefined ? undefined : { file: absPath(target.durable.file), text: target.durable.text },
      };
    case 'daemon-option':
      return { ...target, file: absPath(target.file) };
  }
}

/**
 * When a change is live after its whole plan was applied. What running containers hold back waits for another restart (`liveAfter`), unless
 * that of the plan stops them.
 */
export function liveWhen(
  { effects }: Pick<Plan, 'effects'>,
  { liveAfter, impact }: Pick<Plan['changes'][number], 'liveAfter' | 'impact'>,
): Plan['changes'][number]['liveAfter'] {
  const stops = effects.some(({ kind, containersStopped }) => kind === 'restart' && containersStopped.length > 0);
  return liveAfter === 'restart' && impact === 'restart' && stops ? 'now' : liveAfter;
}

/** All that it asks for is written, and waits to become live. */
export function isOnlyPending(
  { pending }: Pick<Plan, 'pending'>,
  { slug, changes }: Plan['controls'][number],
): boolean {
  return changes.length === 0 && pending.some(({ controls }) => controls.includes(slug));
}
