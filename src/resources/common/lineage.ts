import type { Json, JsonObject } from '../../model/canonical.ts';
import { canonicalJson } from '../../model/canonical.ts';
import type { PastRun } from '../resource-type.ts';

/** One committed run that touched a thing whose state is some named values. */
export interface ValueChange {
  readonly purpose: PastRun['purpose'];
  readonly files: Pick<PastRun['files'], 'id'>;
  /** No members where the thing was not there. */
  readonly before: { readonly members: JsonObject };
  readonly after: { readonly members: JsonObject };
  /** Names whose values in this run a later rollback took back. */
  readonly takenBack: ReadonlySet<string>;
}

/**
 * What `name` was before `run`, without the runs before it that were taken back since: their values are gone, and what stood before them
 * counts. A value somebody else wrote in between counts as it is. `lineage`: all such runs, oldest first.
 */
export function valueBefore<R extends ValueChange>(name: string, run: R, lineage: readonly R[]): Json | undefined {
  let value = run.before.members[name];
  for (const earlier of lineage.slice(0, lineage.indexOf(run)).toReversed()) {
    const { before, after, takenBack } = earlier;
    if (!same(after.members[name], value)) {
      return value;
    }
    if (!same(before.members[name], value)) {
      if (!takenBack.has(name)) {
        return value;
      }
      value = before.members[name];
    }
  }
  return value;
}

/** The later apply that gave `name` the value it has now and still stands; the same value may be of an earlier one too. */
export function laterOwner<R extends ValueChange>(
  name: string,
  present: Json | undefined,
  run: R,
  lineage: readonly R[],
): R | undefined {
  return lineage
    .slice(lineage.indexOf(run) + 1)
    .findLast(
      ({ purpose, before, after, takenBack }) =>
        purpose === 'apply' &&
        !takenBack.has(name) &&
        !same(before.members[name], after.members[name]) &&
        same(after.members[name], present),
    );
}

export function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);
}
