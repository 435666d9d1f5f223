import type { AbsPath } from './brand.ts';
import type { Json, JsonObject } from './canonical.ts';
import type { HostIdentity, HostKind } from './host.ts';
import type { Evidence, Observed } from './state.ts';

/** What kind of host this is; plain data, read once per run. */
export interface HostFacts {
  readonly hostKind: HostKind;
  readonly identity: HostIdentity;
  readonly os: { readonly id: string; readonly versionId: string; readonly name: string };
  /** `systemd`: it is PID 1 here and answers. `none`: nobody restarts services here (a chroot, a container, a folder). `other`: an init we do not drive. */
  readonly serviceManager: { readonly type: 'systemd' | 'other' | 'none'; readonly reason: string };
  /** Why /etc, or /usr, cannot be changed for good (NixOS, an ostree image, a read-only mount); undefined for a folder that can, and where both can. */
  readonly imageBased: { readonly etc: string | undefined; readonly usr: string | undefined } | undefined;
  readonly engine: EngineFacts;
  readonly audit: AuditFacts;
  readonly subjects: Readonly<Record<SubjectName, Subject>>;
  /** Tools that own daemon.json or the audit rules too (configuration management, security agents), and conflicts between baselines; each a sentence. */
  readonly warnings: readonly string[];
}

export type EngineFlavour =
  'docker-ce' | 'docker.io' | 'other-root' | 'snap' | 'rootless' | 'desktop' | 'podman' | 'none' | 'several';

export interface EngineFacts {
  readonly flavour: EngineFlavour;
  /** Set where this is not a host we change: the sentence to show. */
  readonly refusal: string | undefined;
  readonly running: boolean;
  /** Why the API gave no answer; undefined where it did. */
  readonly unreachable: string | undefined;
  /** Engine version as the API (or, without it, the package database) says, for example `26.1.5`. */
  readonly version: string | undefined;
  readonly containerdVersion: string | undefined;
  readonly runcVersion: string | undefined;
  readonly apiSocket: AbsPath;
  readonly exe: AbsPath | undefined;
  /** The running daemon's arguments without its name; where it is not running, those of the unit's ExecStart with variables resolved. */
  readonly argv: readonly string[];
  readonly argvSource: 'process' | 'unit' | 'none';
  readonly configFile: { readonly path: AbsPath; /** Named by --config-file. */ readonly explicit: boolean };
  readonly service: UnitFacts | undefined;
  readonly socketUnit: UnitFacts | undefined;
  readonly containerdService: UnitFacts | undefined;
  /** Selected members of GET /info and /version; empty where unreachable. Untyped: each reader checks what it takes. */
  readonly info: JsonObject;
  readonly versionInfo: JsonObject;
  /** Of the running daemon (where it is not running: of its unit), the variables it takes settings from: DOCKER_CERT_PATH, DOCKER_CONFIG, HOME. */
  readonly environment?: Readonly<Record<string, string>>;
  /** GET /networks/bridge; null where there is none. */
  readonly bridge: Json;
  readonly dataRoot: AbsPath | undefined;
  readonly containerdRoot: AbsPath | undefined;
  readonly imageStore: 'containerd' | 'graph-driver' | 'unknown';
  readonly storageDriver: string | undefined;
  readonly swarm: 'active' | 'inactive' | 'unknown';
  readonly userNamespaces: boolean;
  /** As GET /containers/json?all=1 says; undefined where unreachable. */
  readonly containers: readonly ContainerFacts[] | undefined;
  readonly imageCount: number | undefined;
  /** Container starts of the last hour, as GET /events says; left out where it was not asked. */
  readonly recentStarts?: number;
  /** Paths of containerd's processes and settings that belong to this engine. */
  readonly containerd: {
    readonly exe: AbsPath | undefined;
    readonly argv: readonly string[];
    readonly managedByDockerd: boolean;
  };
}

export interface UnitFacts {
  readonly name: string;
  readonly loadState: string;
  readonly activeState: string;
  readonly fragmentPath: AbsPath | undefined;
  readonly dropInPaths: readonly AbsPath[];
  /** Whole argument vector of ExecStart with the program first; empty where none. */
  readonly execStart: readonly string[];
  /** True where a drop-in, not the fragment, sets ExecStart. */
  readonly execStartOverridden: boolean;
  /** ListenStream of a socket unit. */
  readonly listen: readonly string[];
  /** UMask as written, for example `0077`; undefined where the unit does not set it. */
  readonly umask?: string | undefined;
  /** SocketGroup and SocketMode of a socket unit as written; undefined where the unit does not set them. */
  readonly socketGroup?: string | undefined;
  readonly socketMode?: string | undefined;
  /** RefuseManualStop=yes: `systemctl stop` and `restart` are refused (auditd on Red Hat). */
  readonly refusesManualStop?: boolean;
  /** The unit's files changed since systemd read them: `systemctl daemon-reload` is due. Undefined where systemd was not asked. */
  readonly needsReload?: boolean | undefined;
}

