import { cleanPath } from '../model/brand.ts';
import { byCodeUnit, canonicalJson, type Json } from '../model/canonical.ts';
import type { BenchmarkId } from '../model/remediation.ts';
import { LONGEST_WAIVER_DAYS, type Waiver, type WaiverCondition, daysLeft } from '../model/waiver.ts';
import type { Catalogue } from './catalogue.ts';
import { problemsOf } from './issues.ts';
import { type Choosable, matches, parseItem, whyNoMatch } from './items.ts';
import { waiverJsonSchema } from './json-schema.ts';
import { type Problem, malformed } from './problems.ts';
import { type SourceFile, readSource } from './source-file.ts';
import { type WaiverEntry, waiverFile } from './waiver-schema.ts';

export interface WaiverContext {
  readonly catalogue: Catalogue;
  /** Whose numbers the files use. */
  readonly benchmark: BenchmarkId;
  /** `YYYY-MM-DD`, UTC. */
  readonly today: string;
}

export interface WaiverText {
  readonly path: string;
  readonly text: string;
}

/** The waivers that can be taken, and everything that is wrong with the rest. */
export interface CheckedWaivers {
  readonly waivers: readonly Waiver[];
  readonly problems: readonly Problem[];
}

/**
 * The waivers of all files, in the order of the files.
 * @throws HardenError (exit 65, H2030) that names every mistake in every file with line and column.
 */
export function readWaivers(files: readonly WaiverText[], context: WaiverContext): readonly Waiver[] {
  const { waivers, problems } = checkWaivers(files, context);
  if (problems.length > 0) {
    throw malformed(problems, {
      code: 'H2030',
      what: files.length === 1 ? 'the file of waivers' : 'the set of waivers',
      hint: 'Correct it, then: harden waiver check',
    });
  }
  return waivers;
}

export function checkWaivers(files: readonly WaiverText[], context: WaiverContext): CheckedWaivers {
  const controls = choosable(context);
  const read = files.flatMap(({ path, text }) => readOne(path, text, { ...context, controls }));
  const waivers = read.flatMap(({ waiver }) => waiver ?? []);
  return { waivers, problems: [...read.flatMap(({ problems }) => problems), ...repeated(read)] };
}

/** What `control` of a waiver may mean. */
export function choosable({ catalogue, benchmark }: Pick<WaiverContext, 'catalogue' | 'benchmark'>): Choosable[] {
  return catalogue.remediations.map(({ control, tags, references }) => ({
    control,
    tags,
    id: references[benchmark] ?? '-',
  }));
}

interface ReadWaiver {
  readonly source: SourceFile | undefined;
  readonly index: number;
  readonly waiver: Waiver | undefined;
  readonly problems: readonly Problem[];
}

interface Known extends WaiverContext {
  readonly controls: readonly Choosable[];
}

function readOne(path: string, text: string, known: Known): readonly ReadWaiver[] {
  const outcome = readSource(path, text);
  if (outcome.status === 'unreadable') {
    return [{ source: undefined, index: 0, waiver: undefined, problems: outcome.problems }];
  }
  const { source } = outcome;
  const parsed = waiverFile.safeParse(source.value);
  if (!parsed.success) {
    return [{ source, index: 0, waiver: undefined, problems: problemsOf(parsed.error, source, waiverJsonSchema) }];
  }
  return parsed.data.waivers.map((entry, index) => readEntry(source, index, entry, known));
}

function readEntry(source: SourceFile, index: number, entry: WaiverEntry, known: Known): ReadWaiver {
  const at = (key: string, text: string): Problem => source.problemAt(['waivers', index, key], text);
  const conditions = Object.entries(entry.onlyWhile ?? {}).map(([place, wanted]) => conditionFrom(place, wanted));
  const item = parseItem(entry.control);
  const why =
    item.type === 'range' || item.type === 'tag'
      ? `a waiver names one control or a pattern, "${entry.control}" is neither`
      : whyNoMatch(item, known.controls);
  const problems = [
    ...(why === undefined ? [] : [at('control', why)]),
    ...daysProblem(entry, known.today).map((text) => at('until', text)),
    ...conditions.flatMap((one) =>
      'problem' in one ? [source.problemAtKey(['waivers', index, 'onlyWhile', one.place], one.problem)] : [],
    ),
  ];
  const hosts = typeof entry.host === 'string' ? [entry.host] : entry.host;
  const waiver: Waiver = {
    id: `${entry.control}@${hosts.join(',')}`,
    control: entry.control,
    controls: known.controls.filter((one) => matches(item, one)).map(({ control }) => control),
    hosts,
    reason: entry.reason,
    owner: entry.owner,
    approvedBy: entry.approvedBy,
    from: entry.from,
    until: entry.until,
    onlyWhile: conditions.flatMap((one) => ('problem' in one ? [] : [one])),
    file: source.file,
    line: source.problemAt(['waivers', index], '').line,
  };
  return { source, index, waiver: problems.length > 0 ? undefined : waiver, problems };
}

function daysProblem({ from, until }: Pick<WaiverEntry, 'from' | 'until'>, today: string): readonly string[] {
  if (from !== undefined && daysLeft(until, from) < 0) {
    return [`"until" ${until} is before "from" ${from}`];
  }
  const days = daysLeft(until, from ?? today);
  return days > LONGEST_WAIVER_DAYS
    ? [`"until" ${until} is ${days} days after ${from ?? 'today'}; at most ${LONGEST_WAIVER_DAYS} are taken`]
    : [];
}

type ReadCondition = WaiverCondition | { readonly place: string; readonly problem: string };

function conditionFrom(place: string, wanted: Json): ReadCondition {
  const [, pointer] = /^daemon\.json#\/(.+)$/.exec(place) ?? [];
  if (pointer !== undefined) {
    const keys = pointer.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    return { type: 'daemon-key', written: place, keys, wanted };
  }
  const path = cleanPath(/^(\/.+)#mode$/.exec(place)?.[1] ?? '');
  if (path === undefined) {
    return { place, problem: `"${place}" is neither "daemon.json#/KEY" nor "/PATH#mode"` };
  }
  if (wanted !== null && (typeof wanted !== 'string' || !/^[0-7]{4}$/.test(wanted))) {
    return { place, problem: `"${place}" must be four octal digits as "0644", or null` };
  }
  return { type: 'mode', written: place, path, wanted };
}

/** The same controls for the same hosts twice: one of the two ends would be the one that counts, and nobody could tell which. */
function repeated(read: readonly ReadWaiver[]): readonly Problem[] {
  const seen = new Map<string, Waiver>();
  return read.flatMap(({ source, index, waiver }) => {
    if (source === undefined || waiver === undefined) {
      return [];
    }
    const key = waiverKey(waiver);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, waiver);
      return [];
    }
    const where = first.file === waiver.file ? `line ${first.line}` : `${first.file}:${first.line}`;
    return [
      source.problemAt(['waivers', index, 'control'], `there is a waiver of this for the same hosts in ${where}`),
    ];
  });
}

/** Equal for waivers of the same controls for the same hosts. */
export function waiverKey({ controls, hosts }: Pick<Waiver, 'controls' | 'hosts'>): string {
  return canonicalJson([controls, hosts.toSorted(byCodeUnit)]);
}
