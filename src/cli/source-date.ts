import type { Ground } from '../app/ground.ts';
import { EXIT, HardenError } from '../model/errors.ts';

/**
 * `ground` for a command that only reads: what it makes says SOURCE_DATE_EPOCH (seconds since 1970, UTC) as its time where that is set, so
 * that the same input gives the same bytes. Whether a waiver counts goes by the clock all the same.
 * A time to come is refused: a plan that says it could be applied for longer than any plan may.
 * @throws HardenError H0086 where it is no such number
 */
export function datedGround(ground: Ground, variable = process.env['SOURCE_DATE_EPOCH'] ?? ''): Ground {
  if (variable === '') {
    return ground;
  }
  const seconds = /^\d{1,12}$/.test(variable) ? Number(variable) : Number.NaN;
  if (!(seconds * 1000 <= ground.now().getTime())) {
    throw new HardenError({
      code: 'H0086',
      exit: EXIT.usage,
      message: `SOURCE_DATE_EPOCH takes seconds from 1970 to now, as date +%s prints them; "${variable}" is not that. Nothing was looked at.`,
      hint: 'To go on with the time of this machine: unset SOURCE_DATE_EPOCH',
    });
  }
  return { ...ground, dated: new Date(seconds * 1000) };
}
