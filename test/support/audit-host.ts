import { type AbsPath, absPath } from '../../src/model/brand.ts';
import type { AuditFacts, HostFacts, Subject, SubjectName } from '../../src/model/facts.ts';
import { SUBJECTS } from '../../src/model/facts.ts';
import type { FileStat, FileType, HostReader, Mount } from '../../src/model/host.ts';
import { absent, type Observed, present } from '../../src/model/state.ts';

/** A small host in memory for tests of audit rules: folders end in `/`, links are `path -> target`, all else is a file with that text. */
export interface AuditHost {
  readonly tree?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly mounts?: readonly (readonly [string, string])[];
  readonly machine?: string;
  readonly audit?: Partial<AuditFacts>;
  readonly rules?: Readonly<Record<string, string | Observed<string>>>;
  readonly subjects?: Readonly<Partial<Record<SubjectName, string | Subject>>>;
  readonly recentStarts?: number;
}

const FOLDERS = [
  '/',
  '/etc/',
  '/etc/audit/',
  '/etc/audit/rules.d/',
  '/etc/tmpfiles.d/',
  '/usr/',
  '/usr/bin/',
  '/var/',
  '/run/',
];

export function auditFacts(setting: AuditHost = {}): HostFacts {
  const missing: Subject = { status: 'absent', reason: 'not on this host', planned: undefined, evidence: [] };
  const subjects = Object.fromEntries(SUBJECTS.map((name) => [name, subjectOf(setting.subjects?.[name]) ?? missing]));
  const ruleFiles = Object.entries(setting.rules ?? {}).map(([path, text]) => ({
    path: absPath(path),
    text: typeof text === 'string' ? present(text) : text,
  }));
  return {
    hostKind: 'live',
    identity: {
      hostname: 'h',
      machineId: '',
      kernelRelease: '6.1',
      machine: setting.machine ?? 'x86_64',
      bootId: 'b',
      uid: 0,
      capabilities: ['audit_control'],
      inContainer: false,
    },
    os: { id: 'debian', versionId: '12', name: 'Debian' },
    serviceManager: { type: 'systemd', reason: '' },
    imageBased: undefined,
    engine: engineFacts(setting.recentStarts),
    audit: {
      unavailable: undefined,
      version: '3.0.9',
      enabled: 1,
      failure: 1,
      auditdPid: 10,
      lost: 0,
      backlogLimit: 8192,
      kernelRules: [],
      loader: 'augenrules',
      rulesDirectory: absPath('/etc/audit/rules.d'),
      ruleFiles,
      diskActions: {},
      ...setting.audit,
    },
    subjects: subjects as HostFacts['subjects'],
    warnings: [],
  };
}

export function auditReader(setting: AuditHost = {}): HostReader {
  const entries = new Map<string, string>([
    ...FOLDERS.map((path) => [path, ''] as const),
    ...Object.entries(setting.tree ?? {}),
    ...ruleTexts(setting),
  ]);
  const links = new Map(Object.entries(setting.links ?? {}));
  const stat = (path: AbsPath): Observed<FileStat> => {
    if (links.has(path)) {
      return present(statOf('symlink'));
    }
    return entries.has(path === '/' ? '/' : `${path}/`)
      ? present(statOf('directory'))
      : entries.has(path)
        ? present(statOf('file'))
        : absent;
  };
  return {
    kind: 'live',
    identity: () => auditFacts(setting).identity,
    stat,
    read: (path) => {
      const text = entries.get(path);
      return text === undefined ? absent : present(Buffer.from(text));
    },
    list: () => absent,
    realPath: (path) => resolved(path, links, stat),
    attributes: () => Promise.resolve(new Map()),
    mounts: () =>
      present(
        (setting.mounts ?? [['/', 'ext4']]).map(([mountPoint, fsType]): Mount => ({
          mountPoint: absPath(mountPoint),
          fsType,
          source: 'x',
          options: [],
        })),
      ),
    processes: () => present([]),
    query: () => Promise.resolve({ type: 'not-found' }),
    docker: () => Promise.resolve({ type: 'unreachable', reason: 'none', code: 'absent' }),
  };
}

function subjectOf(subject: string | Subject | undefined): Subject | undefined {
  return typeof subject === 'string' ? { status: 'present', paths: [absPath(subject)], evidence: [] } : subject;
}

function ruleTexts(setting: AuditHost): readonly (readonly [string, string])[] {
  return Object.entries(setting.rules ?? {}).flatMap(([path, text]) =>
    typeof text === 'string' ? [[path, text] as const] : [],
  );
}

function resolved(
  path: AbsPath,
  links: ReadonlyMap<string, string>,
  stat: (path: AbsPath) => Observed<FileStat>,
): Observed<AbsPath> {
  let done = '';
  for (const part of path.split('/').filter((one) => one !== '')) {
    const next = `${done}/${part}`;
    done = links.get(next) ?? next;
    if (stat(absPath(done)).status !== 'present') {
      return absent;
    }
  }
  return present(absPath(done === '' ? '/' : done));
}

function statOf(type: FileType): FileStat {
  const mode = type === 'directory' ? 0o711 : 0o644;
  return { type, mode, uid: 0, gid: 0, size: 0, nlink: 1, dev: '1', ino: '1', mtimeNs: '0', ctimeNs: '0' };
}

function engineFacts(recentStarts: number | undefined): HostFacts['engine'] {
  return {
    flavour: 'docker.io',
    refusal: undefined,
    running: true,
    unreachable: undefined,
    version: '20.10.24',
    containerdVersion: undefined,
    runcVersion: undefined,
    apiSocket: absPath('/run/docker.sock'),
    exe: undefined,
    argv: [],
    argvSource: 'none',
    configFile: { path: absPath('/etc/docker/daemon.json'), explicit: false },
    service: undefined,
    socketUnit: undefined,
    containerdService: undefined,
    info: {},
    versionInfo: {},
    bridge: null,
    dataRoot: undefined,
    containerdRoot: undefined,
    imageStore: 'graph-driver',
    storageDriver: undefined,
    swarm: 'inactive',
    userNamespaces: false,
    containers: [],
    imageCount: 0,
    ...(recentStarts === undefined ? {} : { recentStarts }),
    containerd: { exe: undefined, argv: [], managedByDockerd: false },
  };
}
