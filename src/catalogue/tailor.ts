import { type Said, originText } from '../model/config.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Profile } from '../model/remediation.ts';
import type { Catalogue } from './catalogue.ts';
import { parseItem, whyNoMatch } from './items.ts';

/**
 * The profile with what the site's configuration says of it: values of parameters win over its own, exclusions are added.
 * @throws HardenError (exit 65, H2042) where an exclusion names no control of the profile's benchmark.
 */
export function tailored({ remediations }: Catalogue, profile: Profile, said: readonly Said[]): Profile {
  const parameters = said.flatMap(({ key, member, value }) =>
    key === 'parameters' && member !== undefined ? [[member, value] as const] : [],
  );
  const excluded = said.flatMap(({ key, value, origin }) =>
    key === 'exclude' && typeof value === 'string' ? [{ item: value, origin }] : [],
  );
  if (parameters.length === 0 && excluded.length === 0) {
    return profile;
  }
  const controls = remediations.map(({ control, tags, references }) => ({
    control,
    tags,
    id: references[profile.benchmark] ?? '-',
  }));
  const complaints = excluded.flatMap(({ item, origin }) => {
    const why = whyNoMatch(parseItem(item), controls);
    return why === undefined ? [] : [`${originText(origin)}: ${why}`];
  });
  if (complaints.length > 0) {
    throw new HardenError({
      code: 'H2042',
      exit: EXIT.malformed,
      message: `the configuration leaves out what ${profile.benchmark} does not have, so nothing was planned.`,
      details: complaints,
      hint: 'Names stay the same in all benchmarks, numbers do not: harden profile show',
    });
  }
  return {
    ...profile,
    parameters: { ...profile.parameters, ...Object.fromEntries(parameters) },
    // Without the line: a comment more in the file makes no other plan.
    leftOutBySite: excluded.map(({ item, origin }) => ({
      item,
      by: origin.type === 'file' ? origin.file : originText(origin),
    })),
  };
}

/** What the profile itself says of what a site may say too. */
export function saidByProfile({ name, parameters, exclude }: Profile): readonly Said[] {
  const origin = { type: 'profile', name } as const;
  return [
    ...exclude.map((value): Said => ({ key: 'exclude', value, origin })),
    ...Object.entries(parameters).map(([member, value]): Said => ({ key: 'parameters', member, value, origin })),
  ];
}
