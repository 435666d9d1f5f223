import { EXIT, HardenError } from '../model/errors.ts';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `5m`, `24h`, `7d` in milliseconds. */
export function durationMs(option: string, text: string): number {
  const parts = /^([1-9]\d{0,5})([smhd])$/.exec(text);
  const unit = parts?.[2];
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') {
    throw new HardenError({
      code: 'H0065',
      exit: EXIT.usage,
      message: `${option} takes a number and s, m, h or d, for example 24h; "${text}" is not that. Nothing was done.`,
    });
  }
  return Number(parts?.[1]) * UNIT_MS[unit];
}

/** No decision of a site counts longer than a year without a look at it; waivers do not either. */
const LONGEST_VALID_DAYS = 365;

/** `--expires`: how long a plan may be applied, in milliseconds. */
export function validityMs(text: string): number {
  const ms = durationMs('--expires', text);
  if (ms > LONGEST_VALID_DAYS * UNIT_MS.d) {
    throw new HardenError({
      code: 'H0065',
      exit: EXIT.usage,
      message: `--expires takes at most ${LONGEST_VALID_DAYS}d; "${text}" is more. Nothing was done.`,
      hint: 'For example: harden plan --expires 30d -o FILE',
    });
  }
  return ms;
}

/** A clock longer than this is no protection of a session any more. */
const LONGEST_WITHIN_MS = 24 * UNIT_MS.h;

/** `--confirm-within`: milliseconds, `never`, or nothing said. */
export function withinWish(text: string | undefined): number | 'never' | undefined {
  if (text === undefined || text === 'never') {
    return text;
  }
  const ms = durationMs('--confirm-within', text);
  if (ms > LONGEST_WITHIN_MS) {
    throw new HardenError({
      code: 'H0061',
      exit: EXIT.usage,
      message: `--confirm-within takes at most 24h; "${text}" is more. Nothing was done.`,
      hint: 'To apply without a clock: --confirm-within never',
    });
  }
  return ms;
}
