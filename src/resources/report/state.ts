import type { AbsPath } from '../../model/brand.ts';
import type { Mount } from '../../model/host.ts';
import type { ReportSubject } from '../../model/remediation.ts';
import type { Comparison } from '../../model/change.ts';
import type { AssessContext } from '../resource-type.ts';
import type { Accounts } from '../common/accounts.ts';
import type { DaemonSources } from '../common/daemon-sources.ts';
import type { SocketGroup } from '../common/socket-group.ts';

/** A folder with the engine's data, and the path it is looked for at among the mounts. */
export interface DataRoot {
  readonly path: AbsPath;
  readonly source: string;
  readonly read: string;
  /** With user namespaces the folder that holds all of them. All links resolved. */
  readonly lookedAt: AbsPath;
  /** On the same device as the folder around it: a mount of the folder onto itself is no file system of its own. */
  readonly sameDevice: boolean;
}

/** A socket as it is now; undefined where it is not there. */
export interface SocketGid {
  readonly path: AbsPath;
  readonly gid: number;
}

export interface ReportState {
  readonly sources: DaemonSources;
  readonly mounts: readonly Mount[];
  readonly dataRoots: readonly DataRoot[];
  readonly sockets: readonly SocketGid[];
  readonly configuredGroup: SocketGroup;
  readonly accounts: Accounts;
}

/** Judges one subject. Pure; never proposes a change. */
export type Judge = (
  state: ReportState,
  context: AssessContext,
) => Exclude<Comparison, { readonly verdict: 'fail' | 'error' }>;
export type Judges = Readonly<Record<ReportSubject, Judge>>;
