import type { AbsPath } from '../../model/brand.ts';
import type { Permission } from './rule.ts';

/** What must be recorded: accesses of these kinds to the entry at `path`, with all below it where `recursive`. */
export interface Place {
  readonly path: AbsPath;
  readonly recursive: boolean;
  readonly permissions: readonly Permission[];
  readonly machine: string;
  /** Type of the file system that holds `path`, as /proc/self/mountinfo says; undefined where not known. */
  readonly fsType: string | undefined;
  /** Every mount point of the host. */
  readonly mountPoints: readonly AbsPath[];
}
