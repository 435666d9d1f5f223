import { type AbsPath, absPath, cleanPath, joinPath } from '../../model/brand.ts';
import { byCodeUnit } from '../../model/canonical.ts';
import type { HostFacts, Subject, SubjectName } from '../../model/facts.ts';
import type { FileType, HostReader } from '../../model/host.ts';
import { absent, type Evidence } from '../../model/state.ts';
import { binaryPlaces } from './binaries.ts';
import type { ContainerdPlaces } from './containerd.ts';
import { certificateFolder, type DaemonSources, execRootOf, type Said, saidPath, tlsIsOn } from './daemon-settings.ts';
import type { DaemonStart } from './engine.ts';
import { canonical } from './reading.ts';
import { ownDropIns, type UnitName, type Units } from './units.ts';

export interface SubjectParts {
  readonly start: DaemonStart;
  readonly units: Units;
  readonly containerd: ContainerdPlaces;
  readonly dataRoot: Said<AbsPath>;
  /** True where images lie in containerd's root. */
  readonly imagesInContainerd: boolean;
  /** Programs of the runtimes of GET /info or daemon.json, as written: a path or a bare name. */
  readonly runtimes: readonly Said<string>[];
}

/** A path something may be at, and how that is known. */
type Place = Said<AbsPath>;

/** Where everything is that remediations speak of. */
export function findSubjects(host: HostReader, parts: SubjectParts): HostFacts['subjects'] {
  const { start, containerd, units } = parts;
  const found = (places: readonly Place[], reason: string, planned?: AbsPath): Subject =>
    subjectAt(host, { places, reason, planned });
  const config = configPlace(start);
  return {
    ...binarySubjects(host, parts),
    ...etcSubjects(host),
    'daemon-config-file': found([config], `${config.value} is not there`, canonical(host, config.value)),
    'docker-service-unit': unitSubject(host, units, 'docker.service'),
    'docker-socket-unit': unitSubject(host, units, 'docker.socket'),
    'docker-socket': socketSubject(host, start),
    'containerd-socket': found(
      [containerd.socket, { ...containerd.socket, value: absPath(`${containerd.socket.value}.ttrpc`) }],
      `there is no socket at ${containerd.socket.value}`,
      canonical(host, containerd.socket.value),
    ),
    'containerd-config-file': found(
      configFilesOf(containerd),
      'there is no configuration file of containerd: it runs with its defaults',
    ),
    'containerd-state-directory': found(
      statePlaces(parts),
      `${containerd.state.value} is not there`,
      canonical(host, containerd.state.value),
    ),
    'docker-data-root': found(
      parts.imagesInContainerd ? [parts.dataRoot, containerd.root] : [parts.dataRoot],
      `${parts.dataRoot.value} is not there: the engine never ran`,
      parts.dataRoot.value,
    ),
    'tls-ca': tlsSubject(host, start, { option: 'tlscacert', file: 'ca.pem' }),
    'tls-certificate': tlsSubject(host, start, { option: 'tlscert', file: 'cert.pem' }),
    'tls-key': tlsSubject(host, start, { option: 'tlskey', file: 'key.pem' }),
  };
}

type BinaryName = Extract<SubjectName, `${string}-binary`>;

function binarySubjects(host: HostReader, parts: SubjectParts): Readonly<Record<BinaryName, Subject>> {
  const { start, containerd, units } = parts;
  const program = (places: readonly Place[], name: string): Subject =>
    subjectAt(host, { places, reason: `there is no ${name} in the folders for programs`, planned: undefined });
  const beside = (...names: readonly string[]): Subject =>
    program(binaryPlaces(names, [containerd.exe]), names[0] ?? '');
  const dockerd = binaryPlaces(['dockerd'], [start.process?.exe, units.get('docker.service')?.facts.execStart[0]]);
  return {
    'dockerd-binary': program(dockerd, 'dockerd'),
    'containerd-binary': beside('containerd', 'docker-containerd'),
    'containerd-shim-binary': beside('containerd-shim', 'docker-containerd-shim'),
    'containerd-shim-runc-v1-binary': beside('containerd-shim-runc-v1'),
    'containerd-shim-runc-v2-binary': beside('containerd-shim-runc-v2'),
    'runc-binary': program(runtimePlaces(parts), 'runc'),
  };
}

