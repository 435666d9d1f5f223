import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/catalogue/load.ts';
import { selectControls } from '../../../src/catalogue/select.ts';
import type { Profile } from '../../../src/model/remediation.ts';
import { remediation, thrownBy, types } from './sample.ts';

/** A remediation under its path, with its number in the benchmark. */
function file(
  folder: string,
  name: string,
  id: string | undefined,
  changes: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const references = id === undefined ? '{}' : `{ 'cis-docker-1.8.0': '${id}' }`;
  return { [`docker/${folder}/${name}.json5`]: remediation(name, { references, ...changes }) };
}

const catalogue = loadCatalogue(
  {
    ...file('host', 'audit-one', '1.1.3', { tags: "['audit']" }),
    ...file('host', 'audit-two', '1.1.10', { tags: "['audit']", level: '2' }),
    ...file('daemon', 'icc-off', '2.2'),
    ...file('daemon', 'remap', '2.10', {
      level: '2',
      desired: "[{ type: 'daemon-option', key: 'icc', set: true, write: { parameter: 'remap' } }]",
      parameters: "[{ name: 'remap', description: 'x', shape: 'string' }]",
      manual: "['Do it.']",
    }),
    ...file('daemon', 'old', undefined),
    ...file('files', 'unit-mode', '3.1'),
  },
  types,
);

const level1: Profile = {
  name: 'base/L1',
  title: 'x',
  benchmark: 'cis-docker-1.8.0',
  level: 1,
  parameters: {},
  include: [],
  exclude: [],
};
const level2: Profile = { ...level1, name: 'base/L2', level: 2 };

function chosen(profile: Profile, control: readonly string[] = [], exclude: readonly string[] = []): readonly string[] {
  return selectControls(catalogue, profile, { control, exclude }).selected.map((one) => one.remediation.control);
}

describe('a selection', () => {
  it('holds the controls of the benchmark up to the level, by number', () => {
    expect(chosen(level1)).toStrictEqual(['audit-one', 'icc-off', 'unit-mode']);
    expect(chosen(level2)).toStrictEqual(['audit-one', 'audit-two', 'icc-off', 'remap', 'unit-mode']);
  });

  it('holds nothing of a benchmark that has none of them', () => {
    expect(chosen({ ...level2, benchmark: 'cis-docker-1.2.0' })).toStrictEqual([]);
  });

  it('takes what the profile includes, of any level and without a number, and leaves out what it excludes', () => {
    const profile = { ...level1, include: ['old', '2.10', 'audit-*'], exclude: ['audit-two'] };
    const { selected, leftOut } = selectControls(catalogue, profile, { control: [], exclude: [] });
    expect(selected.map(({ id, remediation: { control } }) => [id, control])).toStrictEqual([
      ['1.1.3', 'audit-one'],
      ['2.2', 'icc-off'],
      ['2.10', 'remap'],
      ['3.1', 'unit-mode'],
      ['-', 'old'],
    ]);
    expect(leftOut).toStrictEqual([{ control: 'audit-two', id: '1.1.10', by: 'profile base/L1' }]);
  });

  it.each([
    ['2.10', ['remap']],
    ['icc-off', ['icc-off']],
    ['1.1.3-1.1.9', ['audit-one']],
    ['1.1.3-2.2', ['audit-one', 'audit-two', 'icc-off']],
    ['2.*', ['icc-off', 'remap']],
    ['2.?', ['icc-off']],
    ['audit-*', ['audit-one', 'audit-two']],
    ['tag:audit', ['audit-one', 'audit-two']],
    ['3.1, 2.2,,', ['icc-off', 'unit-mode']],
  ])('narrowed by -c %s holds %j', (list, expected) => {
    expect(chosen(level2, [list])).toStrictEqual(expected);
  });

  it('says what was left out and by what', () => {
    const { leftOut } = selectControls(catalogue, level2, { control: ['2.*', 'audit-*'], exclude: ['remap,1.1.3'] });
    expect(leftOut).toStrictEqual([
      { control: 'audit-one', id: '1.1.3', by: '-x 1.1.3' },
      { control: 'remap', id: '2.10', by: '-x remap' },
      { control: 'unit-mode', id: '3.1', by: '-c' },
    ]);
  });

  it('hands each control the parameters it declares, and no others', () => {
    const { selected } = selectControls(
      catalogue,
      { ...level2, parameters: { remap: 'default', other: 1 } },
      { control: [], exclude: [] },
    );
    expect(selected.map((one) => one.parameters)).toStrictEqual([{}, {}, {}, { remap: 'default' }, {}]);
  });

  it.each([
    ['cis-docker-1.2.0', 'Chapters 4 to 8 of cis-docker-1.2.0'],
    ['cis-docker-1.8.0', 'Chapters 4 to 7 of cis-docker-1.8.0'],
  ] as const)('of %s says which chapters nobody looked at', (benchmark, words) => {
    const { notCovered } = selectControls(catalogue, { ...level1, benchmark }, { control: [], exclude: [] });
    expect(notCovered).toContain(`${words} `);
    expect(notCovered).toContain('not looked at');
  });
});

describe('an item that names nothing', () => {
  it.each([
    ['icc-of', 'there is no control "icc-of" (did you mean "icc-off"?)'],
    ['2.3', 'there is no control "2.3"'],
    ['2', 'there is no control "2" (did you mean "2.*"?)'],
    ['7.*', 'no control matches "7.*"'],
    ['4.1-4.9', 'no control has a number in "4.1-4.9"'],
    ['3.1-2.1', 'the range "3.1-2.1" ends before it begins'],
    ['tag:audt', 'no control has the tag "audt" (did you mean "tag:audit"?)'],
    ['remap', 'remap is at level 2, base/L1 stops at level 1'],
    ['2.10', 'remap is at level 2, base/L1 stops at level 1'],
    ['old', 'old is not part of cis-docker-1.8.0'],
  ])('%s is refused: %s', (item, why) => {
    const error = thrownBy(() => chosen(level1, [item]));
    expect(error).toMatchObject({ code: 'H2004', exit: 64, details: [`-c ${item}: ${why}`] });
  });

  it('may be a control outside of the profile where it is to stay out', () => {
    expect(chosen(level1, [], ['remap,old'])).toStrictEqual(chosen(level1));
  });

  it('is told together with all others', () => {
    expect(thrownBy(() => chosen(level1, ['icc-of,7.*', '2.2'], ['x-y']))?.details).toStrictEqual([
      '-c icc-of: there is no control "icc-of" (did you mean "icc-off"?)',
      '-c 7.*: no control matches "7.*"',
      '-x x-y: there is no control "x-y"',
    ]);
  });
});
