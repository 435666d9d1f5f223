import type { ExitCode } from '../model/errors.ts';

/** What a command gives back: its exit code. */
export type Finish = (code: ExitCode) => void;
