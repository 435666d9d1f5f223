import { EXIT, HardenError } from '../model/errors.ts';

/**
 * Node ends a process whose output stream fails and nobody listens, with a stack. From here on a failure is heard by whoever
 * writes a result; what is only told to people may be lost.
 */
export function surviveClosedOutput(): void {
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}

/** Writes all of `text` to standard output; a reader that went away is an error of its own, after everything else is done. */
export async function print(text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (cause) => {
      if (cause === null || cause === undefined) {
        resolve();
        return;
      }
      reject(
        new HardenError({
          code: 'H0073',
          exit: EXIT.cannotWriteOutput,
          message: 'standard output was closed before everything was written.',
          hint: 'Nothing else was affected. To keep the whole result: -o FILE',
          cause,
        }),
      );
    });
  });
}

/** For people, beside the result. A closed standard error is nobody's loss. */
export function tell(text: string): void {
  process.stderr.write(text);
}

/** That the result of a run could not be kept changes nothing about the run. */
export function tellNotKept(why: string | undefined): void {
  if (why !== undefined) {
    tell(`harden: the result of this run is not kept for harden history: ${why}\n`);
  }
}