type EtcName =
  'docker-config-directory' | 'etc-default-docker' | 'etc-sysconfig-docker' | 'registry-certificates' | 'registry-keys';

/** Things with one place on every host. */
function etcSubjects(host: HostReader): Readonly<Record<EtcName, Subject>> {
  const at = (path: string, ...more: readonly string[]): Subject =>
    subjectAt(host, {
      places: [path, ...more].map((one) => ({ value: absPath(one), source: 'file system', read: 'path' })),
      reason: `${path} is not there`,
      planned: undefined,
    });
  const folder = at('/etc/docker');
  return {
    'docker-config-directory': folder.status === 'absent' ? { ...folder, planned: absPath('/etc/docker') } : folder,
    'etc-default-docker': at('/etc/default/docker'),
    'etc-sysconfig-docker': at(
      '/etc/sysconfig/docker',
      '/etc/sysconfig/docker-storage',
      '/etc/sysconfig/docker-network',
    ),
    'registry-certificates': registrySubject(host, /\.(?:crt|cert)$/, 'certificates'),
    'registry-keys': registrySubject(host, /\.key$/, 'client keys'),
  };
}

interface Candidates {
  readonly places: readonly Place[];
  /** Why nothing is there, where nothing is. */
  readonly reason: string;
  readonly planned: AbsPath | undefined;
}

/** What is there of the places, resolved. One that cannot be looked at makes the whole unreadable: a part is not the answer. */
function subjectAt(host: HostReader, { places, reason, planned }: Candidates): Subject {
  const looked = places.map((place) => ({ place, real: host.realPath(place.value) }));
  const hidden = looked.flatMap(({ real }) => (real.status === 'unreadable' ? [real.reason] : []))[0];
  if (hidden !== undefined) {
    return { status: 'unreadable', reason: hidden };
  }
  const paths = new Map<AbsPath, Evidence>();
  for (const { place, real } of looked) {
    if (real.status === 'present' && !paths.has(real.value)) {
      paths.set(real.value, evidenceOf(place, real.value));
    }
  }
  if (paths.size === 0) {
    return { status: 'absent', reason, planned, evidence: places.map((place) => evidenceOf(place, null)) };
  }
  const sorted = [...paths.entries()].sort(([a], [b]) => byCodeUnit(a, b));
  return { status: 'present', paths: sorted.map(([path]) => path), evidence: sorted.map(([, evidence]) => evidence) };
}

function evidenceOf({ value, source, read }: Place, real: AbsPath | null): Evidence {
  return { source, read: value === real ? read : `${read} ${value}`, value: real };
}

/** A bare name is looked for where programs are. */
function runtimePlaces({ runtimes, containerd }: SubjectParts): readonly Place[] {
  const named = runtimes.flatMap(({ value, source, read }): readonly Place[] => {
    const path = cleanPath(value);
    return path === undefined
      ? /^[\w-][\w.-]*$/.test(value)
        ? binaryPlaces([value], [])
        : []
      : [{ value: path, source, read }];
  });
  return [...named, ...binaryPlaces(['runc', 'docker-runc'], [containerd.exe])];
}

/** The file dockerd makes anew below /run at each start is no configuration; what it is made from is. */
function configFilesOf({ managedByDockerd, configFile }: ContainerdPlaces): readonly Place[] {
  const usual: Place = { value: absPath('/etc/containerd/config.toml'), source: 'file system', read: 'path' };
  return managedByDockerd || configFile.value === usual.value ? [usual] : [configFile, usual];
}

