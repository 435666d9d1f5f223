import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/catalogue/load.ts';
import { isProfileFile, profileByName, readProfile, readSiteProfiles } from '../../../src/catalogue/profiles.ts';
import type { ParameterShape } from '../../../src/model/remediation.ts';
import { mistakesIn, places, profile, remediation, thrownBy, types } from './sample.ts';

/** A catalogue with a parameter of each shape, called like it. */
const shapes: readonly ParameterShape[] = ['string', 'string-list', 'user-list', 'ulimits', 'log-target', 'tls'];
const desired = shapes.map(
  (shape) => `{ type: 'daemon-option', key: 'icc', set: true, write: { parameter: '${shape}' } }`,
);
const parameters = shapes.map((shape) => `{ name: '${shape}', description: 'what it is', shape: '${shape}' }`);
const all = remediation('all', {
  desired: `[${desired.join(',')}]`,
  parameters: `[${parameters.join(',')}]`,
  manual: "['Do it.']",
});
const catalogue = loadCatalogue(
  {
    'docker/daemon/all.json5': all,
    'docker/profiles/base-l1.json5': profile('base/L1'),
    'docker/profiles/base-l2.json5': profile('base/L2'),
  },
  types,
);

/** What is wrong with one parameter value, which stands in line 7. */
function mistakesOf(name: string, value: string): readonly string[] {
  const text = profile('web', `  parameters: {\n    '${name}': ${value} },\n`);
  return places(thrownBy(() => readProfile(catalogue, 'web.json5', text)));
}

function valueOf(name: string, value: string): unknown {
  return readProfile(catalogue, 'web.json5', profile('web', `  parameters: { '${name}': ${value} },\n`)).parameters[
    name
  ];
}

describe('-p', () => {
  it.each([
    ['cis-docker-1.8.0/L1', false],
    ['base', false],
    ['./web', true],
    ['/etc/harden/profiles.d/web', true],
    ['web.json5', true],
    ['../web.json', true],
  ])('%s names a file: %s', (value, expected) => {
    expect(isProfileFile(value)).toBe(expected);
  });

  it('finds a profile by its name', () => {
    expect(profileByName(catalogue, 'base/L2').name).toBe('base/L2');
  });

  it('suggests the nearest name', () => {
    const error = thrownBy(() => profileByName(catalogue, 'base/l1'));
    expect(error).toMatchObject({ code: 'H2003', exit: 64, hint: 'Did you mean: -p base/L1' });
  });

  it('lists the names where none is near', () => {
    const error = thrownBy(() => profileByName(catalogue, 'something'));
    expect(error).toMatchObject({ exit: 64, details: ['Known profiles: base/L1, base/L2'] });
  });
});

describe('a profile somebody wrote', () => {
  it('is read', () => {
    const text = profile('web', "  include: ['all'],\n  exclude: ['2.*'],\n  parameters: { string: 'x' },\n");
    expect(readProfile(catalogue, 'web.json5', text)).toStrictEqual({
      name: 'web',
      title: 'A profile',
      benchmark: 'cis-docker-1.8.0',
      level: 1,
      parameters: { string: 'x' },
      include: ['all'],
      exclude: ['2.*'],
    });
  });

  it('names all its mistakes at once', () => {
    const text = profile(
      'web',
      "  include: ['al', '7.*'],\n  exclude: ['tag:daemn', '2.9-2.1'],\n  parameters: { strng: 1, tls: 2 },\n",
    );
    const error = thrownBy(() => readProfile(catalogue, 'web.json5', text));
    expect(error).toMatchObject({ code: 'H2002', exit: 65 });
    expect(error?.message).toBe('the profile web.json5 has 6 mistakes, so nothing was planned.');
    expect(error?.details).toStrictEqual([
      'web.json5:6:13: there is no control "al" (did you mean "all"?)',
      'web.json5:6:19: no control matches "7.*"',
      'web.json5:7:13: no control has the tag "daemn" (did you mean "tag:daemon"?)',
      'web.json5:7:26: the range "2.9-2.1" ends before it begins',
      'web.json5:8:17: no remediation has a parameter "strng" (did you mean "string"?)',
      'web.json5:8:32: the parameter tls is not as it should be: expected object, received number (what it is)',
    ]);
  });

  it('cannot take the name of one that comes along', () => {
    const error = thrownBy(() => readProfile(catalogue, 'web.json5', profile('base/L1')));
    expect(places(error)).toStrictEqual(['web.json5:2:9: this name belongs to a profile that comes with harden']);
  });

  it('that is no JSON5 has the place', () => {
    const error = thrownBy(() => readProfile(catalogue, 'web.json5', '{ name: web }'));
    expect(error).toMatchObject({
      exit: 65,
      position: { file: 'web.json5', line: 1, column: 9 },
      excerpt: '{ name: web }',
    });
  });

  it('with an unknown key gets a suggestion', () => {
    const error = thrownBy(() => readProfile(catalogue, 'web.json5', profile('web', '  parametres: {},\n')));
    expect(places(error)).toStrictEqual(['web.json5:6:3: unknown key "parametres" (did you mean "parameters"?)']);
  });
});

