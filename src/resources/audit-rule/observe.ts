import { type AbsPath, cleanPath, isBelow, parentPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { FileStat, HostReader, Mount } from '../../model/host.ts';
import { absent, type Observed, present } from '../../model/state.ts';
import type { AssessContext } from '../resource-type.ts';
import { parseListed } from './listing.ts';
import { FOLDERS_FILE, neededRunFolders } from './ours.ts';
import { parseLine } from './parse.ts';
import { canonicalOf, type PathState } from './paths.ts';
import type { AuditTarget } from './targets.ts';

/** What else must be known of the host to judge the rules of its facts for one place; plain data. */
export interface AuditRuleState {
  readonly kind: 'file' | 'directory';
  /** Of every path that a rule names, in the kernel or in a file. */
  readonly paths: Readonly<Record<string, PathState>>;
  readonly mountPoints: readonly AbsPath[];
  readonly fsType: string | undefined;
  /** Folders below /run that must be there before the rule is loaded, outermost first. */
  readonly runFolders: readonly (Pick<FileStat, 'mode' | 'uid' | 'gid'> & { readonly path: AbsPath })[];
  readonly rulesFolderThere: boolean;
  readonly tmpfilesFolderThere: boolean;
}

export function observe(
  target: AuditTarget,
  context: AssessContext,
  host: HostReader,
): Promise<Observed<AuditRuleState>> {
  return Promise.resolve(observed(target, context, host));
}

function observed(target: AuditTarget, { facts }: AssessContext, host: HostReader): Observed<AuditRuleState> {
  const stat = host.stat(target.path);
  if (stat.status === 'unreadable') {
    return stat;
  }
  if (stat.status === 'absent' && !target.planned) {
    return absent;
  }
  const folder = stat.status === 'present' ? stat.value.type === 'directory' : target.folder;
  const kind = folder ? 'directory' : 'file';
  const mounts = host.mounts();
  return present({
    kind,
    paths: pathsOf(facts, host),
    // Unknown mounts: only a rule for this very place is sure to reach it.
    mountPoints: mounts.status === 'present' ? separating(mounts.value) : [target.path],
    fsType: mounts.status === 'present' ? holder(mounts.value, target.path)?.fsType : undefined,
    runFolders: neededRunFolders({ path: target.path, kind }).flatMap((path) => {
      const one = host.stat(path);
      return one.status === 'present' ? [{ path, mode: one.value.mode, uid: one.value.uid, gid: one.value.gid }] : [];
    }),
    rulesFolderThere: isFolder(host, facts.audit.rulesDirectory),
    tmpfilesFolderThere: isFolder(host, parentPath(FOLDERS_FILE)),
  });
}

const known = new WeakMap<HostFacts, Readonly<Record<string, PathState>>>();

/** One look at each path for all places of a run: facts are read once a run, and the paths come from them. */
function pathsOf(facts: HostFacts, host: HostReader): Readonly<Record<string, PathState>> {
  const before = known.get(facts);
  if (before !== undefined) {
    return before;
  }
  const states = Object.fromEntries([...pathsInRules(facts)].map((raw) => [raw, pathState(raw, host)]));
  known.set(facts, states);
  return states;
}

function pathsInRules({ audit }: HostFacts): ReadonlySet<string> {
  const inKernel = (audit.kernelRules ?? []).map(parseListed);
  const inFiles = audit.ruleFiles.flatMap(({ text }) =>
    text.status === 'present' ? text.value.split(/\r?\n/).map((line) => ruleOf(parseLine(line))) : [],
  );
  return new Set([...inKernel, ...inFiles].flatMap((rule) => (rule?.where === undefined ? [] : [rule.where.path])));
}

function ruleOf(line: ReturnType<typeof parseLine>): ReturnType<typeof parseListed> {
  return line.type === 'rule' || line.type === 'delete' ? line.rule : undefined;
}

function pathState(raw: string, host: HostReader): PathState {
  const clean = cleanPath(raw);
  if (clean === undefined) {
    return { canonical: undefined, kind: 'unknown', parentThere: true };
  }
  const real = host.realPath(clean);
  const canonical = canonicalOf(raw, (path) => {
    const answer = host.realPath(path);
    return answer.status === 'present' ? answer.value : undefined;
  });
  return { canonical, kind: kindOf(real, host), parentThere: host.realPath(parentPath(clean)).status !== 'absent' };
}

/** Links are followed: auditctl looks at a path with stat. */
function kindOf(real: Observed<AbsPath>, host: HostReader): PathState['kind'] {
  if (real.status !== 'present') {
    return real.status === 'absent' ? 'absent' : 'unknown';
  }
  const stat = host.stat(real.value);
  return stat.status !== 'present' ? 'unknown' : stat.value.type === 'directory' ? 'directory' : 'other';
}

function isFolder(host: HostReader, path: AbsPath): boolean {
  const stat = host.stat(path);
  return stat.status === 'present' && stat.value.type === 'directory';
}

/**
 * Where a recursive rule may end. Mounts made before the rule was loaded are covered, later ones are not, and which came first nobody
 * can tell; a folder mounted onto itself is covered either way, since the kernel looks for the rule along the folders of the file system.
 */
function separating(mounts: readonly Mount[]): readonly AbsPath[] {
  return mounts.filter(({ ontoItself }) => ontoItself !== true).map(({ mountPoint }) => mountPoint);
}

/** The last mount at the longest mount point above the path: what a lookup sees. */
function holder(mounts: readonly Mount[], path: AbsPath): Mount | undefined {
  return mounts
    .filter((mount) => isBelow(path, mount.mountPoint))
    .reduce<Mount | undefined>(
      (best, mount) => (best === undefined || mount.mountPoint.length >= best.mountPoint.length ? mount : best),
      undefined,
    );
}
