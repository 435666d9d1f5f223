import type { Json } from '../model/canonical.ts';
import { SAME_AGAIN } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Parameter, Profile, Remediation } from '../model/remediation.ts';
import type { Catalogue } from './catalogue.ts';
import { problemsOf, readable } from './issues.ts';
import { parseItem, whyNoMatch } from './items.ts';
import { profileJsonSchema } from './json-schema.ts';
import { nearest, suggestion } from './nearest.ts';
import { parameterValues } from './parameters.ts';
import { malformed, type Problem } from './problems.ts';
import { profileFile } from './schema.ts';
import { readSource, type SourceFile } from './source-file.ts';

/** The newest benchmark, level 1. */
export const DEFAULT_PROFILE = 'cis-docker-1.8.0/L1';

/** True where the value of `-p` names a file, not a profile that comes along. */
export function isProfileFile(value: string): boolean {
  return /\.json5?$/.test(value) || /^\.{0,2}\//.test(value);
}

/** @throws HardenError (exit 64, H2003) where the catalogue has no profile of this name. */
export function profileByName(catalogue: Catalogue, name: string): Profile {
  const found = catalogue.profiles.find((profile) => profile.name === name);
  if (found !== undefined) {
    return found;
  }
  const names = catalogue.profiles.map((profile) => profile.name);
  const near = nearest(name, names);
  throw new HardenError({
    code: 'H2003',
    exit: EXIT.usage,
    message: `there is no profile "${name}", so nothing was planned.`,
    details: near === undefined ? [`Known profiles: ${names.join(', ')}`] : [],
    hint: near === undefined ? 'A file is given by its path: -p ./web.json5' : `Did you mean: -p ${near}`,
  });
}

/**
 * Reads a profile somebody wrote.
 * @param file its name, for messages.
 * @throws HardenError (exit 65, H2002) that names every mistake with line and column.
 */
export function readProfile(catalogue: Catalogue, file: string, text: string): Profile {
  const { profile, problems } = checkSiteProfile(catalogue, file, text);
  if (profile === undefined || problems.length > 0) {
    throw malformed(problems, {
      code: 'H2002',
      what: `the profile ${file}`,
      hint: `Correct the file, then: ${SAME_AGAIN}`,
    });
  }
  return profile;
}

/**
 * Reads all profiles of a folder.
 * @throws HardenError (exit 65, H2002) that names every mistake in every file with line and column.
 */
export function readSiteProfiles(
  catalogue: Catalogue,
  files: readonly { readonly path: string; readonly text: string }[],
): readonly Profile[] {
  const read = files.map(({ path, text }) => checkSiteProfile(catalogue, path, text));
  const problems = [...read.flatMap((one) => one.problems), ...repeatedNames(read)];
  if (problems.length > 0) {
    throw malformed(problems, {
      code: 'H2002',
      what: files.length === 1 ? 'the profile of this site' : 'the profiles of this site',
      areMany: files.length > 1,
      hint: 'Correct them, then: harden profile list',
    });
  }
  return read.flatMap(({ profile }) => profile ?? []);
}

interface CheckedSiteProfile {
  readonly source?: SourceFile;
  readonly profile: Profile | undefined;
  readonly problems: readonly Problem[];
}

/** A name of a profile that comes along cannot be taken. */
function checkSiteProfile(catalogue: Catalogue, file: string, text: string): CheckedSiteProfile {
  const outcome = readSource(file, text);
  if (outcome.status === 'unreadable') {
    return { problems: outcome.problems, profile: undefined };
  }
  const { source } = outcome;
  const checked = checkProfile(source, catalogue.remediations);
  const taken = catalogue.profiles.some(({ name }) => name === checked.profile?.name);
  return taken
    ? {
        ...checked,
        problems: [
          ...checked.problems,
          source.problemAt(['name'], 'this name belongs to a profile that comes with harden'),
        ],
      }
    : checked;
}

function repeatedNames(read: readonly CheckedSiteProfile[]): readonly Problem[] {
  const seen = new Set<string>();
  return read.flatMap(({ source, profile }) => {
    const repeated = profile !== undefined && seen.has(profile.name);
    seen.add(profile?.name ?? '');
    return repeated && source !== undefined
      ? [source.problemAt(['name'], `a profile named "${profile.name}" is there already`)]
      : [];
  });
}

/** A profile with what is wrong in it; without a profile there is at least one problem. */
export interface CheckedProfile {
  readonly source: SourceFile;
  readonly profile: Profile | undefined;
  readonly problems: readonly Problem[];
}

export function checkProfile(source: SourceFile, remediations: readonly Remediation[]): CheckedProfile {
  const parsed = profileFile.safeParse(source.value);
  if (!parsed.success) {
    return { source, profile: undefined, problems: problemsOf(parsed.error, source, profileJsonSchema) };
  }
  const profile = parsed.data;
  const { values, problems } = checkParameters(source, profile.parameters, remediations);
  return {
    source,
    profile: { ...profile, parameters: values },
    problems: [...problems, ...itemProblems(source, profile, remediations)],
  };
}

interface CheckedParameters {
  readonly values: Readonly<Record<string, Json>>;
  readonly problems: readonly Problem[];
}

/** Values for parameters, under the key `parameters` of `source`: those that have the right shape, and what is wrong with the others. */
export function checkParameters(
  source: SourceFile,
  given: Readonly<Record<string, Json>>,
  remediations: readonly Remediation[],
): CheckedParameters {
  const declared = remediations.flatMap(({ parameters }) => parameters);
  const checked = Object.entries(given).map(([name, value]) => checkParameter(source, declared, name, value));
  return {
    values: Object.fromEntries(checked.flatMap(({ value }) => (value === undefined ? [] : [value]))),
    problems: checked.flatMap(({ problems }) => problems),
  };
}

function checkParameter(
  source: SourceFile,
  declared: readonly Parameter[],
  name: string,
  value: Json,
): { readonly value?: readonly [string, Json]; readonly problems: readonly Problem[] } {
  const parameter = declared.find((one) => one.name === name);
  if (parameter === undefined) {
    const hint = suggestion(name, [...new Set(declared.map((one) => one.name))]);
    return { problems: [source.problemAtKey(['parameters', name], `no remediation has a parameter "${name}"${hint}`)] };
  }
  const parsed = parameterValues[parameter.shape].safeParse(value);
  if (parsed.success) {
    return { value: [name, parsed.data], problems: [] };
  }
  return {
    problems: parsed.error.issues.map((issue) =>
      source.problemAt(
        ['parameters', name, ...issue.path],
        `the parameter ${[name, ...issue.path].join('.')} ${readable(issue.message)} (${parameter.description})`,
      ),
    ),
  };
}

function itemProblems(source: SourceFile, profile: Profile, remediations: readonly Remediation[]): readonly Problem[] {
  if (profile.include.length + profile.exclude.length === 0) {
    return [];
  }
  const controls = remediations.map((remediation) => ({
    control: remediation.control,
    id: remediation.references[profile.benchmark] ?? '-',
    tags: remediation.tags,
  }));
  return (['include', 'exclude'] as const).flatMap((list) =>
    profile[list].flatMap((text, index) => {
      const why = whyNoMatch(parseItem(text), controls);
      return why === undefined ? [] : [source.problemAt([list, index], why)];
    }),
  );
}
