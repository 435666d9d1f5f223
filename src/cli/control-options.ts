import type { Argv } from 'yargs';

/** What `controlOptions` gives. */
export interface ControlArguments {
  readonly control: string[];
  readonly exclude: string[];
  readonly section: string[];
  readonly level: string[];
  readonly severity: string[];
}

/** Some of the controls only. */
export function controlOptions<T>(argv: Argv<T>) {
  return argv
    .option('control', { ...list('only these: ids, ranges, globs, tag:NAME'), alias: 'c' })
    .option('exclude', { ...list('not these'), alias: 'x' })
    .option('section', list('only those of a section of the benchmark: 1, 1.1, 2'))
    .option('level', list('only those at this level: 1, 2'))
    .option('severity', list('only those of this risk in the catalogue: low, medium, high'));
}

export function isChoice({ control, exclude, section, level, severity }: ControlArguments): boolean {
  return [control, exclude, section, level, severity].some((values) => values.length > 0);
}

function list(describe: string) {
  return { type: 'string', array: true, requiresArg: true, default: [] as string[], describe } as const;
}
