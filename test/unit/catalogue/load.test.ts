import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/catalogue/load.ts';
import { mistakesIn, places, profile, remediation, types } from './sample.ts';

const file = 'docker/daemon/one.json5';

/** The mistakes of one remediation file. */
function placesOf(changes: Readonly<Record<string, string | undefined>>): readonly string[] {
  return places(mistakesIn({ [file]: remediation('one', changes) }));
}

describe('a catalogue without a mistake', () => {
  it('is read, in the order of names, with the chapter of the folder', () => {
    const catalogue = loadCatalogue(
      {
        'docker/files/two.json5': remediation('two', { references: "{ 'cis-docker-1.8.0': '3.1' }" }),
        [file]: remediation('one'),
        'docker/profiles/base-l1.json5': profile('base/L1'),
        'README.md': '# not data',
      },
      types,
    );
    expect(catalogue.remediations.map(({ control, chapter }) => [control, chapter])).toStrictEqual([
      ['one', 'daemon'],
      ['two', 'files'],
    ]);
    expect(catalogue.profiles.map(({ name }) => name)).toStrictEqual(['base/L1']);
  });

  it('may point editors to a schema, which is not kept', () => {
    const text = remediation('one', { $schema: "'../../remediation.schema.json'" });
    const [found] = loadCatalogue({ [file]: text }, types).remediations;
    expect(found).not.toHaveProperty('$schema');
    expect(found?.manual).toStrictEqual([]);
  });
});

describe('a mistake in a remediation', () => {
  it('of syntax has the place the parser names', () => {
    const error = mistakesIn({ [file]: "{\n  control: 'one',\n  title 'x',\n}\n" });
    expect(places(error)).toStrictEqual([`${file}:3:9: not JSON5: invalid character '\\''`]);
    expect(error).toMatchObject({ code: 'H2001', exit: 65, excerpt: "  title 'x'," });
  });

  it('in an empty file has a place', () => {
    expect(places(mistakesIn({ [file]: '' }))).toStrictEqual([`${file}:1:1: not JSON5: invalid end of input`]);
  });

  it('of nesting is no crash', () => {
    expect(places(mistakesIn({ [file]: '['.repeat(5000) + ']'.repeat(5000) }))).toStrictEqual([
      `${file}:1:1: nested too deeply`,
    ]);
  });

  it.each([
    ['unknown key', { titel: "'x'" }, `${file}:11:3: unknown key "titel" (did you mean "title"?)`],
    ['unknown key like nothing', { command: "'rm'" }, `${file}:11:3: unknown key "command"`],
    ['missing key', { why: undefined }, `${file}:1:1: "why" is missing`],
    ['empty text', { why: "''" }, `${file}:6:8: "why" must be one line of text without white space at its ends`],
    ['wrong type', { title: '7' }, `${file}:3:10: "title" is not as it should be: expected string, received number`],
    ['wrong level', { level: '3' }, `${file}:4:10: "level" must be one of 1, 2`],
    [
      'wrong risk',
      { risk: "'mediun'" },
      `${file}:8:9: "risk" must be one of low, medium, high (did you mean "medium"?)`,
    ],
    [
      'unknown benchmark',
      { references: "{\n    'cis-docker-1.8.1': '2.1' }" },
      `${file}:6:5: unknown key "references.cis-docker-1.8.1" (did you mean "cis-docker-1.3.1"?)`,
    ],
    [
      'number that is none',
      { references: "{ 'cis-docker-1.8.0': 'two' }" },
      `${file}:5:37: "references.cis-docker-1.8.0" must be a number such as 2.1 or 1.1.3`,
    ],
    [
      'unknown resource type',
      { desired: "[\n    { type: 'deamon-option', key: 'icc' }]" },
      `${file}:11:13: unknown resource type "deamon-option" (did you mean "daemon-option"?)`,
    ],
    [
      'unknown key of a resource type',
      { desired: "[{ type: 'daemon-option', key: 'icc', value: false, wirte: 1 }]" },
      `${file}:10:64: unknown key "desired[0].wirte" (did you mean "write"?)`,
    ],
    [
      'wrong value of a resource type',
      { desired: "[{ type: 'report', about: 'rootles' }]", manual: "['Do it.']" },
      `${file}:10:38: "desired[0].about" must be one of rootless, socket-group-members (did you mean "rootless"?)`,
    ],
    ['missing type', { desired: "[{ key: 'icc' }]" }, `${file}:10:13: "desired[0].type" is missing`],
    ['tag given twice', { tags: "['daemon', 'daemon']" }, `${file}:9:20: the tag "daemon" is given a second time`],
    ['wrong tag', { tags: "['The Daemon']" }, `${file}:9:10: "tags[0]" must be lower-case words joined by hyphens`],
  ] as const)('is told with its place: %s', (_, changes, expected) => {
    expect(placesOf(changes)).toStrictEqual([expected]);
  });

  it('is a key given twice', () => {
    const text = remediation('one').replace('  level: 1,', "  level: 1,\n  'level': 2,");
    expect(places(mistakesIn({ [file]: text }))).toStrictEqual([`${file}:5:3: "level" is given a second time`]);
  });

  it('is a value that is no object', () => {
    expect(places(mistakesIn({ [file]: '[]' }))).toHaveLength(1);
  });

  it('is a file at a place that means nothing', () => {
    expect(places(mistakesIn({ 'docker/images/one.json5': remediation('one') }))).toStrictEqual([
      'docker/images/one.json5:1:1: does not belong here: expected docker/{host,daemon,files,profiles}/NAME.json5',
    ]);
  });
});