/**
 * What dockerd does at its start with a container that its end has stopped. `back`: runs again (always, unless-stopped). `unsure`: runs again
 * unless its program ended with 0 (on-failure). `down`: stays as it is. `removed`: deleted with all that was written in it (--rm).
 */
export const AT_RESTART = ['back', 'unsure', 'down', 'removed'] as const;
export type AtRestart = (typeof AT_RESTART)[number];

export interface ContainerFacts {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  readonly networkMode: string;
  readonly publishedPorts: number;
  /** Names of the networks it is attached to, sorted. */
  readonly networks: readonly string[];
  /** Of one that runs; left out where nobody asked, the engine did not answer, or a swarm decides. */
  readonly atRestart?: AtRestart;
}

export interface AuditFacts {
  /** Undefined where audit can be read; else why nothing about it can be said here. */
  readonly unavailable: string | undefined;
  /**
   * `asked`: the rest comes from the running kernel, or `unavailable` says why not. `not-here`: a folder taken as `/` has no kernel; `unavailable` is
   * undefined, `kernelRules` and the status are undefined, the rule files are read: a rule can be put in its file and is active after the next boot.
   * Left out means `asked`.
   */
  readonly kernel?: 'asked' | 'not-here';
  /** User-space version, for example `4.0.2`; from `auditctl -v` or the package database. */
  readonly version: string | undefined;
  /** `enabled` of `auditctl -s`: 0 off, 1 on, 2 locked until the next boot. */
  readonly enabled: 0 | 1 | 2 | undefined;
  /** 0 silent, 1 print, 2 panic. */
  readonly failure: 0 | 1 | 2 | undefined;
  readonly auditdPid: number | undefined;
  readonly lost: number | undefined;
  readonly backlogLimit: number | undefined;
  /** The kernel's rules as `auditctl -l` prints them, one a line; undefined where it could not be asked. */
  readonly kernelRules: readonly string[] | undefined;
  readonly loader: 'augenrules' | 'auditctl -R' | 'unknown';
  readonly rulesDirectory: AbsPath;
  /**
   * Rule files below rules.d with their texts, sorted as augenrules sorts them (version sort), then /etc/audit/audit.rules under its own path where
   * it is there. Links, FIFOs and folders are `unreadable` with that reason; so is rules.d itself, under its own path, where it cannot be listed.
   */
  readonly ruleFiles: readonly { readonly path: AbsPath; readonly text: Observed<string> }[];
  /** auditd.conf: what happens when its disk is full or nearly so; upper case values as written, for example `HALT`. */
  readonly diskActions: Readonly<Record<string, string>>;
}

/** The things remediations speak of; where each is on this host is found from the running daemon, its units and its files. */
export const SUBJECTS = [
  'dockerd-binary',
  'containerd-binary',
  'containerd-shim-binary',
  'containerd-shim-runc-v1-binary',
  'containerd-shim-runc-v2-binary',
  'runc-binary',
  'docker-config-directory',
  'daemon-config-file',
  'docker-service-unit',
  'docker-socket-unit',
  'docker-socket',
  'containerd-socket',
  'containerd-config-file',
  'containerd-state-directory',
  'docker-data-root',
  'etc-default-docker',
  'etc-sysconfig-docker',
  'registry-certificates',
  'registry-keys',
  'tls-ca',
  'tls-certificate',
  'tls-key',
] as const;
export type SubjectName = (typeof SUBJECTS)[number];

/** Where a subject is. `present` paths exist now, are resolved (no links) and sorted; `planned` is where it will be once something creates it. */
export type Subject =
  | { readonly status: 'present'; readonly paths: readonly AbsPath[]; readonly evidence: readonly Evidence[] }
  | {
      readonly status: 'absent';
      readonly reason: string;
      readonly planned: AbsPath | undefined;
      readonly evidence: readonly Evidence[];
    }
  | { readonly status: 'unreadable'; readonly reason: string };
