import type { Mount } from '../../model/host.ts';
import type { Evidence } from '../../model/state.ts';
import type { DataRoot, Judge, ReportState } from './state.ts';

/** Containers do not work with these on the file system that holds their files. */
const CONFLICTING = ['nodev', 'noexec', 'nosuid'];

/** Each folder with engine data has to be a mount point itself: a file system of its own further up is shared with others. */
export const judgeDataRootMount: Judge = (state, { manual, facts }) => {
  const { dataRoots } = state;
  if (facts.engine.dataRoot === undefined) {
    return { verdict: 'not-checked', reason: 'where the engine keeps its data is not known', evidence: [] };
  }
  const evidence = dataRoots.flatMap((root) => evidenceOf(root, state));
  const shared = dataRoots.filter((root) => ownMount(root, state) === undefined);
  const conflicts = dataRoots.flatMap((root) => conflictsOf(root, state));
  if (shared.length === 0 && conflicts.length === 0) {
    return { verdict: 'pass', evidence };
  }
  const sharing = shared.map(({ lookedAt }) => `${lookedAt} is not a file system of its own`);
  const steps =
    shared.length > 0 ? manual : ['Take these options out of /etc/fstab and mount it anew in a maintenance window'];
  return { verdict: 'manual', reason: [...sharing, ...conflicts].join('; '), evidence, steps };
};

/** dockerd mounts its folder onto itself where the mount around it is private; that counts for nothing here. */
function ownMount(root: DataRoot, { mounts }: ReportState): Mount | undefined {
  return root.sameDevice ? undefined : mounts.findLast(({ mountPoint }) => mountPoint === root.lookedAt);
}

function conflictsOf(root: DataRoot, state: ReportState): readonly string[] {
  const options = ownMount(root, state)?.options.filter((option) => CONFLICTING.includes(option)) ?? [];
  return options.length === 0
    ? []
    : [`${root.lookedAt} is mounted with ${options.join(', ')}, which keeps programs in containers from working`];
}

function evidenceOf(root: DataRoot, state: ReportState): readonly Evidence[] {
  const mount = ownMount(root, state);
  const value = mount === undefined ? null : `${mount.fsType} on ${mount.source}`;
  return [
    { source: root.source, read: root.read, value: root.path },
    { source: '/proc/self/mountinfo', read: `file system of its own at ${root.lookedAt}`, value },
  ];
}
