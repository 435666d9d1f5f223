import type { Json } from '../model/canonical.ts';
import { type Said, SETTINGS, type Setting, type SettingKey } from '../model/config.ts';
import type { Remediation } from '../model/remediation.ts';
import { type ConfigFile, configFile } from './config-schema.ts';
import { problemsOf } from './issues.ts';
import { configJsonSchema } from './json-schema.ts';
import { suggestion } from './nearest.ts';
import { malformed, type Problem } from './problems.ts';
import { checkParameters } from './profiles.ts';
import { type SourceFile, readSource } from './source-file.ts';

export interface ConfigText {
  readonly path: string;
  readonly text: string;
}

/** What the values are held against. */
export interface ConfigGround {
  readonly remediations: readonly Remediation[];
  /** Names a `profile` may give; asked only where one is given. */
  readonly profileNames: () => readonly string[];
  /** Only what says how results are shown may stand there: who is not root decides nothing about a host. */
  readonly presentationOnly: boolean;
}

/**
 * What all files say, in their order.
 * @throws HardenError (exit 65, H2040) that names every mistake in every file with line and column.
 */
export function readConfig(files: readonly ConfigText[], ground: ConfigGround): readonly Said[] {
  const read = files.map((file) => readOne(file, ground));
  const problems = read.flatMap((one) => one.problems);
  if (problems.length > 0) {
    throw malformed(problems, {
      code: 'H2040',
      what: 'the configuration',
      hint: 'Correct it, then: harden doctor --config; what such a file may say: harden help configuration',
    });
  }
  return read.flatMap((one) => one.said);
}

interface ReadFile {
  readonly said: readonly Said[];
  readonly problems: readonly Problem[];
}

function readOne({ path, text }: ConfigText, ground: ConfigGround): ReadFile {
  const outcome = readSource(path, text);
  if (outcome.status === 'unreadable') {
    return { said: [], problems: outcome.problems };
  }
  const { source } = outcome;
  const parsed = configFile.safeParse(source.value);
  if (!parsed.success) {
    return { said: [], problems: problemsOf(parsed.error, source, configJsonSchema) };
  }
  return {
    said: saidIn(source, parsed.data),
    problems: [
      ...policyProblems(source, parsed.data, ground.presentationOnly),
      ...profileProblems(source, parsed.data.profile, ground.profileNames),
      ...checkParameters(source, parsed.data.parameters ?? {}, ground.remediations).problems,
    ],
  };
}

/** Each value with the line it stands in. */
function saidIn(source: SourceFile, file: ConfigFile): readonly Said[] {
  const members: Readonly<Record<string, unknown>> = file;
  return SETTINGS.flatMap((setting: Setting & { readonly key: SettingKey }) => {
    const value = members[setting.key];
    return value === undefined ? [] : saidOf(source, setting, value as Json);
  });
}

function saidOf(
  source: SourceFile,
  { key, addsUp }: Setting & { readonly key: SettingKey },
  value: Json,
): readonly Said[] {
  const origin = (line: number) => ({ type: 'file', file: source.file, line }) as const;
  if (addsUp === true && Array.isArray(value)) {
    return value.map((item: Json, index) => ({
      key,
      value: item,
      origin: origin(source.problemAt([key, index], '').line),
    }));
  }
  if (key === 'parameters') {
    return Object.entries(value ?? {}).map(([member, given]: readonly [string, Json]) => ({
      key,
      member,
      value: given,
      origin: origin(source.problemAtKey([key, member], '').line),
    }));
  }
  return [{ key, value, origin: origin(source.problemAtKey([key], '').line) }];
}

function policyProblems(source: SourceFile, file: ConfigFile, presentationOnly: boolean): readonly Problem[] {
  const members: Readonly<Record<string, unknown>> = file;
  return presentationOnly
    ? SETTINGS.filter(({ key, kind }) => kind === 'policy' && members[key] !== undefined).map(({ key }) =>
        source.problemAtKey(
          [key],
          `"${key}" is for root's configuration in /etc/harden; only how results are shown stands here`,
        ),
      )
    : [];
}

function profileProblems(
  source: SourceFile,
  profile: string | undefined,
  names: ConfigGround['profileNames'],
): readonly Problem[] {
  if (profile === undefined || profile.startsWith('/')) {
    return [];
  }
  const known = names();
  return known.includes(profile)
    ? []
    : [source.problemAt(['profile'], `there is no profile "${profile}"${suggestion(profile, known)}`)];
}
