import { byCodeUnit } from '../model/canonical.ts';
import { type Chapter, CHAPTERS } from '../model/remediation.ts';
import type { Catalogue } from './catalogue.ts';
import { problemsOf } from './issues.ts';
import { remediationJsonSchema } from './json-schema.ts';
import { malformed, type Problem } from './problems.ts';
import { type CheckedProfile, checkProfile } from './profiles.ts';
import { type Entry, ruleProblems } from './rules.ts';
import { desiredOf, type DesiredType, remediationFile } from './schema.ts';
import { readSource, type SourceFile } from './source-file.ts';

export type { Catalogue } from './catalogue.ts';

/**
 * Reads and checks the whole catalogue.
 *
 * @param files path below remediations/ -> text: `docker/CHAPTER/SLUG.json5` and `docker/profiles/NAME.json5`. What does not end in
 *   .json5 is not looked at.
 * @param types the resource types remediations may name.
 * @throws HardenError (exit 65, H2001) that names every mistake in every file with file, line and column.
 */
export function loadCatalogue(files: Readonly<Record<string, string>>, types: readonly DesiredType[]): Catalogue {
  const read = Object.entries(files)
    .filter(([file]) => file.endsWith('.json5'))
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([file, text]) => readFile(file, text, remediationReader(types)));
  const entries = read.flatMap((one) => ('entry' in one ? [one.entry] : []));
  const remediations = entries
    .map(({ remediation }) => remediation)
    .toSorted((a, b) => byCodeUnit(a.control, b.control));
  const profiles = read.flatMap((one) => ('profile' in one ? [checkProfile(one.profile, remediations)] : []));
  const problems = [
    ...read.flatMap((one) => ('problems' in one ? one.problems : [])),
    ...ruleProblems(entries),
    ...profiles.flatMap((one) => one.problems),
    ...profileNameProblems(profiles),
  ];
  if (problems.length > 0) {
    throw malformed(problems, {
      code: 'H2001',
      what: 'the catalogue of remediations',
      hint: 'Correct the files; remediations/README.md describes them.',
    });
  }
  return {
    remediations,
    profiles: profiles
      .flatMap(({ profile }) => (profile === undefined ? [] : [profile]))
      .toSorted((a, b) => byCodeUnit(a.name, b.name)),
  };
}

type FileOutcome =
  { readonly entry: Entry } | { readonly profile: SourceFile } | { readonly problems: readonly Problem[] };
type RemediationReader = (source: SourceFile, chapter: Chapter) => FileOutcome;

function readFile(file: string, text: string, readRemediation: RemediationReader): FileOutcome {
  const outcome = readSource(file, text);
  if (outcome.status === 'unreadable') {
    return { problems: outcome.problems };
  }
  const { source } = outcome;
  const folder = /^docker\/([^/]+)\/[^/]+$/.exec(file)?.[1];
  if (folder === 'profiles') {
    return { profile: source };
  }
  const chapter = CHAPTERS.find((one) => one === folder);
  return chapter === undefined
    ? {
        problems: [
          source.problemAt([], `does not belong here: expected docker/{${CHAPTERS.join(',')},profiles}/NAME.json5`),
        ],
      }
    : readRemediation(source, chapter);
}

/** The schema is made once for all files, the JSON Schema with the keys at the first unknown key. */
function remediationReader(types: readonly DesiredType[]): RemediationReader {
  const schema = remediationFile(desiredOf(types));
  let keys: ReturnType<typeof remediationJsonSchema> | undefined;
  return (source, chapter) => {
    const parsed = schema.safeParse(source.value);
    return parsed.success
      ? { entry: { source, remediation: { ...parsed.data, chapter } } }
      : { problems: problemsOf(parsed.error, source, () => (keys ??= remediationJsonSchema(types))) };
  };
}

/** The file of a profile is called like the profile, in lower case, with hyphens for slashes. */
function profileNameProblems(profiles: readonly CheckedProfile[]): readonly Problem[] {
  return profiles.flatMap(({ source, profile }) => {
    if (profile === undefined) {
      return [];
    }
    const expected = `docker/profiles/${profile.name.toLowerCase().replaceAll('/', '-')}.json5`;
    return source.file === expected
      ? []
      : [source.problemAt(['name'], `a profile of the name "${profile.name}" belongs in ${expected}`)];
  });
}
