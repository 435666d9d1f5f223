/** Orders dotted versions by their first two numbers; Debian's and Docker's suffixes do not matter. */
export function isAtLeast(version: string, floor: string): boolean {
  const [major, minor] = numbersOf(version);
  const [floorMajor, floorMinor] = numbersOf(floor);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}

function numbersOf(version: string): readonly [number, number] {
  const match = /^v?(\d+)(?:\.(\d+))?/.exec(version);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}
