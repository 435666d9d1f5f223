import type { AbsPath } from '../../model/brand.ts';
import { canonicalJson, digestOfBytes, type Json, type JsonObject } from '../../model/canonical.ts';
import type { FileStat, HostReader } from '../../model/host.ts';
import { START_NOTE } from '../../model/own-file.ts';
import type { PidFile } from './daemon-start.ts';
import { DOCUMENT_LIMIT, isObject, strictJson } from './document.ts';

export const NOTE_SCHEMA = 'urn:harden:daemon-start:1';
export const NOTE_LIMIT = 256 * 1024;

/** How long after the note dockerd may write its pid file, and how long after that our last write of its file may come. */
const NEXT_START_WITHIN_NS = 600_000_000_000n;

/** What is noted of the daemon that runs. */
export interface NotedStart {
  /** What it found in its file for keys its API does not show; null: nothing. A key that is not named is not known. */
  readonly settings: JsonObject;
  /** False where it only holds as long as the file is as the run left it that restarted the daemon. */
  readonly lasting: boolean;
}

/**
 * Undefined without a note that can be trusted and was made for the very daemon that wrote `pidFile`: each start makes another one.
 * A note made before a restart cannot name that file yet. It names the content `file` ends with, and counts for the first start
 * after it while the file is as it says: then nobody but that run wrote it since.
 */
export function startedWith(pidFile: PidFile | undefined, file: AbsPath, host: HostReader): NotedStart | undefined {
  if (pidFile === undefined) {
    return undefined;
  }
  const stat = host.stat(START_NOTE);
  if (stat.status !== 'present' || stat.value.type !== 'file' || !isOurs(stat.value, host)) {
    return undefined;
  }
  const bytes = host.read(START_NOTE, NOTE_LIMIT);
  const note = bytes.status === 'present' ? strictJson(new TextDecoder().decode(bytes.value)) : undefined;
  if (!isObject(note) || note['schema'] !== NOTE_SCHEMA || !isObject(note['settings'])) {
    return undefined;
  }
  const lasting = canonicalJson(note['pidFile'] ?? null) === canonicalJson(pidFile);
  return lasting || isNextStart(note['endsWith'], { noted: stat.value, pidFile, file, host })
    ? { settings: note['settings'], lasting }
    : undefined;
}

interface NextStart {
  readonly noted: FileStat;
  readonly pidFile: PidFile;
  readonly file: AbsPath;
  readonly host: HostReader;
}

function isNextStart(endsWith: Json | undefined, { noted, pidFile, file, host }: NextStart): boolean {
  const stat = host.stat(file);
  const bytes = typeof endsWith === 'string' ? host.read(file, DOCUMENT_LIMIT) : undefined;
  if (stat.status !== 'present' || bytes?.status !== 'present' || digestOfBytes(bytes.value) !== endsWith) {
    return false;
  }
  const started = BigInt(pidFile.mtimeNs);
  return isSoonAfter(started, BigInt(noted.mtimeNs)) && isSoonAfter(BigInt(stat.value.mtimeNs), started);
}

function isSoonAfter(later: bigint, earlier: bigint): boolean {
  return later >= earlier && later - earlier <= NEXT_START_WITHIN_NS;
}

/** Written by root or by us, and by nobody else. */
export function isOurs({ uid, mode }: FileStat, host: HostReader): boolean {
  return (uid === 0 || uid === host.identity().uid) && (mode & 0o022) === 0;
}
