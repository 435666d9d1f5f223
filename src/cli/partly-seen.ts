import { SAME_AGAIN } from '../model/command-place.ts';
import type { Plan } from '../model/plan.ts';

/** Of a host that somebody other than root looked at and could not see all of: how all of it is seen, to be printed by `atPlace`. */
export function rootSeesMore({ notChecked }: Pick<Plan, 'notChecked'>, from: string | undefined): string | undefined {
  return from === undefined && notChecked.length > 0 && !isRoot() ? asRoot() : undefined;
}

/** The same for what has no plan; undefined for root. */
export function asRootAlso(): string | undefined {
  return isRoot() ? undefined : asRoot();
}

function asRoot(): string {
  return `Not root, so not all of this host could be seen. To see all of it: sudo ${SAME_AGAIN}`;
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
