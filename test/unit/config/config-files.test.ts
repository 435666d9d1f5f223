import { describe, expect, it } from 'vitest';
import { machineConfig, siteProfiles } from '../../../src/app/config-files.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import { absPath } from '../../../src/model/brand.ts';
import { settle } from '../../../src/model/config.ts';
import { type FakeEntry, fakeReader } from '../../helpers/fake-reader.ts';
import { places, thrownBy } from '../catalogue/sample.ts';

const catalogue = shippedCatalogue();
const config = (body: string) => `{ schema: 'urn:harden:config:1',\n${body} }`;
const profile = (name: string) => `{ name: '${name}', title: 'Ours', benchmark: 'cis-docker-1.6.0', level: 1 }`;
const inForce = (files: Readonly<Record<string, FakeEntry>>) =>
  settle(machineConfig(fakeReader({ files }), catalogue)).map(({ key, value, origin }) => [key, value, origin]);

describe('/etc/harden', () => {
  it('says nothing where it is not there', () => {
    expect(inForce({})).toEqual([]);
  });

  it('is read as harden.json5, then conf.d by name; the last name wins, and hidden and other files are left', () => {
    expect(
      inForce({
        '/etc/harden/harden.json5': config("maxRisk: 'low',\nmaxImpact: 'none'"),
        '/etc/harden/conf.d/20-b.json5': config("maxRisk: 'high'"),
        '/etc/harden/conf.d/10-a.json5': config("maxRisk: 'medium',\nconfirmWithin: '5m'"),
        '/etc/harden/conf.d/30-c.json5.dpkg-old': 'no',
        '/etc/harden/conf.d/.30-c.json5': 'no',
      }),
    ).toEqual([
      ['maxRisk', 'high', { type: 'file', file: '/etc/harden/conf.d/20-b.json5', line: 2 }],
      ['maxImpact', 'none', { type: 'file', file: '/etc/harden/harden.json5', line: 3 }],
      ['confirmWithin', '5m', { type: 'file', file: '/etc/harden/conf.d/10-a.json5', line: 3 }],
    ]);
  });

  it('may name a profile of profiles.d', () => {
    const files = {
      '/etc/harden/harden.json5': config("profile: 'web'"),
      '/etc/harden/profiles.d/web.json5': profile('web'),
    };
    expect(inForce(files)).toEqual([['profile', 'web', { type: 'file', file: '/etc/harden/harden.json5', line: 2 }]]);
    expect(thrownBy(() => inForce({ '/etc/harden/harden.json5': config("profile: 'web'") }))).toMatchObject({
      code: 'H2040',
    });
  });

  it.each<readonly [string, Readonly<Record<string, FakeEntry>>, string]>([
    [
      'belongs to another',
      { '/etc/harden/harden.json5': { type: 'file', text: '{}', uid: 7 } },
      'does not belong to root',
    ],
    [
      'the group may write to',
      { '/etc/harden/conf.d/a.json5': { type: 'file', text: '{}', mode: 0o664 } },
      'can be written by others',
    ],
    [
      'stands in a folder of another',
      { '/etc/harden': { type: 'directory', uid: 7 }, '/etc/harden/harden.json5': '{}' },
      '/etc/harden does not',
    ],
    ['is a link to nowhere', { '/etc/harden/harden.json5': { link: '/nowhere' } }, 'is not there'],
    ['is a pipe', { '/etc/harden/harden.json5': { type: 'fifo' } }, 'cannot be read'],
  ])('is refused where a file %s', (_what, files, says) => {
    const error = thrownBy(() => inForce(files));
    expect(error).toMatchObject({ code: 'H2041', exit: 65 });
    expect(`${error?.message ?? ''} ${error?.details.join(' ') ?? ''}`).toContain(says);
  });

  it('is taken from another place where a test says so', () => {
    const files = { '/srv/x/harden.json5': config("color: 'never'") };
    expect(machineConfig(fakeReader({ files }), catalogue, absPath('/srv/x'))).toHaveLength(1);
  });
});

describe('profiles.d', () => {
  it('holds profiles by their own names', () => {
    const files = { '/etc/harden/profiles.d/a.json5': profile('web'), '/etc/harden/profiles.d/b.json5': profile('db') };
    expect(siteProfiles(fakeReader({ files }), catalogue).map(({ name }) => name)).toEqual(['web', 'db']);
  });

  it('is refused with all its mistakes', () => {
    const files = {
      '/etc/harden/profiles.d/a.json5': profile('web'),
      '/etc/harden/profiles.d/b.json5': profile('web'),
      '/etc/harden/profiles.d/c.json5': profile('cis-docker-1.8.0/L1'),
      '/etc/harden/profiles.d/d.json5': "{ nam: 'x' }",
    };
    const error = thrownBy(() => siteProfiles(fakeReader({ files }), catalogue));
    expect(error).toMatchObject({ code: 'H2002', exit: 65 });
    expect(places(error).join('\n')).toMatch(/b\.json5:1:9: a profile named "web" is there already/);
    expect(places(error).join('\n')).toMatch(/c\.json5:1:9: this name belongs to a profile that comes with harden/);
    expect(places(error).join('\n')).toMatch(/d\.json5:1:3: unknown key "nam" \(did you mean "name"\?\)/);
  });

  it('is refused where others could change it', () => {
    const files: Record<string, FakeEntry> = {
      '/etc/harden/profiles.d/a.json5': { type: 'file', text: profile('a'), mode: 0o666 },
    };
    expect(thrownBy(() => siteProfiles(fakeReader({ files }), catalogue))).toMatchObject({ code: 'H2041', exit: 65 });
  });
});
