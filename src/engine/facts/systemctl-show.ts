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

const ARGV = ' argv[]=';

/** The argument vector in `{ path=… ; argv[]=… ; ignore_errors=… }`. The print has no quotes: words that held blanks come apart. */
export function shownCommand(value: string): readonly string[] {
  const start = value.indexOf(ARGV);
  const rest = start < 0 ? '' : value.slice(start + ARGV.length);
  const end = rest.search(/ ; (?:ignore_errors|flags)=/);
  return rest
    .slice(0, Math.max(end, 0))
    .split(' ')
    .filter((word) => word !== '');
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
      const values = found.get(name);
      if (values === undefined) {
        found.set(name, [line.slice(equals + 1)]);
      } else {
        values.push(line.slice(equals + 1));
      }
    }
  }
  return found;
}
