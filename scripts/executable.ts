import { chmod, copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { inject } from 'postject';

/**
 * Makes `outfile` from a program (see `bundleScript`) and the Node that runs this: one file that needs no Node on the host.
 * It is fast at what the program does when it is run with `rehearsal`, a command line without effects.
 */
export async function makeExecutable(program: string, rehearsal: readonly string[], outfile: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'harden-build-'));
  const unfinished = `${outfile}.${process.pid}`;
  try {
    const blob = await makeBlob(program, rehearsal, work);
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
async function makeBlob(program: string, rehearsal: readonly string[], work: string): Promise<Buffer> {
  const output = join(work, 'blob');
  const config = join(work, 'config.json');
  const code = join(work, 'code');
  await execa(process.execPath, [join(import.meta.dirname, 'compile.cjs'), program, code, ...rehearsal]);
  await writeFile(
    config,
    JSON.stringify({
      main: join(import.meta.dirname, 'start.cjs'),
      output,
      assets: { program, code },
      disableExperimentalSEAWarning: true,
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
