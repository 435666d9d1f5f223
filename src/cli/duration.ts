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
