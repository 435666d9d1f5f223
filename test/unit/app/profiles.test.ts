import { describe, expect, it } from 'vitest';
import { profileDetails, profileDifference, profileSummary } from '../../../src/app/profiles.ts';
import { profileByName, readProfile } from '../../../src/catalogue/profiles.ts';
import { selectControls } from '../../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import {
  profileDifferenceText,
  profileListText,
  profileTemplate,
  profileText,
} from '../../../src/render/profile-text.ts';

const catalogue = shippedCatalogue();
const named = (name: string) => profileByName(catalogue, name);
const site = (rest: string) =>
  readProfile(
    catalogue,
    'web.json5',
    `{ name: 'web', title: 'Ours', benchmark: 'cis-docker-1.7.0', level: 1, ${rest} }`,
  );
const style = { width: 80, colour: false };

describe('the way from one profile to another', () => {
  it('adds what the newer benchmark has, and names what got another number', () => {
    const difference = profileDifference(catalogue, named('cis-docker-1.6.0/L1'), named('cis-docker-1.8.0/L1'));
    expect(difference.added.map(({ control, isNew }) => [control, isNew])).toEqual([['no-devicemapper', true]]);
    expect(difference.renumbered).toContainEqual(
      expect.objectContaining({ control: 'live-restore', was: '2.15', id: '2.16' }),
    );
    expect(difference.dropped).toEqual([]);
  });

  it('is the other way round backwards', () => {
    const [a, b] = [named('cis-docker-1.2.0/L2'), named('cis-docker-1.8.0/L1')];
    const [there, back] = [profileDifference(catalogue, a, b), profileDifference(catalogue, b, a)];
    expect(there.added.map(({ control }) => control).toSorted()).toEqual(
      back.dropped.map(({ control }) => control).toSorted(),
    );
    expect(there.dropped.map(({ control }) => control).toSorted()).toEqual(
      back.added.map(({ control }) => control).toSorted(),
    );
    expect(there.renumbered).toHaveLength(back.renumbered.length);
  });

  it('tells controls of the second level from new ones, and names parameters', () => {
    const difference = profileDifference(
      catalogue,
      site("parameters: { 'trusted-users': ['a'] }"),
      site("include: ['userns-remap'], parameters: { 'trusted-users': ['b'], 'userns-remap': 'default' }"),
    );
    expect(difference.added).toEqual([expect.objectContaining({ control: 'userns-remap', level: 2, isNew: false })]);
    expect(difference.parameters).toEqual([
      { name: 'trusted-users', from: ['a'], to: ['b'] },
      { name: 'userns-remap', from: null, to: 'default' },
    ]);
    expect(profileDifferenceText(difference, style)).toContain('userns-remap: null -> "default"');
  });

  it('is empty between a profile and itself', () => {
    const same = profileDifference(catalogue, named('cis-docker-1.8.0/L2'), named('cis-docker-1.8.0/L2'));
    expect(profileDifferenceText(same, style)).toContain('Both choose the same.');
  });
});

describe('a profile of the site', () => {
  it('is told to be pinned to an older benchmark, and chooses nothing of a newer one', () => {
    const web = site('');
    expect(profileSummary(catalogue, web)).toMatchObject({ ofSite: true, newer: 'cis-docker-1.8.0', controls: 38 });
    const text = profileListText([profileSummary(catalogue, web)], style);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('harden profile diff web cis-docker-1.8.0/L1');
    expect(profileDetails(catalogue, web).chosen.map(({ control }) => control)).not.toContain('no-devicemapper');
  });

  it('shows what is left out by whom, and what has no value yet', () => {
    const details = profileDetails(catalogue, site("exclude: ['icc-disabled'], include: ['userns-remap']"));
    expect(details.leftOut).toContainEqual({ control: 'icc-disabled', id: '2.2', by: 'profile web' });
    expect(details.open).toContainEqual(expect.objectContaining({ name: 'userns-remap', controls: ['userns-remap'] }));
    expect(profileText(details, style)).toMatch(/LEFT OUT\n {2}2\.2 +icc-disabled +by profile web/);
  });
});

describe('a profile to begin with', () => {
  const base = named('cis-docker-1.8.0/L1');
  const text = profileTemplate('web', base, catalogue.remediations);

  it('is one, and chooses what its base chooses', () => {
    const lists = { control: [], exclude: [] };
    const [ours, theirs] = [readProfile(catalogue, 'web.json5', text), base].map((one) =>
      selectControls(catalogue, one, lists),
    );
    expect(ours?.selected).toEqual(theirs?.selected);
  });

  it('has an example for every parameter that is right as it stands', () => {
    const names = new Set(catalogue.remediations.flatMap(({ parameters }) => parameters.map(({ name }) => name)));
    const bare = text.replaceAll(/^( *)\/\/ ('[a-z-]+': )/gm, '$1$2');
    expect(Object.keys(readProfile(catalogue, 'web.json5', bare).parameters).toSorted()).toEqual([...names].toSorted());
  });
});
