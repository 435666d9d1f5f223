import type { Catalogue } from '../catalogue/catalogue.ts';
import { selectControls } from '../catalogue/select.ts';
import { byCodeUnit, canonicalJson } from '../model/canonical.ts';
import type { ProfileControl, ProfileDetails, ProfileDifference, ProfileSummary } from '../model/profile.ts';
import { BENCHMARKS, type BenchmarkId, type Profile, type Selection } from '../model/remediation.ts';

const EVERYTHING = { control: [], exclude: [] };
const NEWEST: BenchmarkId = BENCHMARKS[BENCHMARKS.length - 1] ?? BENCHMARKS[0];

export function profileSummary(catalogue: Catalogue, profile: Profile): ProfileSummary {
  const { name, title, benchmark, level } = profile;
  return {
    name,
    title,
    benchmark,
    level,
    controls: selectControls(catalogue, profile, EVERYTHING).selected.length,
    ofSite: !catalogue.profiles.some((one) => one.name === name),
    newer: benchmark === NEWEST ? null : NEWEST,
  };
}

export function profileDetails(catalogue: Catalogue, profile: Profile): ProfileDetails {
  const { selected, leftOut } = selectControls(catalogue, profile, EVERYTHING);
  const open = new Map<string, { readonly name: string; readonly description: string; readonly controls: string[] }>();
  for (const { remediation } of selected) {
    for (const { name, description } of remediation.parameters.filter(
      (one) => !Object.hasOwn(profile.parameters, one.name),
    )) {
      const known = open.get(name) ?? { name, description, controls: [] };
      known.controls.push(remediation.control);
      open.set(name, known);
    }
  }
  return {
    ...profileSummary(catalogue, profile),
    chosen: chosenOf({ selected }),
    leftOut,
    parameters: profile.parameters,
    open: [...open.values()].toSorted((a, b) => byCodeUnit(a.name, b.name)),
  };
}

/** What somebody who goes from one profile to the other gets, loses, and has to call otherwise. */
export function profileDifference(catalogue: Catalogue, from: Profile, to: Profile): ProfileDifference {
  const before = chosenOf(selectControls(catalogue, from, EVERYTHING));
  const after = chosenOf(selectControls(catalogue, to, EVERYTHING));
  const numbers = new Map(before.map(({ control, id }) => [control, id]));
  const kept = new Set(after.map(({ control }) => control));
  return {
    from: profileSummary(catalogue, from),
    to: profileSummary(catalogue, to),
    added: after
      .filter(({ control }) => !numbers.has(control))
      .map((one) => ({ ...one, isNew: !has(catalogue, from.benchmark, one.control) })),
    dropped: before
      .filter(({ control }) => !kept.has(control))
      .map((one) => ({ ...one, isGone: !has(catalogue, to.benchmark, one.control) })),
    renumbered: after.flatMap((one) => {
      const was = numbers.get(one.control);
      return was === undefined || was === one.id ? [] : [{ ...one, was }];
    }),
    parameters: parameterDifference(from, to),
  };
}

function chosenOf({ selected }: Pick<Selection, 'selected'>): readonly ProfileControl[] {
  return selected.map(({ id, remediation: { control, title, level } }) => ({ control, id, title, level }));
}

function has({ remediations }: Catalogue, benchmark: BenchmarkId, control: string): boolean {
  return remediations.some((one) => one.control === control && one.references[benchmark] !== undefined);
}

function parameterDifference(from: Profile, to: Profile): ProfileDifference['parameters'] {
  return [...new Set([...Object.keys(from.parameters), ...Object.keys(to.parameters)])]
    .toSorted(byCodeUnit)
    .map((name) => ({ name, from: from.parameters[name] ?? null, to: to.parameters[name] ?? null }))
    .filter((one) => canonicalJson(one.from) !== canonicalJson(one.to));
}