/** Shims keep their sockets below /run/containerd, whoever starts containerd. */
function statePlaces({ containerd, start }: SubjectParts): readonly Place[] {
  const own = joinPath(execRootOf(start), 'containerd');
  const managed: readonly Place[] = containerd.managedByDockerd
    ? [{ value: own, source: 'dockerd', read: 'folder of the containerd it starts' }]
    : [];
  const shims: readonly Place[] = [
    { value: absPath('/run/containerd'), source: 'containerd', read: 'folder of its shims' },
  ];
  return containerd.managedByDockerd ? [...managed, ...shims] : [containerd.state, ...shims];
}

function configPlace(start: DaemonStart): Place {
  return start.explicitConfig
    ? { value: start.filePath, source: 'dockerd command line', read: '--config-file' }
    : { value: start.filePath, source: 'dockerd', read: 'default of --config-file' };
}

/** The fragment and the drop-ins that are this unit's own: each can change all of it. */
function unitSubject(host: HostReader, units: Units, name: UnitName): Subject {
  const unit = units.get(name)?.facts;
  const source = unit?.needsReload === undefined ? 'unit files' : `systemctl show ${name}`;
  const fragment = unit?.fragmentPath === undefined ? [] : [{ value: unit.fragmentPath, source, read: 'FragmentPath' }];
  const dropIns = (unit === undefined ? [] : ownDropIns(unit)).map((value) => ({ value, source, read: 'DropInPaths' }));
  const masked = unit?.loadState === 'masked';
  return subjectAt(host, {
    places: [...fragment, ...dropIns],
    reason: masked ? `${name} is masked` : `there is no ${name}`,
    planned: undefined,
  });
}

function socketSubject(host: HostReader, start: DaemonStart): Subject {
  const first = start.sockets[0];
  const reason =
    first === undefined ? 'the engine listens at no unix socket' : `there is no socket at ${start.apiSocket}`;
  return subjectAt(host, { places: start.sockets, reason, planned: first === undefined ? undefined : start.apiSocket });
}

/** One level below the folders of hosts, as dockerd reads them. A folder that cannot be listed may hide some. */
function registrySubject(host: HostReader, ending: RegExp, what: string): Subject {
  const top = absPath('/etc/docker/certs.d');
  const folders = host.list(top);
  const lists = (folders.status === 'present' ? folders.value : []).map((name) => ({
    folder: joinPath(top, name),
    files: isKind(host, joinPath(top, name), 'directory') ? host.list(joinPath(top, name)) : absent,
  }));
  const hidden = [folders, ...lists.map(({ files }) => files)].find((list) => list.status === 'unreadable');
  if (hidden !== undefined) {
    return hidden;
  }
  const places = lists.flatMap(({ folder, files }) =>
    (files.status === 'present' ? files.value : [])
      .filter((name) => ending.test(name) && isKind(host, joinPath(folder, name), 'file'))
      .map((name) => ({ value: joinPath(folder, name), source: folder, read: name })),
  );
  return subjectAt(host, { places, reason: `there are no ${what} below ${top}`, planned: undefined });
}

/** With links resolved. */
function isKind(host: HostReader, path: AbsPath, type: FileType): boolean {
  const real = host.realPath(path);
  const stat = real.status === 'present' ? host.stat(real.value) : real;
  return stat.status === 'present' && stat.value.type === type;
}

/** The file the flag or key names; without one, that of the default folder, and only while TLS is on. */
function tlsSubject(
  host: HostReader,
  sources: DaemonSources,
  { option, file }: { readonly option: string; readonly file: string },
): Subject {
  if (!tlsIsOn(sources)) {
    return {
      status: 'absent',
      reason: 'TLS is not switched on',
      planned: undefined,
      evidence: [{ source: 'dockerd', read: 'tls, tlsverify', value: null }],
    };
  }
  const folder = certificateFolder(sources);
  const place = saidPath(sources, option) ?? { ...folder, value: joinPath(folder.value, file) };
  return subjectAt(host, { places: [place], reason: `${place.value} is not there`, planned: undefined });
}
