import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanMs } from '../../../src/host/systemd-clock.ts';

describe('a time span of systemctl', () => {
  it.each([
    ['3h 20min 57.090183s', 12_057_090],
    ['5s', 5000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['900us', 0],
    ['1d 1h', 90_000_000],
    ['1w 2d', 777_600_000],
    ['1min 3us', 60_000],
  ])('%s', (text, ms) => expect(spanMs(text)).toBe(ms));

  it.each(['', 'infinity', '5', 's', '5 s', '-5s', '5parsec', '1h;2min', '0x5s', '1e3s'])('%j is none', (text) =>
    expect(spanMs(text)).toBeUndefined(),
  );

  it('of any days, hours, minutes and seconds is their sum', () => {
    const parts = fc.tuple(fc.nat(6), fc.nat(23), fc.nat(59), fc.nat(59_999));
    fc.assert(
      fc.property(parts, ([d, h, min, ms]) => {
        const text = `${d}d ${h}h ${min}min ${(ms / 1000).toFixed(3)}s`;
        return Math.abs((spanMs(text) ?? -9) - (((d * 24 + h) * 60 + min) * 60_000 + ms)) <= 1;
      }),
    );
  });
});
