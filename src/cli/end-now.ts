import type { ExitCode } from '../model/errors.ts';

/** Ends the program where it stands: what is still at work may never come to its end. Nothing else ends it that way. */
export function endNow(code: ExitCode): never {
  process.exit(code);
}
