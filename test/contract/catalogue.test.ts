import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE, profileByName } from '../../src/catalogue/profiles.ts';
import { selectControls } from '../../src/catalogue/select.ts';
import { SUBJECTS } from '../../src/model/facts.ts';
import { BENCHMARKS, type Desired, REPORT_SUBJECTS } from '../../src/model/remediation.ts';
import { SETTABLE_KEYS } from '../../src/resources/daemon-option/keys.ts';
import { shippedCatalogue } from '../../src/catalogue/shipped-catalogue.ts';

const catalogue = shippedCatalogue();
const { remediations, profiles } = catalogue;

describe('the shipped catalogue', () => {
  it('has 20 controls of the host, 20 of the daemon, 24 of files', () => {
    const counts = Object.groupBy(remediations, ({ chapter }) => chapter);
    expect([counts.host?.length, counts.daemon?.length, counts.files?.length]).toStrictEqual([20, 20, 24]);
  });

  it('has a profile for each level of each benchmark', () => {
    expect(profiles.map(({ name }) => name)).toStrictEqual(BENCHMARKS.flatMap((one) => [`${one}/L1`, `${one}/L2`]));
    for (const profile of profiles) {
      expect(profile.name).toBe(`${profile.benchmark}/L${profile.level}`);
    }
  });

  it('carries no decision of a site in its profiles', () => {
    for (const { parameters, include, exclude } of profiles) {
      expect([parameters, include, exclude]).toStrictEqual([{}, [], []]);
    }
  });

  it('has the profile that is taken where none is named', () => {
    const { selected } = selectControls(catalogue, profileByName(catalogue, DEFAULT_PROFILE), {
      control: [],
      exclude: [],
    });
    expect(selected.length).toBeGreaterThan(0);
  });

  it('names each subject and each report of the model at least once', () => {
    const desired = remediations.flatMap((one) => one.desired);
    const subjects = desired.flatMap((one) => ('subject' in one ? [one.subject] : []));
    const reports = desired.flatMap((one) => (one.type === 'report' ? [one.about] : []));
    expect([...new Set(subjects)].toSorted()).toStrictEqual([...SUBJECTS].toSorted());
    expect(reports.toSorted()).toStrictEqual([...REPORT_SUBJECTS].toSorted());
  });

  it('gives every control a number but the one that no benchmark has now', () => {
    const without = remediations.filter(({ references }) => Object.keys(references).length === 0);
    expect(without.map(({ control }) => control)).toStrictEqual(['legacy-registry-disabled']);
  });

  it('leaves what the site must decide to a parameter', () => {
    const declared = remediations.flatMap(({ control, parameters }) => parameters.map(({ name }) => [control, name]));
    expect(declared).toStrictEqual([
      ['authz-plugin', 'authorization-plugins'],
      ['central-logging', 'log-target'],
      ['default-ulimits-set', 'default-ulimits'],
      ['docker-group-trusted', 'trusted-users'],
      ['tcp-tls-verify', 'tls'],
      ['userns-remap', 'userns-remap'],
    ]);
  });

  it('has no two controls that want exactly the same', () => {
    const wanted = remediations
      .filter(({ desired }) => desired.length > 0)
      .map(({ desired }) => JSON.stringify(desired));
    expect(new Set(wanted).size).toBe(wanted.length);
  });
});

describe.each(remediations.map((one) => [one.control, one] as const))('the remediation %s', (_, remediation) => {
  const { title, why, breaks, manual, parameters, desired } = remediation;

  it('names only what is known', () => {
    expect(desired.filter((one) => !isKnown(one))).toStrictEqual([]);
  });

  it('speaks in whole, short sentences', () => {
    expect(title).toMatch(/^\S.*[^.]$/);
    for (const text of [why, breaks]) {
      expect(text).toMatch(/^[A-Za-z].*[.]$/);
      expect(sentences(text).length).toBeLessThanOrEqual(3);
    }
    for (const text of [why, breaks, ...manual, ...parameters.map(({ description }) => description)]) {
      for (const sentence of sentences(text)) {
        expect(sentence.length, sentence).toBeLessThanOrEqual(240);
      }
    }
  });

  it('does not say twice what it says once', () => {
    const texts = [title, why, breaks, ...manual];
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('gives the reason and the steps as its own', () => {
    expect(remediations.filter((other) => other.why === why)).toStrictEqual([remediation]);
  });
});

function sentences(text: string): readonly string[] {
  return text.split(/(?<=[.?!]) (?=[A-Z])/);
}

function isKnown(desired: Desired): boolean {
  switch (desired.type) {
    case 'audit-rule':
    case 'file-access':
      return SUBJECTS.includes(desired.subject);
    case 'daemon-option':
      return SETTABLE_KEYS.includes(desired.key);
    case 'report':
      return REPORT_SUBJECTS.includes(desired.about);
  }
}
