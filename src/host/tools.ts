import { realpathSync, statSync } from 'node:fs';
import { type AbsPath, absPath, joinPath, parentPath } from '../model/brand.ts';
import type { CommandOutcome, Tool } from '../model/host.ts';
import { errnoOf } from './errno.ts';

/** Programs this folder starts by itself, besides those the model names. */
export type KnownTool =
  | Tool
  | 'systemd-run'
  | 'systemd-analyze'
  | 'wall'
  | 'ls'
  | 'lsattr'
  | 'cp'
  | 'flock'
  | 'getfattr'
  | 'journalctl'
  | 'tar'
  | 'ssh-keygen'
  | 'logger';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map(absPath);

/** All that a program we start gets to see: nothing of our caller's environment reaches it. */
export const CLEAN_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: FOLDERS.join(':'),
  LC_ALL: 'C.UTF-8',
};

/** What is not `found` is the outcome of a command that was never started. */
export type ToolLookup =
  { readonly type: 'found'; readonly path: AbsPath } | Extract<CommandOutcome, { type: 'not-found' | 'not-started' }>;

/**
 * The program of that name in the fixed folders; with `exe` that very file.
 * Only a file that nobody but root can replace or change, down from `/`, is trusted; another one is `not-started`.
 */
export function findTool(tool: KnownTool, exe?: AbsPath): ToolLookup {
  const candidates = exe === undefined ? FOLDERS.map((folder) => joinPath(folder, tool)) : [exe];
  let refused: ToolLookup = { type: 'not-found' };
  for (const candidate of candidates) {
    const found = examine(candidate);
    if (found.type === 'found') {
      return found;
    }
    refused = refused.type === 'not-started' ? refused : found;
  }
  return refused;
}

/** Why a program named by its path is not one that only root can change; undefined where all is well. */
export function distrusted(program: AbsPath): string | undefined {
  const found = examine(program);
  switch (found.type) {
    case 'found':
      return undefined;
    case 'not-found':
      return `${program} is not there`;
    case 'not-started':
      return found.reason;
  }
}

function examine(candidate: AbsPath): ToolLookup {
  try {
    const path = absPath(realpathSync.native(candidate));
    const reason = whyUnsafe(path);
    return reason === undefined
      ? { type: 'found', path: candidate }
      : { type: 'not-started', reason: `${candidate} was not run: ${reason}` };
  } catch (error) {
    const code = errnoOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { type: 'not-found' }
      : { type: 'not-started', reason: `${candidate} was not run: it cannot be looked at (${code})` };
  }
}

/** Why the file, or a folder above it, is not safe to run as root; undefined where all is well. `path` has no links in it. */
export function whyUnsafe(path: AbsPath, executable = true): string | undefined {
  const file = statSync(path);
  if (!file.isFile()) {
    return 'it is not a regular file';
  }
  if (executable && (file.mode & 0o111) === 0) {
    return 'it is not executable';
  }
  for (let at = path; ; at = parentPath(at)) {
    const { uid, gid, mode } = statSync(at);
    if (uid !== 0) {
      return `${at} does not belong to root`;
    }
    if ((mode & 0o002) !== 0 || (gid !== 0 && (mode & 0o020) !== 0)) {
      return `${at} is writable by others than root`;
    }
    if (at === '/') {
      return undefined;
    }
  }
}
