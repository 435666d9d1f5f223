import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { inject } from 'postject';

/** Room for all that a plan makes: without it V8 collects six times in one, each time with all its threads. */
const EXEC_ARGV = ['--min-semi-space-size=16'];

const PARTS = ['first', 'rest'] as const;
type OfParts<T> = Readonly<Record<(typeof PARTS)[number], T>>;

/**
 * Makes `outfile` from the files of a program (see `bundleParts`) and the Node that runs this: one file that needs no Node on the host.
 * Each part is fast at what it does when the program is run with its rehearsal, a command line without effects.
 */
export async function makeExecutable(
  program: OfParts<string>,
  rehearsals: OfParts<readonly string[]>,
  outfile: string,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'harden-build-'));
  const unfinished = `${outfile}.${process.pid}`;
  try {
    const blob = await makeBlob(program, rehearsals, work);
    await copyFile(process.execPath, unfinished);
    await chmod(unfinished, 0o755);
    await withoutNoteWarnings(() =>
      inject(unfinished, 'NODE_SEA_BLOB', blob, { sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2' }),
    );
    await rename(unfinished, outfile);
  } finally {
    await rm(unfinished, { force: true });
    await rm(work, { recursive: true });
  }
}

/** Compiled code fits only the very binary that made it, hence the Node that runs this both makes and carries it. */
async function makeBlob(
  program: OfParts<string>,
  rehearsals: OfParts<readonly string[]>,
  work: string,
): Promise<Buffer> {
  const output = join(work, 'blob');
  const config = join(work, 'config.json');
  const assets: Record<string, string> = { ...program };
  for (const part of PARTS) {
    const code = join(work, `${part}.code`);
    const words = [program.first, program.rest, part, code, ...rehearsals[part]];
    const compile = [...EXEC_ARGV, join(import.meta.dirname, 'compile.cjs'), ...words];
    // A rehearsal may end as it likes: a verify finds something.
    const { stderr } = await execa(process.execPath, compile, { reject: false });
    if (!existsSync(code)) {
      throw new Error(`The code of the ${part} part was not made: ${stderr}`);
    }
    assets[`${part}.code`] = code;
  }
  await writeFile(
    config,
    JSON.stringify({
      main: join(import.meta.dirname, 'start.cjs'),
      output,
      assets,
      disableExperimentalSEAWarning: true,
      execArgv: EXEC_ARGV,
      // Root must not be steered by NODE_OPTIONS of whoever called.
      execArgvExtension: 'none',
    }),
  );
  await execa(process.execPath, ['--experimental-sea-config', config]);
  return readFile(output);
}

/** Of each note section in Node's binary postject warns that it has no name. They have none, and need none. */
async function withoutNoteWarnings(action: () => Promise<void>): Promise<void> {
  const { warn } = console;
  console.warn = (...words: readonly unknown[]) => {
    if (!String(words[0]).includes("Can't find string offset for section name '.note")) {
      warn(...words);
    }
  };
  try {
    await action();
  } finally {
    console.warn = warn;
  }
}
