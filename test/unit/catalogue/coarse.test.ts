import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectionsOf } from '../../../src/catalogue/coarse.ts';
import { loadCatalogue } from '../../../src/catalogue/load.ts';
import { type ControlLists, selectControls } from '../../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import { choiceWords } from '../../../src/model/choice-words.ts';
import type { Profile } from '../../../src/model/remediation.ts';
import { remediation, thrownBy, types } from './sample.ts';

function file(folder: string, name: string, id: string, changes: Readonly<Record<string, string>> = {}) {
  return {
    [`docker/${folder}/${name}.json5`]: remediation(name, {
      references: `{ 'cis-docker-1.8.0': '${id}' }`,
      ...changes,
    }),
  };
}

const catalogue = loadCatalogue(
  {
    ...file('host', 'audit-one', '1.1.3'),
    ...file('host', 'audit-two', '1.10.1', { level: '2', risk: "'high'" }),
    ...file('daemon', 'icc-off', '2.2', { risk: "'medium'" }),
    ...file('daemon', 'log-level', '2.3'),
    ...file('files', 'unit-mode', '3.1'),
  },
  types,
);
const level2: Profile = {
  name: 'base/L2',
  title: 'x',
  benchmark: 'cis-docker-1.8.0',
  level: 2,
  parameters: {},
  include: [],
  exclude: [],
};
const level1: Profile = { ...level2, name: 'base/L1', level: 1 };

function select(lists: Partial<ControlLists>, profile: Profile = level2) {
  return selectControls(catalogue, profile, { control: [], exclude: [], ...lists });
}

function chosen(lists: Partial<ControlLists>): readonly string[] {
  return select(lists).selected.map((one) => one.remediation.control);
}

function refused(lists: Partial<ControlLists>, profile: Profile = level1) {
  return thrownBy(() => select(lists, profile));
}

