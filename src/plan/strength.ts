import type { Plan } from '../model/plan.ts';

type PlanChange = Plan['changes'][number];

/** What a person has to say to a plan: a word of the question, the word for what it does, or the name of the host. */
export type Strength =
  | { readonly type: 'words' }
  | { readonly type: 'effect'; readonly word: 'restart' | 'cut' | 'recreate' }
  | { readonly type: 'host'; readonly word: string };

/** Options of dockerd that say who may reach it. */
const ACCESS_OPTIONS: readonly string[] = [
  'hosts',
  'group',
  'tls',
  'tlsverify',
  'tlscacert',
  'tlscert',
  'tlskey',
  'authorization-plugins',
];

/**
 * The gravest part of the plan decides: what cannot be undone, may keep somebody out or removes containers, then what is cut or made anew, then a restart.
 * Containers that would stop are the reason people regret, so `restart` comes before `cut` where there are any.
 */
export function strengthOf(plan: Plan): Strength {
  if (plan.changes.some((change) => isGrave(plan, change))) {
    return { type: 'host', word: plan.host.name };
  }
  if (plan.changes.some(({ impact }) => impact === 'recreate')) {
    return { type: 'effect', word: 'recreate' };
  }
  const restarts = plan.effects.filter(({ kind }) => kind === 'restart');
  if (restarts.some(({ containersStopped }) => containersStopped.length > 0)) {
    return { type: 'effect', word: 'restart' };
  }
  if (plan.changes.some(({ breaks }) => breaks.length > 0)) {
    return { type: 'effect', word: 'cut' };
  }
  return restarts.length > 0 || plan.changes.some(({ impact }) => impact === 'restart' || impact === 'reboot')
    ? { type: 'effect', word: 'restart' }
    : { type: 'words' };
}

/** Asks for more than a ceiling: it is accepted by its own name, or with the name of the host. */
export function isGrave(plan: Pick<Plan, 'effects'>, change: PlanChange): boolean {
  return isFinal(change) || mayKeepOut(change) || removesContainers(plan, change);
}

/** Its restart of dockerd ends containers that are removed when they end (`--rm`); no rollback brings back what was written in them. */
export function removesContainers({ effects }: Pick<Plan, 'effects'>, { id }: Pick<PlanChange, 'id'>): boolean {
  return effects.some(
    ({ changes, containersAfter }) => changes.includes(id) && (containersAfter?.removed.length ?? 0) > 0,
  );
}

/** Cannot be taken back. Activating what is written already only brings forward the next restart. */
export function isFinal({ reversible, op }: PlanChange): boolean {
  return !reversible && op !== 'activate';
}

/** After it somebody who reaches the engine now may not: an option about who may, or a socket that is closed to somebody. */
export function mayKeepOut({ target, breaks }: PlanChange): boolean {
  switch (target.type) {
    case 'audit-rule':
      return false;
    case 'daemon-option':
      return ACCESS_OPTIONS.includes(target.key);
    case 'file-access':
      return breaks.length > 0 && (target.path.endsWith('.sock') || target.durable !== undefined);
  }
}
