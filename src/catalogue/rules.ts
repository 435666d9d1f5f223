import { BENCHMARKS, type Chapter, type Desired, type Remediation, REPORT_PARAMETERS } from '../model/remediation.ts';
import { suggestion } from './nearest.ts';
import type { Problem } from './problems.ts';
import type { SourceFile } from './source-file.ts';

/** A remediation that its schema accepts, with its file. */
export interface Entry {
  readonly source: SourceFile;
  readonly remediation: Remediation;
}

/** A rule looks at all entries and says what is wrong. */
type Rule = (entries: readonly Entry[]) => readonly Problem[];

/** What no schema can say: rules over one file and over all of them. */
export function ruleProblems(entries: readonly Entry[]): readonly Problem[] {
  return RULES.flatMap((rule) => rule(entries));
}

const FIRST_COMPONENT: Readonly<Record<Chapter, string>> = { host: '1', daemon: '2', files: '3' };

const controlIsFileName: Rule = (entries) =>
  entries.flatMap(({ source, remediation: { control } }) => {
    const name = source.file.replace(/^.*\//, '').replace(/\.json5$/, '');
    return control === name
      ? []
      : [source.problemAt(['control'], `"control" must be "${name}", as the file is called`)];
  });

const controlsAreUnique: Rule = (entries) =>
  duplicates(
    entries,
    ({ remediation }) => remediation.control,
    ({ source }, control, first) =>
      source.problemAt(['control'], `"${control}" is described in ${first.source.file} too`),
  );

const titlesAreUnique: Rule = (entries) =>
  duplicates(
    entries,
    ({ remediation }) => remediation.title.toLowerCase(),
    ({ source }, _, first) => source.problemAt(['title'], `${first.source.file} has the same title`),
  );

const numbersAreUnique: Rule = (entries) =>
  BENCHMARKS.flatMap((benchmark) =>
    duplicates(
      entries,
      ({ remediation }) => remediation.references[benchmark],
      ({ source }, number, first) =>
        source.problemAt(['references', benchmark], `${number} of ${benchmark} is taken by ${first.source.file}`),
    ),
  );

const numbersFitChapter: Rule = (entries) =>
  entries.flatMap(({ source, remediation: { chapter, references } }) =>
    Object.entries(references)
      .filter(([, number]) => !number.startsWith(`${FIRST_COMPONENT[chapter]}.`))
      .map(([benchmark, number]) =>
        source.problemAt(
          ['references', benchmark],
          `${number} is not in chapter ${FIRST_COMPONENT[chapter]}, which belongs to the folder ${chapter}/`,
        ),
      ),
  );

const tagsAreUnique: Rule = (entries) =>
  entries.flatMap(({ source, remediation: { tags } }) =>
    tags.flatMap((tag, index) =>
      tags.indexOf(tag) === index ? [] : [source.problemAt(['tags', index], `the tag "${tag}" is given a second time`)],
    ),
  );

const parametersAreDeclared: Rule = (entries) =>
  entries.flatMap(({ source, remediation: { desired, parameters } }) => {
    const names = parameters.map(({ name }) => name);
    return desired.flatMap((one, index) => {
      const used = parameterOf(one);
      return used === undefined || names.includes(used)
        ? []
        : [
            source.problemAt(
              ['desired', index, 'write', 'parameter'],
              `the parameter "${used}" is not declared${suggestion(used, names)}`,
            ),
          ];
    });
  });

const parametersAreUsed: Rule = (entries) =>
  entries.flatMap(({ source, remediation: { desired, parameters } }) => {
    const used = desired.map(parameterOf);
    return parameters.flatMap(({ name }, index) => {
      if (parameters.findIndex((other) => other.name === name) < index) {
        return [source.problemAt(['parameters', index], `the parameter "${name}" is declared a second time`)];
      }
      return used.includes(name)
        ? []
        : [source.problemAt(['parameters', index], `nothing in "desired" uses the parameter "${name}"`)];
    });
  });

const parametersHaveOneShape: Rule = (entries) => {
  const first = new Map<string, { readonly shape: string; readonly file: string }>();
  return entries.flatMap(({ source, remediation: { parameters } }) =>
    parameters.flatMap(({ name, shape }, index) => {
      const known = first.get(name);
      if (known === undefined) {
        first.set(name, { shape, file: source.file });
      }
      return known === undefined || known.shape === shape
        ? []
        : [source.problemAt(['parameters', index, 'shape'], `"${name}" is a ${known.shape} in ${known.file}`)];
    }),
  );
};

const manualWhereAPersonDecides: Rule = (entries) =>
  entries.flatMap(({ source, remediation: { desired, manual } }) =>
    manual.length > 0 || !(desired.length === 0 || desired.some(needsPerson))
      ? []
      : [
          source.problemAt(
            ['manual'],
            '"manual" must say what a person does, because "desired" cannot always be reached by harden',
          ),
        ],
  );

const RULES: readonly Rule[] = [
  controlIsFileName,
  controlsAreUnique,
  titlesAreUnique,
  numbersAreUnique,
  numbersFitChapter,
  tagsAreUnique,
  parametersAreDeclared,
  parametersAreUsed,
  parametersHaveOneShape,
  manualWhereAPersonDecides,
];

/** The parameter a wanted state takes its value from, where it does. */
function parameterOf(desired: Desired): string | undefined {
  switch (desired.type) {
    case 'daemon-option':
      return desired.write !== undefined && 'parameter' in desired.write ? desired.write.parameter : undefined;
    case 'report':
      return REPORT_PARAMETERS[desired.about];
    case 'audit-rule':
    case 'file-access':
      return undefined;
  }
}

/** True where harden alone cannot always reach the state. */
function needsPerson(desired: Desired): boolean {
  switch (desired.type) {
    case 'report':
      return true;
    case 'daemon-option':
      return desired.write === undefined ? desired.value === undefined : 'parameter' in desired.write;
    case 'audit-rule':
    case 'file-access':
      return false;
  }
}

/** A problem for each entry whose key an earlier one has. */
function duplicates(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string | undefined,
  problem: (entry: Entry, key: string, first: Entry) => Problem,
): readonly Problem[] {
  const seen = new Map<string, Entry>();
  return entries.flatMap((entry) => {
    const key = keyOf(entry);
    const first = key === undefined ? undefined : seen.get(key);
    if (key !== undefined && first === undefined) {
      seen.set(key, entry);
    }
    return key === undefined || first === undefined ? [] : [problem(entry, key, first)];
  });
}
