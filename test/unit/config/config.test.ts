import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/catalogue/config.ts';
import { saidInVariables } from '../../../src/catalogue/config-variables.ts';
import { profileByName, readProfile } from '../../../src/catalogue/profiles.ts';
import { selectControls } from '../../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import { tailored } from '../../../src/catalogue/tailor.ts';
import { type Said, settle } from '../../../src/model/config.ts';
import { places, thrownBy } from '../catalogue/sample.ts';

const catalogue = shippedCatalogue();
const BASE = profileByName(catalogue, 'cis-docker-1.8.0/L1');

function read(texts: Readonly<Record<string, string>>, presentationOnly = false): readonly Said[] {
  return readConfig(
    Object.entries(texts).map(([path, text]) => ({ path, text })),
    {
      remediations: catalogue.remediations,
      profileNames: () => [...catalogue.profiles.map(({ name }) => name), 'web'],
      presentationOnly,
    },
  );
}

function config(body: string): string {
  return `{\n  schema: 'urn:harden:config:1',\n${body}}\n`;
}

function mistakes(text: string, presentationOnly = false): readonly string[] {
  return places(thrownBy(() => read({ 'a.json5': text }, presentationOnly)));
}

describe('a file of configuration', () => {
  it('says each value with its line; lists and parameters member by member', () => {
    const text = config(
      "  profile: 'web',\n  exclude: [\n    'icc-disabled',\n    '2.*',\n  ],\n  parameters: {\n    'userns-remap': 'default' },\n  maxRisk: 'low',\n",
    );
    const origin = (line: number) => ({ type: 'file', file: 'a.json5', line });
    expect(read({ 'a.json5': text })).toEqual([
      { key: 'profile', value: 'web', origin: origin(3) },
      { key: 'exclude', value: 'icc-disabled', origin: origin(5) },
      { key: 'exclude', value: '2.*', origin: origin(6) },
      { key: 'parameters', member: 'userns-remap', value: 'default', origin: origin(9) },
      { key: 'maxRisk', value: 'low', origin: origin(10) },
    ]);
  });

  it.each<readonly [string, string, string]>([
    ['no schema', "{\n  profile: 'web' }", '"schema" is missing'],
    [
      'the schema of another kind',
      "{\n  schema: 'urn:harden:health:1' }",
      '"schema" must be one of urn:harden:config:1',
    ],
    ['an unknown key', config("  maxrisk: 'low',\n"), 'a.json5:3:3: unknown key "maxrisk" (did you mean "maxRisk"?)'],
    ['a consent', config('  yes: true,\n'), 'a.json5:3:3: unknown key "yes"'],
    ['the British colour', config("  colour: 'never',\n"), 'unknown key "colour" (did you mean "color"?)'],
    ['a value that is none', config("  maxImpact: 'reboots',\n"), '(did you mean "reboot"?)'],
    [
      'a profile that is not there',
      config("  profile: 'wob',\n"),
      'a.json5:3:12: there is no profile "wob" (did you mean "web"?)',
    ],
    [
      'a profile beside it',
      config("  profile: './web.json5',\n"),
      'must be the name of a profile, or the absolute path',
    ],
    ['an unknown parameter', config("  parameters: { 'userns-remapp': 'x' },\n"), '(did you mean "userns-remap"?)'],
    ['a parameter of a wrong shape', config("  parameters: { 'trusted-users': 'deploy' },\n"), 'trusted-users'],
    ['a duration without a unit', config("  waiverGrace: '5',\n"), 'must be a number and s, m, h or d'],
    ['a wait that is too long', config("  confirmWithin: '2d',\n"), '"confirmWithin" must be at most 24h'],
    ['a grace that is too long', config("  waiverGrace: '31d',\n"), '"waiverGrace" must be at most 30d'],
    ['a time that is no time', config("  confirmWithin: 'soon',\n"), 'or never'],
    ['a width nobody can read', config('  width: 4,\n'), '"width"'],
    ['a key twice', config("  maxRisk: 'low',\n  maxRisk: 'high',\n"), 'a.json5:4:3: "maxRisk" is given a second time'],
    ['text that is no JSON5', config("  maxRisk 'low',\n"), 'a.json5:3:11: not JSON5'],
    ['an array', '[]', 'a.json5:1:1'],
  ])('with %s is refused at its place', (_what, text, says) => {
    expect(mistakes(text).join('\n')).toContain(says);
  });

  it('names all mistakes of all files at once', () => {
    const error = thrownBy(() =>
      read({ 'b.json5': config("  maxRisk: 1,\n  width: 'x',\n"), 'a.json5': config("  profil: 'web',\n") }),
    );
    expect(error).toMatchObject({ code: 'H2040', exit: 65 });
    expect(places(error).map((place) => place.split(': ')[0])).toEqual(['a.json5:3:3', 'b.json5:3:12', 'b.json5:4:10']);
  });

  it('of somebody who is not root only says how results are shown', () => {
    expect(read({ 'a.json5': config("  color: 'never',\n  groupBy: 'file',\n") }, true)).toHaveLength(2);
    expect(mistakes(config("  color: 'never',\n  maxRisk: 'high',\n"), true)).toEqual([
      expect.stringContaining('a.json5:4:3: "maxRisk" is for root'),
    ]);
  });
});

