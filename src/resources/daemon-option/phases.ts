import type { JsonObject } from '../../model/canonical.ts';
import { parseText } from './document.ts';
import { editText, type KeyEdit } from './edit.ts';
import { knowledgeOf, standardValue } from './keys.ts';

/** One content of the file and what the daemon is told afterwards. `text` undefined: no file. */
export interface Phase {
  readonly text: string | undefined;
  readonly action: 'none' | 'reload' | 'restart';
}

/** A way from one content of daemon.json to another. */
export interface Passage {
  /** Undefined: no file. Else an object or white space. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The most that may be done to the daemon. */
  readonly action: Phase['action'];
  readonly engineVersion: string | undefined;
  /** False where live-restore is a flag or a swarm excludes it: then the file cannot carry containers over a restart. */
  readonly mayBridge: boolean;
  /** Whether the daemon runs with live-restore now; undefined where only the file can tell. */
  readonly liveRestoreNow: boolean | undefined;
}

/**
 * The contents to write, in order, the last of which is `to`. Containers are carried over a restart wherever live-restore is on
 * before or after it: switched on by a reload before, or switched off by a reload afterwards. A reload keeps the running value of
 * some keys that are no longer in the file, so such a key is first said with its default, then taken out.
 */
export function phasesFor(passage: Passage): readonly Phase[] {
  const { from, to, action } = passage;
  if (action === 'none') {
    return [{ text: to, action }];
  }
  return action === 'reload'
    ? reloadPhases(passage)
    : restartPhases(passage, passage.liveRestoreNow ?? liveRestoreIn(from), liveRestoreIn(to));
}

function reloadPhases({ from, to, engineVersion }: Passage): readonly Phase[] {
  const before = membersOf(from);
  const after = membersOf(to);
  const vanished = Object.keys(before).filter((key) => !Object.hasOwn(after, key) && knowledgeOf(key)?.sticky === true);
  if (vanished.length === 0) {
    return [{ text: to, action: 'reload' }];
  }
  const said: readonly KeyEdit[] = vanished.map((key) => ({ key, set: standardValue(key, engineVersion) }));
  return [
    { text: editText(to ?? '', said), action: 'reload' },
    { text: to, action: 'none' },
  ];
}

function restartPhases(passage: Passage, before: boolean, after: boolean): readonly Phase[] {
  const { from, to, mayBridge } = passage;
  if (!mayBridge || before === after) {
    return [{ text: to, action: 'restart' }];
  }
  if (after) {
    return [
      { text: withLiveRestore(from), action: 'reload' },
      { text: to, action: 'restart' },
    ];
  }
  const off: Phase = { text: editText(to ?? '', [{ key: 'live-restore', set: false }]), action: 'reload' };
  return [
    { text: withLiveRestore(to), action: 'restart' },
    off,
    ...(off.text === to ? [] : [{ text: to, action: 'none' as const }]),
  ];
}

/** The same content, with live-restore on. */
export function withLiveRestore(text: string | undefined): string | undefined {
  return liveRestoreIn(text) ? text : editText(text ?? '', [{ key: 'live-restore', set: true }]);
}

function liveRestoreIn(text: string | undefined): boolean {
  return membersOf(text)['live-restore'] === true;
}

function membersOf(text: string | undefined): JsonObject {
  const document = parseText(text ?? '');
  return document.status === 'object' ? document.value : {};
}
