import type { AbsPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';

/** Why what is changed at `path` (links resolved) does not last on this host; undefined where it does. Pure. */
export function lostWithImage(path: AbsPath, { imageBased }: Pick<HostFacts, 'imageBased'>): string | undefined {
  if (/^\/etc(?:\/|$)/.test(path)) {
    return imageBased?.etc;
  }
  return /^\/(?:usr|lib|lib64|bin|sbin|nix|gnu)(?:\/|$)/.test(path) ? imageBased?.usr : undefined;
}
