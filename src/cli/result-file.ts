import { EXIT, type ExitCode, HardenError } from '../model/errors.ts';
import { errorText } from '../render/error-text.ts';
import { tell } from './output.ts';
import { readTerminal } from './terminal.ts';
import { wordsFor } from '../host/errno.ts';
import { readWholeFile, writePrivateFile } from '../host/user-files.ts';

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
      hint: 'What was asked for is done; only this file is missing. Name another one with -o.',
      cause,
    });
  }
}

/** The whole text of a file, or of standard input where it is `-`. */
export function readInput(file: string): string {
  try {
    return readWholeFile(file, INPUT_LIMIT);
  } catch (cause) {
    throw new HardenError({
      code: 'H1001',
      exit: EXIT.malformed,
      message: `${file} cannot be read (${wordsFor(cause)}). Nothing was changed.`,
      hint: `To look at it: ls -l ${file}`,
      cause,
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
