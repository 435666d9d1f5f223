import { absPath } from '../../model/brand.ts';
import { canonicalJson, type JsonObject } from '../../model/canonical.ts';
import type { FileStat, HostReader } from '../../model/host.ts';
import type { PidFile } from './daemon-start.ts';
import { isObject, strictJson } from './document.ts';

/** Says what the running dockerd was started with, for the time when its file says something else. A reboot takes it away. */
export const START_NOTE = absPath('/run/harden/dockerd-started-with.json');

export const NOTE_SCHEMA = 'urn:harden:daemon-start:1';
export const NOTE_LIMIT = 256 * 1024;

/**
 * What the daemon that wrote `pidFile` found in its file for keys its API does not show; null: nothing. A key that is not named is
 * not known. Undefined without a note that can be trusted and was made for this very daemon: each start makes another pid file.
 */
export function startedWith(pidFile: PidFile | undefined, host: HostReader): JsonObject | undefined {
  if (pidFile === undefined) {
    return undefined;
  }
  const stat = host.stat(START_NOTE);
  if (stat.status !== 'present' || stat.value.type !== 'file' || !isOurs(stat.value, host)) {
    return undefined;
  }
  const bytes = host.read(START_NOTE, NOTE_LIMIT);
  const note = bytes.status === 'present' ? strictJson(new TextDecoder().decode(bytes.value)) : undefined;
  if (!isObject(note) || note['schema'] !== NOTE_SCHEMA || canonicalJson(note['pidFile']) !== canonicalJson(pidFile)) {
    return undefined;
  }
  return isObject(note['settings']) ? note['settings'] : undefined;
}

/** Written by root or by us, and by nobody else. */
export function isOurs({ uid, mode }: FileStat, host: HostReader): boolean {
  return (uid === 0 || uid === host.identity().uid) && (mode & 0o022) === 0;
}
