/** `2.9` before `2.10` before `2.10.1`; what is no number (`-`) comes last. */
export function compareNumbers(a: string, b: string): number {
  const left = components(a);
  const right = components(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

export function isNumber(text: string): boolean {
  return /^\d+(\.\d+)*$/.test(text);
}

function components(number: string): readonly number[] {
  return isNumber(number) ? number.split('.').map(Number) : [Number.MAX_SAFE_INTEGER];
}
