import type { AbsPath } from '../../model/brand.ts';
import { byCodeUnit, type Json, type JsonObject } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import { SOCKET_KEYS } from '../common/socket-settings.ts';
import type { WantedSettings } from './socket-unit.ts';

/** The part of an access a change is about. */
export interface PartOfAccess {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** All changes of one path as one. */
export interface PlannedAccess {
  readonly path: AbsPath;
  readonly changes: readonly Change[];
  readonly before: PartOfAccess;
  readonly after: PartOfAccess;
}

/** Folders before what is in them. Of several modes only the bits stay that all of them allow. */
export function plannedByPath(changes: readonly Change[]): readonly PlannedAccess[] {
  const paths = [...new Set(changes.flatMap(({ target }) => (target.type === 'file-access' ? [target.path] : [])))];
  return paths.sort(byDepth).map((path) => {
    const own = changes.filter(({ target }) => target.type === 'file-access' && target.path === path);
    return {
      path,
      changes: own,
      before: together(own.map(({ before }) => partOf(before))),
      after: together(own.map(({ after }) => partOf(after))),
    };
  });
}

export interface PlannedSettings {
  readonly file: AbsPath;
  readonly changes: readonly Change[];
  readonly settings: WantedSettings;
  /** The folder was not there before. */
  readonly madeFolder: boolean;
}

/** The settings all changes want in one drop-in. */
export function settingsByFile(changes: readonly Change[]): readonly PlannedSettings[] {
  const files = changes.flatMap(({ target }) =>
    target.type === 'file-access' && target.durable !== undefined ? [target.durable.file] : [],
  );
  return [...new Set(files)].sort(byCodeUnit).map((file) => {
    const own = changes.filter(({ target }) => target.type === 'file-access' && target.durable?.file === file);
    return {
      file,
      changes: own,
      settings: Object.assign({}, ...own.map(({ after }) => settingsOf(after))) as WantedSettings,
      madeFolder: own.some(({ before }) => memberOf(before, 'folder') === 'absent'),
    };
  });
}

/** What a change says of an access, before or after it. */
export function partOf(state: Json): PartOfAccess {
  const mode = memberOf(state, 'mode');
  const uid = memberOf(state, 'uid');
  const gid = memberOf(state, 'gid');
  return {
    ...(typeof mode === 'string' && /^[0-7]{4}$/.test(mode) ? { mode: Number.parseInt(mode, 8) } : {}),
    ...(typeof uid === 'number' ? { uid } : {}),
    ...(typeof gid === 'number' ? { gid } : {}),
  };
}

function together(parts: readonly PartOfAccess[]): PartOfAccess {
  return parts.reduce<PartOfAccess>((all, part) => {
    const mode = all.mode !== undefined && part.mode !== undefined ? { mode: all.mode & part.mode } : {};
    return { ...all, ...part, ...mode };
  }, {});
}

function settingsOf(after: Json): WantedSettings {
  return Object.fromEntries(
    SOCKET_KEYS.flatMap((key) => {
      const value = memberOf(after, key);
      return typeof value === 'string' ? [[key, value]] : [];
    }),
  );
}

function memberOf(state: Json, name: string): Json | undefined {
  return typeof state === 'object' && state !== null && !Array.isArray(state) ? (state as JsonObject)[name] : undefined;
}

function byDepth(a: AbsPath, b: AbsPath): number {
  return a.split('/').length - b.split('/').length || byCodeUnit(a, b);
}
