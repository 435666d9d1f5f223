import { realpathSync } from 'node:fs';
import { isSea } from 'node:sea';
import { absPath } from '../model/brand.ts';
import type { OwnProgram } from '../model/revert-clock.ts';
import { errnoOf } from './errno.ts';
import { whyUnsafe } from './tools.ts';

const INSTALL_PLACE = '/usr/local/sbin/harden';

/** The program this process runs: the executable, or Node with the bundled file. */
export function ownProgram(): OwnProgram {
  if (isSea()) {
    return program([process.execPath], process.execPath);
  }
  const script = process.argv[1] ?? '';
  if (script.endsWith('.ts')) {
    const unsafe = { reason: `${script} runs from its sources`, mend: `npm run build` };
    return { argv: [process.execPath, script], unsafe };
  }
  return program([process.execPath, script], script);
}

function program(files: readonly [string, ...string[]], main: string): OwnProgram {
  try {
    const [first, ...rest] = files.map((file) => realpathSync.native(file));
    const argv: OwnProgram['argv'] = [first ?? main, ...rest];
    const reason = argv.map((file, index) => whyUnsafe(absPath(file), index === 0)).find((why) => why !== undefined);
    return { argv, unsafe: reason === undefined ? undefined : { reason, mend: mendOf(argv) } };
  } catch (error) {
    const reason = `${main} cannot be looked at (${errnoOf(error)})`;
    return { argv: [...files], unsafe: { reason, mend: mendOf(files) } };
  }
}

function mendOf(argv: readonly string[]): string {
  const [main = ''] = argv;
  return argv.length === 1
    ? `install -o root -g root -m 0755 ${quoted(main)} ${INSTALL_PLACE}`
    : `install -o root -g root -m 0755 dist/harden ${INSTALL_PLACE}`;
}

function quoted(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
