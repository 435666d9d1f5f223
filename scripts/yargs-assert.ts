/** Takes the place of node:assert in a bundle: this is all that yargs (and graceful-fs, when debugged) use of it, and loading it takes 3 ms. */
export function strictEqual(actual: unknown, expected: unknown, message?: string): void {
  if (!Object.is(actual, expected)) {
    throw new Error(message ?? 'not what yargs expected');
  }
}

export function notStrictEqual(actual: unknown, unexpected: unknown, message?: string): void {
  strictEqual(Object.is(actual, unexpected), false, message);
}

export { strictEqual as equal };
