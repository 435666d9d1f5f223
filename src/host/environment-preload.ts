import { readFileSync } from 'node:fs';

/** Libraries the site loads into every program of this machine, this one too; none where /etc/ld.so.preload is missing. */
export function preloadedLibraries(file = '/etc/ld.so.preload'): readonly string[] {
  try {
    return preloadedIn(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

/** Names stand apart by white space or colons; `#` begins a comment (ld.so(8)). */
export function preloadedIn(text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(/[\s:]+/))
    .filter((name) => name !== '');
}

/** Its purpose is that fsync(2) does nothing: no promise of a snapshot holds then. */
export function liesAboutSync(libraries: readonly string[]): boolean {
  return libraries.some((name) => name.includes('eatmydata'));
}
