import type { ProfileControl, ProfileDetails, ProfileDifference, ProfileSummary } from '../model/profile.ts';
import type { Profile, Remediation } from '../model/remediation.ts';
import { type Style, count, paint, spread, wrap } from './layout.ts';
import { printable } from './printable.ts';

export function profileListText(profiles: readonly ProfileSummary[], style: Style): string {
  const lines = profiles.flatMap((one) => [
    ...spread(style, paint(style, 'bold', one.name), count(one.controls, 'control')),
    ...wrap(style, 2, printable(one.title)),
    ...(one.ofSite ? newerLines(one, style) : []),
  ]);
  return textOf([...lines, '', ...wrap(style, 0, 'What one chooses: harden profile show NAME')]);
}

export function profileText(profile: ProfileDetails, style: Style): string {
  const { name, title, benchmark, level, chosen, leftOut, parameters, open } = profile;
  return textOf([
    ...spread(style, paint(style, 'bold', name), `${benchmark}, level ${level}`),
    ...wrap(style, 2, printable(title)),
    ...newerLines(profile, style),
    ...section(style, count(chosen.length, 'control'), controlLines(chosen, style)),
    ...section(
      style,
      'LEFT OUT',
      leftOut.flatMap(({ control, id, by }) => wrap(style, 2, `${id}   ${control}   by ${printable(by)}`, 6)),
    ),
    ...section(
      style,
      'PARAMETERS',
      Object.entries(parameters).flatMap(([parameter, value]) =>
        wrap(style, 2, `${parameter} = ${printable(JSON.stringify(value))}`, 6),
      ),
    ),
    ...section(
      style,
      'WITHOUT A VALUE, SO LEFT TO A PERSON',
      open.flatMap((one) => wrap(style, 2, `${one.name} (${one.controls.join(', ')}): ${one.description}`, 6)),
    ),
  ]);
}

export function profileDifferenceText(difference: ProfileDifference, style: Style): string {
  const { from, to, added, dropped, renumbered, parameters } = difference;
  const nothing = added.length + dropped.length + renumbered.length + parameters.length === 0;
  return textOf([
    ...wrap(style, 0, `From ${from.name} (${from.benchmark}, level ${from.level}, ${count(from.controls, 'control')})`),
    ...wrap(style, 0, `to   ${to.name} (${to.benchmark}, level ${to.level}, ${count(to.controls, 'control')})`, 5),
    ...(nothing ? ['', 'Both choose the same.'] : []),
    ...section(
      style,
      `ADDED: ${added.length}`,
      added.flatMap((one) =>
        lineOf(style, '+', one, one.isNew ? `not in ${from.benchmark}` : `not chosen by ${from.name}`),
      ),
    ),
    ...section(
      style,
      `DROPPED: ${dropped.length}`,
      dropped.flatMap((one) =>
        lineOf(style, '-', one, one.isGone ? `not in ${to.benchmark}` : `not chosen by ${to.name}`),
      ),
    ),
    ...section(
      style,
      `OTHER NUMBER: ${renumbered.length}`,
      renumbered.flatMap((one) => wrap(style, 2, `${one.was} -> ${one.id}   ${one.control}`, 6)),
    ),
    ...section(
      style,
      'PARAMETERS',
      parameters.flatMap((one) =>
        wrap(style, 2, printable(`${one.name}: ${JSON.stringify(one.from)} -> ${JSON.stringify(one.to)}`), 6),
      ),
    ),
  ]);
}

/** A profile of the site to begin with: all of `base`, and everything that can be said in it, as comments. */
export function profileTemplate(name: string, base: Profile, remediations: readonly Remediation[]): string {
  const parameters = new Map(
    remediations.flatMap((one) =>
      one.parameters.map((parameter) => [parameter.name, { parameter, control: one.control }] as const),
    ),
  );
  return [
    '{',
    '  // Stands in plans and reports.',
    `  name: '${name}',`,
    `  title: 'The Docker hosts of this site',`,
    '  // Pinned: a newer benchmark changes nothing here until you write its name. What it would change:',
    `  //   harden profile diff ${name} NAME`,
    `  benchmark: '${base.benchmark}',`,
    '  // 1, or 2 for the stricter controls as well.',
    `  level: ${base.level},`,
    '',
    '  // Controls chosen besides: names, numbers, ranges (1.1.3-1.1.18), globs (2.*), tag:audit.',
    '  include: [],',
    '  // Controls left out, written the same way; wins over everything else. Say why in a comment; what shall end at a date is a waiver.',
    '  exclude: [],',
    '',
    '  // What only the site can know. Without a value the control stays with a person.',
    '  parameters: {',
    ...[...parameters.values()]
      .toSorted((a, b) => (a.parameter.name < b.parameter.name ? -1 : 1))
      .flatMap(({ parameter, control }) => [
        `    // ${control}: ${parameter.description}`,
        `    // '${parameter.name}': ${EXAMPLES[parameter.shape]},`,
      ]),
    '  },',
    '}',
    '',
  ].join('\n');
}

/** One value of each shape. */
const EXAMPLES: Readonly<Record<Remediation['parameters'][number]['shape'], string>> = {
  string: "'default'",
  'string-list': "['name']",
  'user-list': "['deploy']",
  ulimits: "{ nofile: { Name: 'nofile', Soft: 8192, Hard: 65536 } }",
  'log-target': "{ driver: 'syslog', options: { 'syslog-address': 'tcp+tls://logs.example.org:6514' } }",
  tls: "{ ca: '/etc/docker/tls/ca.pem', certificate: '/etc/docker/tls/cert.pem', key: '/etc/docker/tls/key.pem' }",
};

function newerLines({ name, newer, level }: ProfileSummary, style: Style): readonly string[] {
  return newer === null
    ? []
    : wrap(style, 2, `${newer} is newer; what it changes: harden profile diff ${name} ${newer}/L${level}`, 4);
}

function controlLines(controls: readonly ProfileControl[], style: Style): readonly string[] {
  return controls.flatMap(({ id, control, title }) => wrap(style, 2, `${id}   ${control}   ${title}`, 6));
}

function lineOf(
  style: Style,
  sign: string,
  { id, control, title, level }: ProfileControl,
  why: string,
): readonly string[] {
  return wrap(style, 2, `${sign} ${id}   ${control}   ${title} (level ${level}, ${why})`, 6);
}

function section(style: Style, heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', paint(style, 'bold', heading), ...lines];
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
