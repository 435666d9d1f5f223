import type { AbsPath } from '../model/brand.ts';
import type { CommandOutcome, FileAttributes, FileStat } from '../model/host.ts';
import type { Observed } from '../model/state.ts';
import { runTool } from './run-tool.ts';

/** One path that was asked for, and where it is for the programs that look at it. */
export interface Place {
  readonly path: AbsPath;
  readonly outside: string;
  readonly stat: Observed<FileStat>;
}

const UNKNOWN: FileAttributes = { flags: null, hasAcl: null };
/** Mode, ACL mark, links, size or device numbers, time; then the path. */
const LS_LINE = /[-dbcps][-rwxsStT]{9}([+.@]?) +\d+ +(?:\d+, *)?\d+ +\d+ /y;
const LSATTR_LINE = /([-A-Za-z]+) /y;

/** Two programs at most, for all places together. A link has neither flags nor an ACL; what is absent has an entry too. */
export async function readAttributes(places: readonly Place[]): Promise<ReadonlyMap<AbsPath, FileAttributes>> {
  const asked = places.filter(({ stat }) => stat.status === 'present' && stat.value.type !== 'symlink');
  const paths = asked.map(({ outside }) => outside);
  const [flags, marks] = paths.length === 0 ? [new Map<string, string>(), new Map<string, string>()] : await ask(paths);
  return new Map(
    places.map(({ path, outside, stat }) => {
      const mark = marks.get(outside);
      const isLink = stat.status === 'present' && stat.value.type === 'symlink';
      const hasAcl = mark === undefined ? null : mark === '+';
      return [
        path,
        isLink ? { ...UNKNOWN, hasAcl: false } : { flags: flags.get(outside)?.replaceAll('-', '') ?? null, hasAcl },
      ];
    }),
  );
}

function ask(paths: readonly string[]): Promise<[Map<string, string>, Map<string, string>]> {
  return Promise.all([
    runTool('lsattr', ['-d', '--', ...paths]).then((outcome) => linesByPath(outcome, paths, LSATTR_LINE)),
    // Unsorted, so that lines come in the order of the arguments; without names of users and groups.
    runTool('ls', ['-ldgoU', '--time-style=+%s', '--', ...paths]).then((outcome) =>
      linesByPath(outcome, paths, LS_LINE),
    ),
  ]);
}

/**
 * The first group of `line` for each path a program printed a line about, in the order it was given them. Paths are
 * matched as wholes, so one with blanks or newlines in it cannot be taken for another; a path without a line is left out.
 */
function linesByPath(outcome: CommandOutcome, paths: readonly string[], line: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  const text = outcome.type === 'exited' ? outcome.stdout : '';
  const pattern = new RegExp(line);
  let at = 0;
  for (const path of paths) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const rest = `${path}\n`;
    // Another path's line is read again when it is that path's turn.
    if (match !== null && text.startsWith(rest, pattern.lastIndex)) {
      found.set(path, match[1] ?? '');
      at = pattern.lastIndex + rest.length;
    }
  }
  return found;
}
