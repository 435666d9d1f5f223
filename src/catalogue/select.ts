import { byCodeUnit } from '../model/canonical.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type {
  BenchmarkId,
  CoarseLists,
  Profile,
  Remediation,
  SelectedControl,
  Selection,
} from '../model/remediation.ts';
import { compareNumbers } from './benchmark-number.ts';
import type { Catalogue } from './catalogue.ts';
import { type CoarseChoice, type Sortable, coarseChoices, fits, whyNoneFit } from './coarse.ts';
import { type Choosable, type Item, matches, parseItem, splitLists, whyNoMatch } from './items.ts';

/** `-c`, `-x` and the coarse options as given: comma lists, repeated. */
export interface ControlLists extends CoarseLists {
  readonly control: readonly string[];
  readonly exclude: readonly string[];
}

interface Candidate extends Choosable, Sortable {
  readonly remediation: Remediation;
}

/** The lists as understood. */
interface Asked {
  readonly only: readonly Item[];
  readonly without: readonly Item[];
  readonly coarse: readonly CoarseChoice[];
}

/**
 * The controls of `profile` that `lists` leave, in the benchmark's order. `-c` narrows to what it names, and so does each coarse option:
 * a control has to fit all that were given. What is excluded, by the profile or by `-x`, stays out whatever else names it.
 * @throws HardenError (exit 64, H2004) that names every item that matches no control, or says that the lists together leave none.
 */
export function selectControls(catalogue: Catalogue, profile: Profile, lists: ControlLists): Selection {
  const all = catalogue.remediations.map((remediation) => candidate(remediation, profile.benchmark));
  const chosen = all.filter(inProfile(profile)).toSorted(inOrder);
  const asked: Asked = {
    only: splitLists(lists.control).map(parseItem),
    without: splitLists(lists.exclude).map(parseItem),
    coarse: coarseChoices(lists),
  };
  if (lists.control.length > 0 && asked.only.length === 0) {
    throw misfit(profile, ['-c names nothing']);
  }
  refuseUnmatched(asked, chosen, all, profile);
  refuseNone(asked, chosen, profile);
  const reasons = chosen.map((one) => ({ one, by: leftOutBy(one, profile, asked) }));
  return {
    profile,
    selected: reasons.flatMap(({ one, by }) => (by === undefined ? [selectedControl(one, profile)] : [])),
    leftOut: reasons.flatMap(({ one, by }) => (by === undefined ? [] : [{ control: one.control, id: one.id, by }])),
    notCovered: notCovered(profile.benchmark),
  };
}

function candidate(remediation: Remediation, benchmark: BenchmarkId): Candidate {
  const { control, tags, references, level, risk } = remediation;
  return { control, tags, id: references[benchmark] ?? '-', level, risk, remediation };
}

/** In the benchmark up to the level, or included by name. */
function inProfile({ level, include }: Profile): (one: Candidate) => boolean {
  const included = include.map(parseItem);
  return (one) => (one.id !== '-' && one.remediation.level <= level) || included.some((item) => matches(item, one));
}

function inOrder(a: Candidate, b: Candidate): number {
  const byNumber = compareNumbers(a.id, b.id);
  return byNumber === 0 ? byCodeUnit(a.control, b.control) : byNumber;
}

function leftOutBy(one: Candidate, profile: Profile, asked: Asked): string | undefined {
  if (profile.exclude.map(parseItem).some((item) => matches(item, one))) {
    return `profile ${profile.name}`;
  }
  const site = profile.leftOutBySite?.find(({ item }) => matches(parseItem(item), one));
  if (site !== undefined) {
    return site.by;
  }
  return leftOutByLists(one, asked);
}

function leftOutByLists(one: Candidate, { only, without, coarse }: Asked): string | undefined {
  const excluded = without.find((item) => matches(item, one));
  if (excluded !== undefined) {
    return `-x ${excluded.written}`;
  }
  if (only.length > 0 && !only.some((item) => matches(item, one))) {
    return '-c';
  }
  return coarse.find((choice) => !fits(choice, one))?.flag;
}

function selectedControl({ remediation, id }: Candidate, profile: Profile): SelectedControl {
  const given = remediation.parameters.flatMap(({ name }) => {
    const value = profile.parameters[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { remediation, id, parameters: Object.fromEntries(given) };
}

/** Each item must name a control of the profile; for `-x` one of the catalogue will do, since it stays out either way. */
function refuseUnmatched(
  { only, without, coarse }: Asked,
  chosen: readonly Candidate[],
  all: readonly Candidate[],
  profile: Profile,
): void {
  const complaints = [
    ...only.map((item) => ({ flag: '-c', item, why: whyUnmatched(item, chosen, all, profile) })),
    ...without.map((item) => ({ flag: '-x', item, why: whyNoMatch(item, all) })),
  ].flatMap(({ flag, item, why }) => (why === undefined ? [] : [`${flag} ${item.written}: ${why}`]));
  const rough = coarse.flatMap((choice) => whyNoneFit(choice, chosen, all, profile));
  if (complaints.length + rough.length > 0) {
    throw misfit(profile, [...complaints, ...rough]);
  }
}

/** Each list names something, and together they may leave nothing: an empty plan would look like a host in order. */
function refuseNone(asked: Asked, chosen: readonly Candidate[], profile: Profile): void {
  const { only, without, coarse } = asked;
  const given = [
    ...(only.length === 0 ? [] : ['-c']),
    ...coarse.map(({ flag }) => flag),
    ...(without.length === 0 ? [] : ['-x']),
  ];
  const fitting = chosen.filter((one) => leftOutByLists(one, asked) === undefined);
  const left = fitting.map((one) => ({ one, by: leftOutBy(one, profile, asked) }));
  if (given.length > 0 && chosen.length > 0 && left.every(({ by }) => by !== undefined)) {
    const why = left.map(({ one, by = '' }) => `${one.id === '-' ? one.control : one.id} is left out by ${by}`);
    throw misfit(
      profile,
      why.length > 0 ? why : [`${given.join(', ')} ${given.length === 1 ? 'leaves' : 'together leave'} no control`],
    );
  }
}

function misfit({ name, benchmark }: Profile, details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H2004',
    exit: EXIT.usage,
    message: `the choice of controls does not fit ${name}, so nothing was planned.`,
    details: [...new Set(details)],
    hint: `Every control with its number: harden profile show ${name.startsWith(`${benchmark}/`) ? name : 'NAME|FILE'}`,
  });
}

function whyUnmatched(
  item: Item,
  chosen: readonly Candidate[],
  all: readonly Candidate[],
  profile: Profile,
): string | undefined {
  const why = whyNoMatch(item, chosen);
  const elsewhere = why === undefined ? undefined : all.find((one) => matches(item, one));
  if (elsewhere === undefined) {
    return why === undefined ? undefined : (whyNoMatch(item, all) ?? why);
  }
  const { control, id, remediation } = elsewhere;
  return id === '-'
    ? `${control} is not part of ${profile.benchmark}`
    : `${control} is at level ${remediation.level}, ${profile.name} stops at level ${profile.level}`;
}

/** Said in every plan, so that silence about these chapters is never taken for a pass. */
function notCovered(benchmark: BenchmarkId): string {
  const last = benchmark === 'cis-docker-1.2.0' ? 8 : 7;
  return `Chapters 4 to ${last} of ${benchmark} (images, containers and what runs them) are not looked at by this version.`;
}
