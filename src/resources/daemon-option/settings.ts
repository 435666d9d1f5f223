import type { Json, JsonObject } from '../../model/canonical.ts';
import type { DaemonDocument } from './document.ts';
import type { KeyEdit } from './edit.ts';
import type { FlagUse } from './flags.ts';

/** What file (after `edits`) and flags say together; keys that neither names, or the file as null, are left out. */
export function settingsTogether(
  document: DaemonDocument,
  flags: ReadonlyMap<string, FlagUse>,
  edits: readonly KeyEdit[],
): JsonObject {
  const settings = new Map<string, Json>(document.status === 'object' ? Object.entries(document.value) : []);
  for (const edit of edits) {
    if ('set' in edit) {
      settings.set(edit.key, edit.set);
    } else {
      settings.delete(edit.key);
    }
  }
  for (const use of flags.values()) {
    settings.set(use.key, use.value);
  }
  return Object.fromEntries([...settings].filter(([, value]) => value !== null));
}
