import type { AbsPath } from '../../model/brand.ts';
import type { Json, JsonObject } from '../../model/canonical.ts';
import type { FileType } from '../../model/host.ts';
import type { DaemonDocument } from './document.ts';

/** What was read from the host for one key. */
export interface OptionState {
  /** Where the settings are; links resolved, since that is what gets written. */
  readonly file: AbsPath;
  /** Set where the configured path is a link. */
  readonly linkedFrom: AbsPath | undefined;
  readonly document: DaemonDocument;
  /**
   * Whether the file's content is younger than the running daemon. Undefined where that cannot be told (no daemon, no pid file
   * of it and no boot time).
   */
  readonly youngerThanDaemon: boolean | undefined;
  /** What a note says the running daemon was started with, null for what its file did not say; undefined without a valid note. */
  readonly startedWith: JsonObject | undefined;
  /** Userland proxies run now. */
  readonly proxyRunning: boolean;
  readonly surroundings: Surroundings;
}

/** Things outside of daemon.json that decide whether the daemon starts with a value. Empty for keys that need none of it. */
export interface Surroundings {
  readonly bridgeFilter: BridgeFilter;
  /** `install MODULE /bin/false` and the like, for modules dockerd needs: module and file. */
  readonly blockedModules: readonly { readonly module: string; readonly file: AbsPath }[];
  /** Files named by the wanted or the present value, as found. */
  readonly files: ReadonlyMap<string, NamedFile>;
  /** Authorization plugins that gave an answer just now. */
  readonly answeringPlugins: readonly string[];
  /** Sockets of local loggers that exist. */
  readonly localLoggers: readonly string[];
  readonly userNamespace: UserNamespaceFiles | undefined;
  /** There are traces of a swarm below the data root. */
  readonly swarmOnDisk: boolean;
}

export type BridgeFilter = 'loaded' | 'loadable' | 'blocked' | 'missing' | 'unknown';

export interface NamedFile {
  readonly found: 'absent' | 'unreadable' | FileType;
  readonly uid: number;
  readonly mode: number;
  /** Parsed content, undefined where it is not JSON. */
  readonly json: Json | undefined;
}

export interface UserNamespaceFiles {
  readonly passwd: string;
  readonly subuid: string;
  readonly subgid: string;
  /** Folders on the way to the data root that others may not pass. */
  readonly closedFolders: readonly AbsPath[];
}