describe('the profiles of a site', () => {
  it('may name their schema as other files do, and for editors', () => {
    const said = (name: string): string => `  ${name}: 'urn:harden:profile:1',\n`;
    for (const more of ['', said('schema'), said('$schema'), said('schema') + said('$schema')]) {
      expect(readProfile(catalogue, 'web.json5', profile('web', more))).not.toHaveProperty('schema');
    }
    const other = profile('web', "  schema: 'urn:harden:profile:2',\n");
    expect(thrownBy(() => readProfile(catalogue, 'web.json5', other))).toMatchObject({ code: 'H2002', exit: 65 });
  });

  it('have mistakes, one has', () => {
    const wrong = (path: string): { path: string; text: string } => ({ path, text: '{ a: 1, b: 2 }' });
    expect(thrownBy(() => readSiteProfiles(catalogue, [wrong('a'), wrong('b')]))).toMatchObject({
      message: expect.stringMatching(/^the profiles of this site have \d+ mistakes/) as string,
    });
    expect(thrownBy(() => readSiteProfiles(catalogue, [wrong('a')]))).toMatchObject({
      message: expect.stringMatching(/^the profile of this site has \d+ mistakes/) as string,
    });
  });
});

describe('a profile of the catalogue', () => {
  it('lies in a file called like it', () => {
    expect(places(mistakesIn({ 'docker/profiles/x.json5': profile('base/L1') }))).toStrictEqual([
      'docker/profiles/x.json5:2:9: a profile of the name "base/L1" belongs in docker/profiles/base-l1.json5',
    ]);
  });
});

describe('a value for a parameter', () => {
  it.each([
    ['string', "'default'"],
    ['string-list', "['a', 'b']"],
    ['user-list', '[]'],
    ['user-list', "['ci-runner', '_apt', 'svc$']"],
    ['ulimits', "{ nofile: { Name: 'nofile', Soft: 1024, Hard: -1 } }"],
    ['ulimits', "{ core: { Name: 'core', Soft: 0, Hard: 0 }, nofile: { Name: 'nofile', Soft: 1, Hard: 2 } }"],
    ['log-target', "{ driver: 'syslog', options: { 'syslog-address': 'tcp://h:1' } }"],
    ['tls', "{ ca: '/c', certificate: '/d', key: '/k' }"],
    ['tls', "{ ca: '/c', certificate: '/d', key: '/k', hosts: ['fd://', 'tcp://0.0.0.0:2376'] }"],
  ])('of the shape %s may be %s', (name, value) => {
    expect(mistakesOf(name, value)).toStrictEqual([]);
  });

  it('of the shape log-target gets empty options', () => {
    expect(valueOf('log-target', "{ driver: 'gelf' }")).toStrictEqual({ driver: 'gelf', options: {} });
  });

  it('of the shape tls has no hosts where none are given', () => {
    expect(valueOf('tls', "{ ca: '/c', certificate: '/d', key: '/k' }")).toStrictEqual({
      ca: '/c',
      certificate: '/d',
      key: '/k',
    });
  });

  it.each([
    ['string', "''", '7:15: the parameter string must not be empty'],
    ['string-list', '[]', '7:20: the parameter string-list must not be empty'],
    ['string-list', "['a', 'a']", '7:20: the parameter string-list must name each thing once'],
    ['user-list', "['root; rm']", '7:19: the parameter user-list.0 must be the name of an account'],
    ['ulimits', '{}', '7:16: the parameter ulimits must name at least one limit'],
    [
      'ulimits',
      "{ nofile: { Name: 'nproc', Soft: 1, Hard: 1 } }",
      '7:34: the parameter ulimits.nofile.Name must be "nofile" again',
    ],
    [
      'ulimits',
      "{ nofile: { Name: 'nofile', Soft: 9, Hard: 1 } }",
      '7:50: the parameter ulimits.nofile.Soft must not be above "Hard"',
    ],
    [
      'ulimits',
      "{ nofile: { Name: 'nofile', Soft: -1, Hard: 1 } }",
      '7:50: the parameter ulimits.nofile.Soft must not be above "Hard"',
    ],
    [
      'log-target',
      "{ driver: 'local' }",
      '7:29: the parameter log-target.driver must be a driver that sends logs away from this host',
    ],
    [
      'log-target',
      "{ driver: 'gelf', options: { a: 1 } }",
      '7:51: the parameter log-target.options.a must be a text; numbers and yes or no go in quotes',
    ],
    [
      'tls',
      "{ ca: '../c', certificate: '/d', key: '/k' }",
      '7:18: the parameter tls.ca must be an absolute path without . or .. in it',
    ],
    [
      'tls',
      "{ ca: '/c', certificate: '/d', key: '/k', hosts: ['2376'] }",
      '7:62: the parameter tls.hosts.0 must be an address such as tcp://0.0.0.0:2376',
    ],
  ])('of the shape %s cannot be %s', (name, value, complaint) => {
    expect(mistakesOf(name, value)).toStrictEqual([`web.json5:${complaint} (what it is)`]);
  });

  it.each([
    ['ulimits', "{ nofile: { Name: 'nofile', Soft: 1.5, Hard: 2 } }"],
    ['ulimits', "{ files: { Name: 'files', Soft: 1, Hard: 2 } }"],
    ['ulimits', "{ nofile: { Name: 'nofile', Soft: '1', Hard: 2 } }"],
    ['log-target', "{ driver: 'gelf', option: {} }"],
    ['tls', "{ ca: '/c' }"],
  ])('of the shape %s is refused as %s', (name, value) => {
    expect(mistakesOf(name, value)).not.toStrictEqual([]);
  });
});
