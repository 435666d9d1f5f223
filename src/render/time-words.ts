/** What dockerd takes by itself is seconds; containers that have to stop, and a site's own lines in its unit, add to that. */
export function timeWords(limitMs: number): string {
  const seconds = Math.round(limitMs / 1000);
  const limit = seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
  return `usually takes some seconds, at most ${limit}`;
}
