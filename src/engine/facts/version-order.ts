import { byCodeUnit } from '../../model/canonical.ts';

/** The order of `ls -v`, which augenrules joins rule files in: runs of digits by value, a `~` before everything, letters before other signs. */
export function byVersion(a: string, b: string): number {
  const differences = [compareRuns(stem(a), stem(b)), compareRuns(a, b)];
  return differences.find((difference) => difference !== 0) ?? byCodeUnit(a, b);
}

/** Without its endings of the form `.letters`. */
function stem(name: string): string {
  return name.replace(/(?:\.[A-Za-z~][A-Za-z0-9~]*)*$/, '');
}

function compareRuns(a: string, b: string): number {
  let x = 0;
  let y = 0;
  while (x < a.length || y < b.length) {
    while ((x < a.length && !isDigit(a, x)) || (y < b.length && !isDigit(b, y))) {
      const difference = weight(a, x) - weight(b, y);
      if (difference !== 0) {
        return difference;
      }
      x++;
      y++;
    }
    const [p, q] = [digitsAt(a, x), digitsAt(b, y)];
    const difference = byNumber(p, q);
    if (difference !== 0) {
      return difference;
    }
    x += p.length;
    y += q.length;
  }
  return 0;
}

function weight(text: string, at: number): number {
  const letter = text.charAt(at);
  if (letter === '~') {
    return -1;
  }
  if (letter === '' || isDigit(text, at)) {
    return 0;
  }
  return /[A-Za-z]/.test(letter) ? letter.charCodeAt(0) : letter.charCodeAt(0) + 256;
}

function isDigit(text: string, at: number): boolean {
  return /\d/.test(text.charAt(at));
}

function digitsAt(text: string, at: number): string {
  return /^\d*/.exec(text.slice(at))?.[0] ?? '';
}

/** Decimal numbers of any length; leading zeros do not count. */
function byNumber(p: string, q: string): number {
  const [a, b] = [p.replace(/^0+/, ''), q.replace(/^0+/, '')];
  return a.length === b.length ? byCodeUnit(a, b) : a.length - b.length;
}
