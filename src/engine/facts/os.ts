import type { HostFacts } from '../../model/facts.ts';
import type { Mount } from '../../model/host.ts';
import { absPath, isBelow } from '../../model/brand.ts';
import { parseEnvironmentFile } from './unit-file.ts';

/** What an os-release file says; empty strings where it does not. */
export function parseOsRelease(text: string): HostFacts['os'] {
  const all = parseEnvironmentFile(text);
  return { id: all['ID'] ?? '', versionId: all['VERSION_ID'] ?? '', name: all['PRETTY_NAME'] ?? all['NAME'] ?? '' };
}

/** Both folders, unless `etc` says that people may change theirs. */
const IMAGE_SYSTEMS: ReadonlyMap<string, { readonly reason: string; readonly etc: 'fixed' | 'kept' }> = new Map([
  ['nixos', { reason: 'NixOS builds /etc from its configuration; set the option there', etc: 'fixed' }],
  ['flatcar', { reason: 'Flatcar Linux replaces /usr with each update', etc: 'kept' }],
  ['bottlerocket', { reason: 'Bottlerocket is changed through its own API', etc: 'fixed' }],
  ['talos', { reason: 'Talos is changed through its own API', etc: 'fixed' }],
  ['cos', { reason: 'Container-Optimized OS makes /etc anew at each boot', etc: 'fixed' }],
  ['ubuntu-core', { reason: 'Ubuntu Core is made of read-only snaps', etc: 'fixed' }],
]);

/** What ostree (rpm-ostree, bootc) says of itself: that it runs, and how its root is put together. */
export interface OstreeSigns {
  readonly booted: boolean;
  /** Text of prepare-root.conf; empty where there is none. */
  readonly prepareRoot: string;
}

/**
 * Where changes of /etc or /usr do not last or cannot be made, and why. ostree and Flatcar keep what is changed in /etc through updates
 * (a three-way merge, an overlay of its own); with ostree's `transient` it is gone at the next boot.
 */
export function imageFolders(
  os: HostFacts['os'],
  ostree: OstreeSigns,
  mounts: readonly Mount[],
): HostFacts['imageBased'] {
  const system = IMAGE_SYSTEMS.get(os.id);
  const etc =
    (system?.etc === 'fixed' ? system.reason : undefined) ??
    (ostree.booted && hasTransientEtc(ostree.prepareRoot)
      ? 'this system forgets changes of /etc at each boot (transient, in prepare-root.conf)'
      : undefined) ??
    unwritable('/etc', mounts);
  const usr =
    system?.reason ??
    (ostree.booted ? 'the system was started from an ostree image; /usr comes from that image' : undefined) ??
    unwritable('/usr', mounts);
  return etc === undefined && usr === undefined ? undefined : { etc, usr };
}

function hasTransientEtc(text: string): boolean {
  const section = /^\s*\[etc\]([^[]*)/m.exec(text)?.[1] ?? '';
  return /^\s*transient\s*=\s*(?:true|yes|1)\s*$/m.test(section);
}

function unwritable(path: '/etc' | '/usr', mounts: readonly Mount[]): string | undefined {
  return isReadOnly(path, mounts) ? `${path} cannot be written: mounted read-only` : undefined;
}

/** By the innermost mount that holds the path; of equal mount points the last one is on top. */
function isReadOnly(path: '/etc' | '/usr', mounts: readonly Mount[]): boolean {
  const holding = mounts.filter((mount) => isBelow(absPath(path), mount.mountPoint));
  const innermost = holding.reduce<Mount | undefined>(
    (best, mount) => (best === undefined || mount.mountPoint.length >= best.mountPoint.length ? mount : best),
    undefined,
  );
  return innermost?.options.includes('ro') ?? false;
}
