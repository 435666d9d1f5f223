import { type AbsPath, absPath, isBelow, parentPath } from '../../model/brand.ts';
import type { FileStat } from '../../model/host.ts';
import { archesOf } from './covers.ts';
import { isBelowRun } from './paths.ts';
import { type AuditRule, normalPermissions, normalRule } from './rule.ts';
import { isAtLeast } from './version.ts';

/** The key of the benchmark, so that `ausearch -k docker` finds all. */
export const OUR_KEY = 'docker';

const RULES_FILE = absPath('/etc/audit/rules.d/50-harden-docker.rules');
/** Rules for places below /run: loaded last, because a place that is missing ends the loading. */
export const RUN_RULES_FILE = absPath('/etc/audit/rules.d/89-harden-docker-run.rules');
/** Makes the folders below /run that the rules of the second file need, before they are loaded. */
export const FOLDERS_FILE = absPath('/etc/tmpfiles.d/harden-docker.conf');

/** First line of a file that we create. */
export function headerOf(file: AbsPath): string {
  return file === FOLDERS_FILE
    ? '# Kept by harden: folders that audit rules in 89-harden-docker-run.rules need when they are loaded'
    : '## Kept by harden: audit rules of the Docker host; "harden rollback" takes them out again';
}

export interface Wanted {
  readonly path: AbsPath;
  readonly kind: 'file' | 'directory';
  readonly permissions: string;
}

/** The rules we write. Watches before audit 4; from then on one rule for each ABI, but not where that auditctl cannot expand `perm=` (before 4.0.4, other than x86). */
export function rulesFor(wanted: Wanted, machine: string, version: string | undefined): readonly AuditRule[] {
  const bare = {
    list: 'exit',
    action: 'always',
    syscalls: 'all',
    permissions: normalPermissions(wanted.permissions),
    fields: [],
    comparisons: [],
    keys: [OUR_KEY],
  } as const;
  if (!writesModernForm(machine, version)) {
    return [normalRule({ ...bare, arch: undefined, where: { form: 'watch', path: wanted.path } })];
  }
  const form = wanted.kind === 'directory' ? 'dir' : 'path';
  return archesOf(machine).map((arch) => normalRule({ ...bare, arch, where: { form, path: wanted.path } }));
}

function writesModernForm(machine: string, version: string | undefined): boolean {
  const x86 = machine === 'x86_64' || /^i[3-6]86$/.test(machine);
  return isAtLeast(version, x86 ? [4, 0, 0] : [4, 0, 4]);
}

export function fileFor(path: AbsPath): AbsPath {
  return isBelowRun(path) ? RUN_RULES_FILE : RULES_FILE;
}

/** Folders below /run, outermost first, without which the kernel does not take a rule for the place. */
export function neededRunFolders({ path, kind }: Pick<Wanted, 'path' | 'kind'>): readonly AbsPath[] {
  const folders: AbsPath[] = [];
  for (let folder = kind === 'directory' ? path : parentPath(path); isBelowRun(folder); folder = parentPath(folder)) {
    folders.unshift(folder);
  }
  return folders;
}

/** A line of tmpfiles.d that makes the folder as it is now. */
export function folderLine(path: AbsPath, { mode, uid, gid }: Pick<FileStat, 'mode' | 'uid' | 'gid'>): string {
  const escaped = path
    .replaceAll('%', '%%')
    .replaceAll(/[\s\\"']/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `d ${escaped} ${mode.toString(8).padStart(4, '0')} ${uid} ${gid} -`;
}

/** True for a file of rules.d that augenrules joins before ours. */
export function loadsBeforeOurs(file: AbsPath, order: readonly AbsPath[], ours: AbsPath): boolean {
  const known = order.indexOf(ours);
  if (known !== -1) {
    return order.indexOf(file) < known;
  }
  return (
    !isBelow(file, ours) &&
    Number.parseInt(file.slice(file.lastIndexOf('/') + 1), 10) <=
      Number.parseInt(ours.slice(ours.lastIndexOf('/') + 1), 10)
  );
}
