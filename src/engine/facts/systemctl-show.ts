import { type AbsPath, cleanPath } from '../../model/brand.ts';

/** Properties of one unit; those printed more than once have several values. */
export type ShownUnit = ReadonlyMap<string, readonly string[]>;

/** The blocks of `systemctl show UNIT…` by `Id`. */
export function parseShow(output: string): ReadonlyMap<string, ShownUnit> {
  return new Map(
    output.split(/\n{2,}/).flatMap((block) => {
      const unit = properties(block);
      const id = unit.get('Id')?.[0];
      return id === undefined ? [] : [[id, unit] as const];
    }),
  );
}

/** The argument vector in `{ path=… ; argv[]=… ; ignore_errors=… }`. The print has no quotes: words that held blanks come apart. */
export function shownCommand(value: string): readonly string[] {
  const argv = / argv\[\]=(.*?) ; (?:ignore_errors|flags)=/.exec(value)?.[1];
  return argv === undefined ? [] : argv.split(' ').filter((word) => word !== '');
}

export function shownPaths(values: readonly string[]): readonly AbsPath[] {
  return values.flatMap((value) => value.split(' ').flatMap((word) => cleanPath(word) ?? []));
}

/** Addresses of `Listen=ADDRESS (Stream)`. */
export function shownStreams(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => /^(.*) \(Stream\)$/.exec(value)?.[1] ?? []);
}

function properties(block: string): ShownUnit {
  const found = new Map<string, string[]>();
  for (const line of block.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) {
      const name = line.slice(0, equals);
      found.set(name, [...(found.get(name) ?? []), line.slice(equals + 1)]);
    }
  }
  return found;
}
