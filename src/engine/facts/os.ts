import type { HostFacts } from '../../model/facts.ts';
import type { Mount } from '../../model/host.ts';
import { absPath, isBelow } from '../../model/brand.ts';
import { parseEnvironmentFile } from './unit-file.ts';

/** What an os-release file says; empty strings where it does not. */
export function parseOsRelease(text: string): HostFacts['os'] {
  const all = parseEnvironmentFile(text);
  return { id: all['ID'] ?? '', versionId: all['VERSION_ID'] ?? '', name: all['PRETTY_NAME'] ?? all['NAME'] ?? '' };
}

const IMAGE_SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['nixos', 'NixOS builds /etc from its configuration; set the option there'],
  ['flatcar', 'Flatcar Linux replaces /usr with each update'],
  ['bottlerocket', 'Bottlerocket is changed through its own API'],
  ['talos', 'Talos is changed through its own API'],
  ['cos', 'Container-Optimized OS makes /etc anew at each boot'],
  ['ubuntu-core', 'Ubuntu Core is made of read-only snaps'],
]);

/** Why /etc or /usr cannot be changed for good, or undefined. */
export function imageReason(os: HostFacts['os'], ostreeBooted: boolean, mounts: readonly Mount[]): string | undefined {
  const readOnly = (['/etc', '/usr'] as const).filter((path) => isReadOnly(path, mounts));
  if (ostreeBooted) {
    return 'the system was started from an ostree image; /usr comes from that image';
  }
  return (
    IMAGE_SYSTEMS.get(os.id) ??
    (readOnly.length > 0 ? `${readOnly.join(' and ')} cannot be written: mounted read-only` : undefined)
  );
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
