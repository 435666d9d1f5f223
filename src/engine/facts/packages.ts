/** Packages of Debian's kind whose version or presence facts need. */
const PACKAGES = [
  'auditd',
  'docker.io',
  'docker-ce',
  'moby-engine',
  'containerd',
  'containerd.io',
  'runc',
  'podman-docker',
] as const;
const DAEMON_JSON = '/etc/docker/daemon.json';
export type PackageName = (typeof PACKAGES)[number];

export interface InstalledPackages {
  readonly versions: ReadonlyMap<PackageName, string>;
  /** daemon.json is a configuration file of this package. */
  readonly daemonJsonOwner: string | undefined;
}

/** Reads /var/lib/dpkg/status: only entries that are wholly installed count. */
export function parseDpkgStatus(status: Uint8Array): InstalledPackages {
  const bytes = Buffer.from(status.buffer, status.byteOffset, status.byteLength);
  return {
    versions: new Map(PACKAGES.flatMap((name) => versionIn(bytes, name).map((version) => [name, version] as const))),
    daemonJsonOwner: ownerOf(bytes, DAEMON_JSON),
  };
}

/** The entries of /var/lib/dpkg/status that `parseDpkgStatus` looks at; all a recording needs of it. */
export function lookedAtEntries(status: string): string {
  const wanted = new Set<string>(PACKAGES);
  const entries = status
    .split('\n\n')
    .filter((entry) => wanted.has(/^Package: (.*)$/m.exec(entry)?.[1] ?? '') || entry.includes(`\n ${DAEMON_JSON} `));
  return entries.map((entry) => `${entry.trimEnd()}\n\n`).join('');
}

/**
 * The upstream part of a version as packages, the Engine API and `auditctl -v` write it: `1:4.0.2-2+deb13u1` is `4.0.2`,
 * `v2.1.5` is `2.1.5`, `1.0.0~rc93+ds1` is `1.0.0-rc93`. Undefined where there is none.
 */
export function upstreamVersion(raw: string | undefined): string | undefined {
  const [, numbers, pre] = /(?:^|[:v ])(\d+(?:\.\d+)+)(?:[-~.]?((?:rc|beta|alpha)[.\d]*))?/.exec(raw ?? '') ?? [];
  return numbers === undefined || pre === undefined ? numbers : `${numbers}-${pre}`;
}

function versionIn(bytes: Buffer, name: PackageName): readonly string[] {
  const entry = entryAround(
    bytes,
    bytes.subarray(0, 9 + name.length).toString() === `Package: ${name}` ? 0 : bytes.indexOf(`\nPackage: ${name}\n`),
  );
  const version = /^Version: (.*)$/m.exec(entry)?.[1];
  return version !== undefined && /^Status: \S+ \S+ installed$/m.test(entry) ? [version] : [];
}

function ownerOf(bytes: Buffer, path: string): string | undefined {
  const entry = entryAround(bytes, bytes.indexOf(`\n ${path} `));
  return /^Package: (.*)$/m.exec(entry)?.[1];
}

/** The entry of which `at` is a part; the empty string for -1. */
function entryAround(bytes: Buffer, at: number): string {
  if (at === -1) {
    return '';
  }
  const start = at === 0 ? -1 : bytes.lastIndexOf('\n\n', at);
  const end = bytes.indexOf('\n\n', at + 1);
  return bytes.subarray(start === -1 ? 0 : start, end === -1 ? bytes.length : end).toString();
}
