import type { AbsPath } from './brand.ts';
import type { Json } from './canonical.ts';
import type { Observed } from './state.ts';

/** `live`: this machine. `root`: a folder taken as `/` (an image, a chroot). `recorded`: a file of answers. `simulated`: a recording one can write to. */
export type HostKind = 'live' | 'root' | 'recorded' | 'simulated';

export type FileType = 'file' | 'directory' | 'symlink' | 'socket' | 'fifo' | 'character-device' | 'block-device';

/** As `lstat` says. `mode` is the twelve permission bits; times are decimal nanoseconds since the epoch. */
export interface FileStat {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly dev: string;
  readonly ino: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

/** What `lstat` does not say. `flags` are lsattr letters; null where the file system or a missing tool cannot tell. */
export interface FileAttributes {
  readonly flags: string | null;
  readonly hasAcl: boolean | null;
}

export interface Mount {
  readonly mountPoint: AbsPath;
  readonly fsType: string;
  readonly source: string;
  /** Per-mount and super-block options together, sorted. */
  readonly options: readonly string[];
  /** A folder mounted onto itself, as dockerd does with its data root: the same files under the same name. Absent: not, or not known. */
  readonly ontoItself?: true | undefined;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly name: string;
  /** Target of /proc/PID/exe, as seen in this root; absent where it cannot be read. */
  readonly exe: Observed<AbsPath>;
  readonly argv: readonly string[];
  readonly uid: number;
  /** Clock ticks since boot: tells a restarted daemon from the one seen before. */
  readonly startTicks: string;
  /** Environment variables asked for by name, where they are set and readable. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A non-zero exit is an answer. */
export type CommandOutcome =
  | { readonly type: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly type: 'killed'; readonly signal: string; readonly stdout: string; readonly stderr: string }
  | { readonly type: 'timed-out'; readonly afterMs: number }
  | { readonly type: 'not-found' }
  | { readonly type: 'not-started'; readonly reason: string };

/** Programs are named, never given by path from outside: the host finds them in fixed system folders. */
export type Tool = 'auditctl' | 'systemctl' | 'dockerd';
/** The only questions that may be asked of another program; each is read-only. */
export type Query =
  | { readonly tool: 'auditctl'; readonly args: readonly ['-l'] | readonly ['-s'] | readonly ['-v'] }
  | { readonly tool: 'systemctl'; readonly args: readonly ['show', ...string[]] };

export type ApiOutcome =
  | { readonly type: 'answered'; readonly status: number; readonly body: Json }
  | {
      readonly type: 'unreachable';
      readonly reason: string;
      readonly code: 'absent' | 'refused' | 'denied' | 'timed-out' | 'other';
    };

/** Who and where this process is. */
export interface HostIdentity {
  readonly hostname: string;
  /** /etc/machine-id, or the empty string. */
  readonly machineId: string;
  readonly kernelRelease: string;
  /** As `uname -m`. */
  readonly machine: string;
  readonly bootId: string;
  /** Effective uid of this process. */
  readonly uid: number;
  /** Effective capabilities of this process, lower case without `cap_`, sorted. */
  readonly capabilities: readonly string[];
  /** True where this process is not in the machine's first pid namespace (a container). */
  readonly inContainer: boolean;
}

/**
 * The machine, to be read. Nothing that holds only this type can change anything.
 * Paths are those of the host's own root. Reads are bounded: a larger file is `unreadable` with that reason.
 */
export interface HostReader {
  readonly kind: HostKind;
  identity(): HostIdentity;
  /** `lstat`: a link is reported as a link. */
  stat(path: AbsPath): Observed<FileStat>;
  /** Contents of a regular file, links followed inside the root; a FIFO, device or directory is `unreadable`. At most `limit` bytes (default 1 MiB). */
  read(path: AbsPath, limit?: number): Observed<Uint8Array>;
  /** Names in a directory, sorted. */
  list(path: AbsPath): Observed<readonly string[]>;
  /** The path with every link resolved inside the root. */
  realPath(path: AbsPath): Observed<AbsPath>;
  /** One process per call at most two: ask for all paths together. */
  attributes(paths: readonly AbsPath[]): Promise<ReadonlyMap<AbsPath, FileAttributes>>;
  mounts(): Observed<readonly Mount[]>;
  /** Processes of these names that have the same root directory as we have. `environment`: names of variables to read. */
  processes(names: readonly string[], environment: readonly string[]): Observed<readonly ProcessInfo[]>;
  query(query: Query): Promise<CommandOutcome>;
  /** GET `path` of the Engine API behind a unix socket, within 5 s. */
  docker(socket: AbsPath, path: string): Promise<ApiOutcome>;
}

/** Commands that change something, or that run a program with a file of ours. */
export type Command =
  | { readonly tool: 'auditctl'; readonly args: readonly string[] }
  | { readonly tool: 'systemctl'; readonly args: readonly string[] }
  | { readonly tool: 'dockerd'; readonly exe: AbsPath; readonly args: readonly ['--validate', ...string[]] };
