import { expect, test } from 'vitest';
import { reportOf } from '../../../src/plan/report-of.ts';
import { htmlReport } from '../../../src/render/reports/html.ts';
import { planOf } from '../../helpers/plan-builders.ts';

const html = htmlReport(reportOf(planOf([]), { kind: 'plan', proofs: [], met: [], waivers: new Map() }));
const palettes: readonly Palette[] = [...html.matchAll(/:root\{(?<rules>[^}]*)\}/g)].map(({ groups }) =>
  Object.fromEntries(
    [...(groups?.['rules'] ?? '').matchAll(/--(\w+):#(\w+)/g)].map(([, name = '', hex = '']): [string, string] => [
      name,
      hex,
    ]),
  ),
);
type Palette = Readonly<Record<string, string>>;

test.each(['light', 'dark'])('every colour of text in the %s palette reaches contrast AA on both grounds', (mode) => {
  const palette: Palette = palettes[mode === 'light' ? 0 : 1] ?? {};
  const pairs = ['text', 'dim', 'bad', 'warn', 'good'].flatMap((ink) =>
    ['page', 'soft'].map((ground) => ({ ink, ground, ratio: contrast(palette[ink], palette[ground]) })),
  );
  expect(pairs.filter(({ ratio }) => !(ratio >= 4.5))).toEqual([]);
});

test('nothing is loaded and nothing runs', () => {
  expect(html).not.toMatch(/<script|<link|<img|url\(|@import|https?:|\son\w+=/);
});

/** WCAG 2.2, relative luminance. */
function contrast(a: string | undefined, b: string | undefined): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex = ''): number {
  const full = hex.length === 3 ? hex.replaceAll(/./g, '$&$&') : hex;
  const [r = NaN, g = NaN, b = NaN] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
