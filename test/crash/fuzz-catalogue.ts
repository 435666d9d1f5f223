import JSON5 from 'json5';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { loadCatalogue } from '../../src/catalogue/load.ts';
import { readProfile } from '../../src/catalogue/profiles.ts';
import { readSource } from '../../src/catalogue/source-file.ts';
import { canonicalJson } from '../../src/model/canonical.ts';
import { RESOURCE_TYPES } from '../../src/resources/index.ts';
import { catalogueFiles } from './fuzz-samples.ts';
import { type FuzzTarget, decode, encode, expectThat, orRefused, repeatsOf } from './fuzz-target.ts';

let catalogue: Catalogue | undefined;

/** All real remediations, without the profiles. */
function knownControls(): Catalogue {
  const files = ['daemon', 'files', 'host'].flatMap((chapter) =>
    catalogueFiles(chapter).map((bytes) => {
      const source = readSource(chapter, decode(bytes));
      const { control } = source.status === 'read' ? (source.source.value as { control: string }) : { control: '' };
      return [`docker/${chapter}/${control}.json5`, decode(bytes)] as const;
    }),
  );
  return loadCatalogue(Object.fromEntries(files), RESOURCE_TYPES);
}

/** Read where JSON5 reads it, with the same value, and no key twice; `use` what was read. */
export function checkSource(text: string, use: () => void): string | undefined {
  const outcome = readSource('f', text);
  if (outcome.status === 'unreadable') {
    return expectThat(
      outcome.problems.every(({ line, column }) => line >= 1 && column >= 1),
      'a problem without a place',
    );
  }
  use();
  return (
    expectThat(
      canonicalJson(outcome.source.value) === canonicalJson(JSON5.parse<unknown>(text)),
      'another value than JSON5 has',
    ) ?? expectThat(repeatsOf(text) === 0, 'a key twice')
  );
}

const remediation: FuzzTarget = {
  name: 'remediation',
  samples: () => [
    ...catalogueFiles('daemon').slice(0, 8),
    ...catalogueFiles('files').slice(0, 4),
    ...catalogueFiles('host').slice(0, 4),
  ],
  words: [
    "control: 'x',",
    "type: 'daemon-option',",
    'desired: [',
    "key: 'icc'",
    '__proto__: {},',
    "'cis-docker-1.8.0': '2.2',",
    '+.5e1',
    '0x1F',
    'Infinity',
    '\\\n',
    '// c\n',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    return checkSource(text, () => {
      orRefused(() => loadCatalogue({ 'docker/daemon/icc-disabled.json5': text }, RESOURCE_TYPES));
    });
  },
};

const profile: FuzzTarget = {
  name: 'profile',
  samples: () => [
    ...catalogueFiles('profiles'),
    encode(
      "{ name: 'web', title: 'Web', benchmark: 'cis-docker-1.8.0', level: 2, include: ['2.*', 'tag:audit'], exclude: ['1.1.3-1.1.18'] }",
    ),
  ],
  words: [
    "include: ['2.*'],",
    "exclude: ['*'],",
    "'tag:",
    '****************a',
    '1.1-1.9',
    'parameters: {',
    '__proto__: 1,',
    '?',
    "benchmark: 'cis-docker-1.8.0',",
  ],
  check: (bytes) => {
    const text = decode(bytes);
    catalogue ??= knownControls();
    const known = catalogue;
    return checkSource(text, () => {
      orRefused(() => readProfile(known, 'p', text));
    });
  },
};

export const CATALOGUE_TARGETS: readonly FuzzTarget[] = [remediation, profile];
