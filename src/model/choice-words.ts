import type { CoarseLists } from './remediation.ts';

/** What was asked for of a profile: `include` by `-c`, `exclude` by `-x`. */
export interface AskedControls extends CoarseLists {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The same choice again as arguments, for a command that is printed; none where all controls were meant. */
export function choiceWords({
  include,
  exclude,
  section = [],
  level = [],
  severity = [],
}: AskedControls): readonly string[] {
  const option = (name: string, values: readonly string[]): readonly string[] =>
    values.flatMap((value) => [name, value]);
  return [
    ...option('-c', include),
    ...option('-x', exclude),
    ...option('--section', section),
    ...option('--level', level),
    ...option('--severity', severity),
  ];
}
