import { shellWord } from '../model/command-place.ts';
import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { errorText } from '../render/error-text.ts';
import { tell } from './output.ts';
import { readTerminal } from './terminal.ts';
import { wordsFor } from '../host/errno.ts';
import { whoElseWrote } from '../host/environment-files.ts';
import { makeNewFile, readWholeFile, writePrivateFile } from '../host/user-files.ts';

/** Files a user names on the command line may be this large. */
const INPUT_LIMIT = 64 * 1024 * 1024;

/** Writes `text` to `wish`, or below it under `name` where it is a folder; 0600. Returns the path written. */
export async function writeResult(wish: string, name: string, text: string): Promise<string> {
  try {
    return await writePrivateFile(wish, name, text);
  } catch (cause) {
    throw new HardenError({
      code: 'H0074',
      exit: EXIT.cannotWriteOutput,
      message: `${wish} cannot be written (${wordsFor(cause)}).`,
      hint: 'Only this file is missing. Name another one.',
      cause,
    });
  }
}

/** Writes a file for people to edit, which must not be there yet. */
export function makeFile(file: string, text: string): void {
  try {
    makeNewFile(file, text);
  } catch (cause) {
    throw new HardenError({
      code: 'H0075',
      exit: EXIT.cannotWriteOutput,
      message: `${file} cannot be made (${wordsFor(cause)}). Nothing was changed.`,
      hint: `To look at what is there: ls -l ${shellWord(file)}`,
      cause,
    });
  }
}

/** What follows from a file: something that is shown, a verdict others go by, or a change of the host. */
export type FileUse = 'look' | 'judge' | 'change';

/**
 * The whole text of a file, or of standard input where it is `-`. One a change or a verdict follows from must, for root, be out of reach
 * of everybody but root and the person behind sudo.
 */
export function readInput(file: string, use: FileUse = 'look'): string {
  const uid = process.geteuid?.();
  try {
    return readWholeFile(file, INPUT_LIMIT, (fd) => {
      if (use !== 'look' && uid === 0) {
        refuseForeign(file, use, whoElseWrote(file, fd, [uid, ...personBehind(process.env)]));
      }
    });
  } catch (cause) {
    if (cause instanceof HardenError) {
      throw cause;
    }
    throw unreadable(file, cause);
  }
}

/** A file that is read when nobody sits there any more: out of reach of everybody but root, the person behind sudo included. @throws HardenError */
export function refuseUnlessRoots(file: string): void {
  readWholeFile(file, INPUT_LIMIT, (fd) => refuseForeign(file, 'change', whoElseWrote(file, fd, [0])));
}

/** sudo and pkexec set these themselves; who can set them otherwise is root already. */
function personBehind(environment: Readonly<Record<string, string | undefined>>): readonly number[] {
  return [environment['SUDO_UID'], environment['PKEXEC_UID']].flatMap((text) =>
    text !== undefined && /^\d{1,10}$/.test(text) ? [Number(text)] : [],
  );
}

function refuseForeign(file: string, use: Exclude<FileUse, 'look'>, reason: string | undefined): void {
  if (reason !== undefined) {
    throw new HardenError({
      code: 'H1002',
      exit: EXIT.malformed,
      message: `${file} is not used to ${use} this host: ${reason}. Nothing was ${use === 'judge' ? 'verified' : 'changed'}.`,
      hint: `Look at it, then use a copy that only root can write to: install -m 0600 ${shellWord(file)} /root/`,
    });
  }
}

/** A copy of a result that was printed already. Where it cannot be written that is said, and it is never graver than how the run ended. */
export async function keepCopy(
  wish: string | undefined,
  name: string,
  text: string,
  code: ExitCode,
): Promise<ExitCode> {
  if (wish === undefined) {
    return code;
  }
  try {
    await writeResult(wish, name, text);
    return code;
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
    tell(errorText(error, readTerminal(false).err));
    return code === EXIT.ok ? error.exit : code;
  }
}

export function unreadable(file: string, cause: unknown): HardenError {
  return new HardenError({
    code: 'H1001',
    exit: EXIT.malformed,
    message: `${file} cannot be read (${wordsFor(cause)}). Nothing was changed.`,
    hint: `To look at it: ls -l ${shellWord(file)}`,
    cause,
  });
}