describe('variables', () => {
  it('say what options say', () => {
    expect(
      saidInVariables({
        HARDEN_PROFILE: 'web',
        HARDEN_WIDTH: '72',
        HARDEN_ACCESSIBLE: '1',
        HARDEN_PAGER: 'false',
        HOME: '/',
      }),
    ).toEqual(
      [
        ['profile', 'web', 'HARDEN_PROFILE'],
        ['width', 72, 'HARDEN_WIDTH'],
        ['accessible', true, 'HARDEN_ACCESSIBLE'],
        ['pager', false, 'HARDEN_PAGER'],
      ].map(([key, value, name]) => ({ key, value, origin: { type: 'variable', name } })),
    );
  });

  it('that are empty say nothing', () => {
    expect(saidInVariables({ HARDEN_PROFILE: '', HARDEN_COLOR: '' })).toEqual([]);
  });

  it('with values that are none are refused, all at once', () => {
    const error = thrownBy(() => saidInVariables({ HARDEN_COLOR: 'red', HARDEN_WIDTH: 'wide', HARDEN_FORMAT: 'json' }));
    expect(error).toMatchObject({
      code: 'H0072',
      exit: 64,
      hint: 'To go on without: unset HARDEN_COLOR HARDEN_WIDTH',
    });
    expect(error?.details.map((line) => line.split(' ')[0])).toEqual(['HARDEN_COLOR', 'HARDEN_WIDTH']);
  });
});

describe('a profile on a site', () => {
  const site = (body: string) => tailored(catalogue, BASE, settle(read({ '/etc/harden/harden.json5': config(body) })));

  it('is as it was where the site says nothing of it', () => {
    expect(tailored(catalogue, BASE, read({ 'a.json5': config("  maxRisk: 'low',\n") }))).toBe(BASE);
  });

  it('leaves out what the configuration leaves out, whatever names it, and says who did', () => {
    const { selected, leftOut } = selectControls(catalogue, site("  exclude: ['2.2'],\n"), {
      control: ['2.*'],
      exclude: [],
    });
    expect(selected.map(({ id }) => id)).not.toContain('2.2');
    expect(leftOut).toContainEqual({ control: 'icc-disabled', id: '2.2', by: '/etc/harden/harden.json5' });
  });

  it('takes values of the configuration before its own', () => {
    const text =
      "{ name: 'web', title: 'x', benchmark: 'cis-docker-1.8.0', level: 2, parameters: { 'userns-remap': 'default', 'trusted-users': ['a'] } }";
    const said = read({ 'a.json5': config("  parameters: { 'userns-remap': 'remap' },\n") });
    expect(tailored(catalogue, readProfile(catalogue, 'web', text), said).parameters).toEqual({
      'userns-remap': 'remap',
      'trusted-users': ['a'],
    });
  });

  it('refuses an exclusion that means nothing in its benchmark', () => {
    const error = thrownBy(() => site("  exclude: ['2.99', 'icc-disable', 'live-restore'],\n"));
    expect(error).toMatchObject({ code: 'H2042', exit: 65 });
    expect(error?.details).toEqual([
      expect.stringContaining('/etc/harden/harden.json5:3: there is no control "2.99"'),
      expect.stringContaining('did you mean "icc-disabled"?'),
    ]);
  });
});

describe('docs/configuration.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
  const blocks = Array.from(text.matchAll(/```json5\n(.*?)```/gs), ([, body = '']) => body);

  it('shows files that are as they should be', () => {
    const [files, profiles] = [
      blocks.filter((body) => body.includes('urn:harden:config:1')),
      blocks.filter((body) => body.includes('benchmark:')),
    ];
    expect(files.length).toBeGreaterThan(1);
    expect(profiles.length).toBeGreaterThan(0);
    expect(files.length + profiles.length).toBe(blocks.length);
    for (const body of files) {
      const said = settle(read({ 'docs.json5': body }));
      expect(tailored(catalogue, BASE, said)).toBeDefined();
    }
    for (const body of profiles) {
      expect(readProfile(catalogue, 'docs.json5', body).name).toBe('web');
    }
  });
});
