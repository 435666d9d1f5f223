import type { Plan, Verdict } from '../model/plan.ts';

/** What a host was like when somebody looked, and what came since. */
export interface Compared {
  /** Names of controls that were no better then. */
  readonly known: ReadonlySet<string>;
  /** Addresses of settings that waited to become live then as well. */
  readonly knownPending: ReadonlySet<string>;
}

/** How bad a verdict is; what was worse then is no news now. */
const WEIGHT: Readonly<Record<Verdict, number>> = {
  pass: 0,
  'not-applicable': 0,
  waived: 0,
  manual: 1,
  'not-checked': 2,
  error: 3,
  fail: 4,
};

/**
 * A finding is known where the control was at least as bad in the baseline, and everything that would have to be changed for it now
 * would have had to be changed then. What was waived then is news once it is not, and a broken file is always news: it can hide more.
 */
export function comparedWith(baseline: Plan, now: Plan): Compared {
  const before = new Map(baseline.controls.map((control) => [control.slug, control]));
  const known = now.controls.filter((control) => {
    const then = before.get(control.slug);
    return (
      then !== undefined &&
      WEIGHT[control.verdict] > 0 &&
      control.verdict !== 'error' &&
      WEIGHT[then.verdict] >= WEIGHT[control.verdict] &&
      isWithin(placesOf(now, control), placesOf(baseline, then))
    );
  });
  return {
    known: new Set(known.map(({ slug }) => slug)),
    knownPending: new Set(baseline.pending.map(({ address }) => address)),
  };
}

/** Where a control does not hold, as far as harden would change it or wait for it. */
function placesOf(plan: Plan, control: Plan['controls'][number]): ReadonlySet<string> {
  return new Set([
    ...plan.changes.filter(({ id }) => control.changes.includes(id)).map(({ address }) => address),
    ...plan.pending.filter(({ controls }) => controls.includes(control.slug)).map(({ address }) => address),
  ]);
}

function isWithin(inner: ReadonlySet<string>, outer: ReadonlySet<string>): boolean {
  return [...inner].every((one) => outer.has(one));
}

/** `plan` as far as it is news: what a gate judges. Nothing in it is shown; counts are those of the rest. */
export function newsOf(plan: Plan, { known, knownPending }: Compared): Plan {
  const controls = plan.controls.filter(({ slug }) => !known.has(slug));
  const count = (verdict: Verdict): number => controls.filter((control) => control.verdict === verdict).length;
  return {
    ...plan,
    controls,
    pending: plan.pending.filter(({ address }) => !knownPending.has(address)),
    notChecked: plan.notChecked.filter(({ control }) => !known.has(control)),
    manual: plan.manual.filter(({ control }) => !known.has(control)),
    summary: {
      ...plan.summary,
      toFix: count('fail'),
      manual: count('manual'),
      notChecked: count('not-checked'),
      errors: count('error'),
    },
  };
}