describe('a coarse choice', () => {
  it.each<readonly [Partial<ControlLists>, readonly string[]]>([
    [{ section: ['1'] }, ['audit-one', 'audit-two']],
    [{ section: ['1.1'] }, ['audit-one']],
    [{ section: ['1.1, 3', '2'] }, ['audit-one', 'icc-off', 'log-level', 'unit-mode']],
    [{ level: ['1'] }, ['audit-one', 'icc-off', 'log-level', 'unit-mode']],
    [{ level: ['2'] }, ['audit-two']],
    [{ severity: ['high,medium'] }, ['audit-two', 'icc-off']],
    [{ section: ['2'], severity: ['low'] }, ['log-level']],
    [{ section: ['1', '2'], level: ['1'], control: ['2.*', '3.1'] }, ['icc-off', 'log-level']],
    [{ section: ['2'], exclude: ['2.2'] }, ['log-level']],
  ])('%j holds %j', (lists, expected) => {
    expect(chosen(lists)).toStrictEqual(expected);
  });

  it('is refused where the site left out all that was asked for, which would look like a host in order', () => {
    const left: Profile = { ...level1, leftOutBySite: [{ item: '3.1', by: '/etc/harden/harden.json5' }] };
    const why = { code: 'H2004', exit: 64, details: ['3.1 is left out by /etc/harden/harden.json5'] };
    expect(refused({ control: ['3.1'] }, left)).toMatchObject(why);
    expect(refused({ section: ['3'] }, left)).toMatchObject(why);
    expect(select({ control: ['3.1', '2.2'] }, left).selected).toHaveLength(1);
  });

  it('says what it left out, the finer list first', () => {
    const { leftOut } = select({ section: ['2'], severity: ['low'], control: ['1.*', '2.*'], exclude: ['audit-one'] });
    expect(leftOut.map(({ control, by }) => [control, by])).toStrictEqual([
      ['audit-one', '-x audit-one'],
      ['audit-two', '--section'],
      ['icc-off', '--severity'],
      ['unit-mode', '-c'],
    ]);
  });

  it.each<readonly [Partial<ControlLists>, string]>([
    [{ section: ['9'] }, '--section 9: there is no section "9"; it is one of 1, 1.1, 1.10, 2, 3'],
    [{ section: ['2.*'] }, '--section 2.*: there is no section "2.*" (did you mean "2"?)'],
    [{ section: ['2.2'] }, '--section 2.2: 2.2 is a control and no section (did you mean "-c 2.2"?)'],
    [{ section: ['1.10'] }, '--section 1.10: base/L1 has no control in section 1.10'],
    [{ section: [''] }, '--section names nothing'],
    [{ level: ['2'] }, '--level 2: base/L1 stops at level 1'],
    [{ level: ['3'] }, '--level 3: there is no level "3"; it is one of 1, 2'],
    [{ level: ['L2'] }, '--level L2: there is no level "L2" (did you mean "2"?)'],
    [{ severity: ['hihg'] }, '--severity hihg: there is no severity "hihg" (did you mean "high"?)'],
    [
      { severity: ['critical'] },
      '--severity critical: there is no severity "critical"; it is one of low, medium, high',
    ],
    [{ severity: ['high'] }, '--severity high: base/L1 has no control of severity high'],
    [{ section: ['2'], control: ['3.1'] }, '-c, --section together leave no control'],
    [{ section: ['3'], severity: ['medium'] }, '--section, --severity together leave no control'],
    [{ section: ['3'], exclude: ['3.1'] }, '--section, -x together leave no control'],
    [{ control: ['3.1'], exclude: ['3.1'] }, '-c, -x together leave no control'],
    [{ exclude: ['*'] }, '-x leaves no control'],
    [{ control: [','] }, '-c names nothing'],
  ])('%j is refused: %s', (lists, why) => {
    expect(refused(lists)).toMatchObject({ code: 'H2004', exit: 64, details: [why] });
  });

  it('is told with all that is wrong at once', () => {
    expect(refused({ control: ['2.9'], level: ['3'], severity: ['worst'] })?.details).toHaveLength(3);
  });

  it('chooses exactly those that fit each option that is given', () => {
    const shipped = shippedCatalogue();
    const profile = shipped.profiles.find(({ name }) => name === 'cis-docker-1.8.0/L2') ?? level2;
    const one = (lists: Partial<ControlLists>): ReadonlySet<string> => {
      const { selected } = selectControls(shipped, profile, { control: [], exclude: [], ...lists });
      return new Set(selected.map(({ id }) => id));
    };
    const maybe = (values: readonly string[]) => fc.option(fc.subarray([...values], { minLength: 1 }), { nil: [] });
    fc.assert(
      fc.property(
        maybe(['1', '1.1', '2', '3']),
        maybe(['1', '2']),
        maybe(['low', 'medium', 'high']),
        (section, level, severity) => {
          const every = [one({ section }), one({ level }), one({ severity })];
          const all = [...one({})].filter((id) => every.every((ids) => ids.has(id)));
          const lists = { section, level, severity };
          expect(all.length === 0 ? thrownBy(() => one(lists))?.code : [...one(lists)]).toStrictEqual(
            all.length === 0 ? 'H2004' : all,
          );
        },
      ),
    );
  });
});

describe('sections', () => {
  it('are all that numbers stand in, in order', () => {
    expect(sectionsOf(['3.1', '1.10.2', '1.2.1', '-', '2.10'])).toStrictEqual(['1', '1.2', '1.10', '2', '3']);
  });
});

describe('the words of a choice', () => {
  it('are the options that were given, in one order', () => {
    const asked = { include: ['2.*', '3.1'], exclude: ['2.2'], section: ['2'], level: ['1'], severity: ['low,high'] };
    expect(choiceWords(asked).join(' ')).toBe('-c 2.* -c 3.1 -x 2.2 --section 2 --level 1 --severity low,high');
    expect(choiceWords({ include: [], exclude: [] })).toStrictEqual([]);
  });
});
