import { EXIT, HardenError } from '../model/errors.ts';

/** Writes all of `text` to standard output; a reader that went away is an error of its own, after everything else is done. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void => {
      reject(
        new HardenError({
          code: 'H0073',
          exit: EXIT.cannotWriteOutput,
          message: 'standard output was closed before everything was written.',
          hint: 'Nothing else was affected. To keep the whole result: -o FILE',
          cause,
        }),
      );
    };
    process.stdout.once('error', fail);
    process.stdout.write(text, (error) => {
      process.stdout.off('error', fail);
      if (error === null || error === undefined) {
        resolve();
      } else {
        fail(error);
      }
    });
  });
}

/** For people, beside the result. A closed standard error is nobody's loss. */
export function tell(text: string): void {
  process.stderr.write(text);
}