describe('rules over remediations', () => {
  it('want the file called like the control', () => {
    expect(places(mistakesIn({ 'docker/daemon/uno.json5': remediation('one') }))).toStrictEqual([
      'docker/daemon/uno.json5:2:12: "control" must be "uno", as the file is called',
    ]);
  });

  it('want each control, title and number once', () => {
    const again = remediation('one', { references: "{ 'cis-docker-1.8.0': '3.1' }" });
    expect(places(mistakesIn({ [file]: remediation('one'), 'docker/files/one.json5': again }))).toStrictEqual([
      `docker/files/one.json5:2:12: "one" is described in ${file} too`,
      `docker/files/one.json5:3:10: ${file} has the same title`,
    ]);
    expect(
      places(mistakesIn({ [file]: remediation('one'), 'docker/daemon/two.json5': remediation('two') })),
    ).toStrictEqual([`docker/daemon/two.json5:5:37: 2.1 of cis-docker-1.8.0 is taken by ${file}`]);
  });

  it('want numbers in the chapter of the folder', () => {
    expect(placesOf({ references: "{ 'cis-docker-1.8.0': '3.1' }" })).toStrictEqual([
      `${file}:5:37: 3.1 is not in chapter 2, which belongs to the folder daemon/`,
    ]);
  });

  it('want parameters declared, used, and once', () => {
    const desired = "[{ type: 'daemon-option', key: 'icc', set: true, write: { parameter: 'remap' } }]";
    const manual = "['Do it.']";
    expect(placesOf({ desired, manual })).toStrictEqual([`${file}:10:81: the parameter "remap" is not declared`]);
    const declared = "{ name: 'remap', description: 'x', shape: 'string' }";
    expect(placesOf({ desired, manual, parameters: `[${declared}]` })).toStrictEqual([]);
    expect(placesOf({ desired, manual, parameters: `[${declared},\n    ${declared}]` })).toStrictEqual([
      `${file}:13:5: the parameter "remap" is declared a second time`,
    ]);
    expect(placesOf({ parameters: `[${declared}]` })).toStrictEqual([
      `${file}:11:16: nothing in "desired" uses the parameter "remap"`,
    ]);
  });

  it('know the parameter a report uses', () => {
    const desired = "[{ type: 'report', about: 'socket-group-members' }]";
    const parameters = "[{ name: 'trusted-users', description: 'x', shape: 'user-list' }]";
    expect(placesOf({ desired, parameters, manual: "['Do it.']" })).toStrictEqual([]);
  });

  it('want one shape for parameters of one name', () => {
    const desired = "[{ type: 'daemon-option', key: 'icc', set: true, write: { parameter: 'p' } }]";
    const one = { desired, manual: "['Do it.']", parameters: "[{ name: 'p', description: 'x', shape: 'string' }]" };
    const two = { ...one, parameters: "[{ name: 'p', description: 'x', shape: 'ulimits' }]", references: '{}' };
    expect(
      places(mistakesIn({ [file]: remediation('one', one), 'docker/daemon/two.json5': remediation('two', two) })),
    ).toStrictEqual([`docker/daemon/two.json5:12:54: "p" is a string in ${file}`]);
  });

  it.each([
    ['nothing is desired', '[]'],
    ['a report cannot change anything', "[{ type: 'report', about: 'rootless' }]"],
    ['nothing says what to write', "[{ type: 'daemon-option', key: 'icc', not: [true] }]"],
  ])('want steps for a person where %s', (_, desired) => {
    const complaint = '"manual" must say what a person does, because "desired" cannot always be reached by harden';
    expect(placesOf({ desired })).toStrictEqual([`${file}:1:1: ${complaint}`]);
    expect(placesOf({ desired, manual: "['Do it.']" })).toStrictEqual([]);
  });
});

describe('several mistakes', () => {
  it('in several files are told at once, by file and place', () => {
    const error = mistakesIn({
      'docker/profiles/x-l1.json5': profile('x/L1', "  levl: 2,\n  exclude: ['ona'],\n"),
      'docker/host/b.json5': "{ control: 'b'",
      'docker/daemon/a.json5': remediation('a', { titel: "'x'", level: '0' }),
      [file]: remediation('one', { references: "{ 'cis-docker-1.8.0': '9.1' }" }),
    });
    expect(error).toMatchObject({ code: 'H2001', exit: 65, position: undefined });
    expect(error?.message).toBe('the catalogue of remediations has 5 mistakes, so nothing was planned.');
    expect(error?.details).toStrictEqual([
      'docker/daemon/a.json5:4:10: "level" must be one of 1, 2',
      'docker/daemon/a.json5:11:3: unknown key "titel" (did you mean "title"?)',
      `${file}:5:37: 9.1 is not in chapter 2, which belongs to the folder daemon/`,
      'docker/host/b.json5:1:15: not JSON5: invalid end of input',
      'docker/profiles/x-l1.json5:6:3: unknown key "levl" (did you mean "level"?)',
    ]);
  });
});
