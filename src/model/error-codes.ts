import { APPROVAL_CODES } from './error-codes/approvals.ts';
import { STATE_CODES } from './error-codes/catalogue-and-state.ts';
import { COMMAND_LINE_CODES } from './error-codes/command-line.ts';
import { RUN_CODES } from './error-codes/host-and-runs.ts';
import type { CodePage } from './error-codes/page.ts';
import { WAIVER_CODES } from './error-codes/waivers.ts';

/**
 * Every code an error may end with, each with one meaning. A code is promised to scripts and never used for something else; a new one is
 * the next free number of its domain.
 */
export const ERROR_CODES = {
  ...COMMAND_LINE_CODES,
  ...STATE_CODES,
  ...RUN_CODES,
  ...APPROVAL_CODES,
  ...WAIVER_CODES,
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

export function codePage(code: ErrorCode): CodePage {
  return ERROR_CODES[code];
}
