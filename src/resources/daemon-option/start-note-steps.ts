import { parentPath } from '../../model/brand.ts';
import { canonicalJson, digestOfBytes, type JsonObject } from '../../model/canonical.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import { START_NOTE } from '../../model/own-file.ts';
import type { StepInput } from '../../model/transaction.ts';
import { startWitness } from './daemon-start.ts';
import { type DaemonDocument, parseDocument } from './document.ts';
import { SETTABLE_KEYS, shownByApi } from './keys.ts';
import { masked } from './mask.ts';
import { findFile, type FoundFile, isYounger } from './observe.ts';
import { isOurs, NOTE_LIMIT, NOTE_SCHEMA, startedWith } from './start-note.ts';

/**
 * `steps`, led by one that leaves the note, where a daemon will go on running with settings that its file, written after its start, does
 * not tell: the one that runs now, or the one that the last restart among them starts. A note that holds is never written again: the file
 * may not be what the daemon was started with any more.
 */
export function withStartNote(steps: readonly StepInput[], facts: HostFacts, host: HostReader): readonly StepInput[] {
  const writes = steps.some(({ kind }) => kind === 'write-file' || kind === 'remove-file');
  if (!writes || (facts.hostKind !== 'live' && facts.hostKind !== 'simulated')) {
    return steps;
  }
  const found = findFile(facts.engine.configFile.path, host);
  if (found.status !== 'present') {
    return steps;
  }
  const restart = steps.findLastIndex((step) => step.kind === 'activate' && step.activation.action === 'restart');
  const note =
    restart < 0 ? noteOfThisStart(found.value, facts, host) : noteOfNextStart(steps, restart, found.value, facts);
  return note === undefined ? steps : [...noteSteps({ schema: NOTE_SCHEMA, ...note }, host), ...steps];
}

function noteOfThisStart(found: FoundFile, facts: HostFacts, host: HostReader): JsonObject | undefined {
  const { document, writtenNs, file } = found;
  const pidFile = startWitness(facts, document, host);
  if (pidFile === undefined) {
    return undefined;
  }
  const noted = startedWith(pidFile, file, host);
  if (noted !== undefined) {
    return noted.lasting ? undefined : { pidFile: { ...pidFile }, settings: noted.settings };
  }
  return document.status === 'invalid' || isYounger(writtenNs, BigInt(pidFile.mtimeNs)) !== false
    ? undefined
    : { pidFile: { ...pidFile }, settings: settingsNotShown(document, facts) };
}

/** Undefined where the file is not written after that restart, or gets its old time back then. */
function noteOfNextStart(
  steps: readonly StepInput[],
  restart: number,
  { file, document }: FoundFile,
  facts: HostFacts,
): JsonObject | undefined {
  const isOnFile = (step: StepInput): boolean => 'path' in step && step.path === file;
  const last = steps.slice(restart).findLast(isOnFile);
  if (last?.kind !== 'write-file' || last.restoreFrom !== undefined) {
    return undefined;
  }
  const before = steps.slice(0, restart).findLast(isOnFile);
  const started = before?.kind === 'write-file' ? parseDocument(before.content) : document;
  return started.status === 'invalid' || before?.kind === 'remove-file'
    ? undefined
    : { endsWith: digestOfBytes(last.content), settings: settingsNotShown(started, facts) };
}

/** Values that hold something secret are left out, so nothing is known of them later. */
function settingsNotShown(document: DaemonDocument, { engine }: HostFacts): JsonObject {
  const members = document.status === 'object' ? document.value : {};
  const open = SETTABLE_KEYS.filter((key) => !shownByApi(key, engine.version)).map(
    (key) => [key, members[key] ?? null] as const,
  );
  return Object.fromEntries(open.filter(([key, value]) => canonicalJson(masked(key, value)) === canonicalJson(value)));
}

/** None where something stands in the way that no transaction would write over: the note is a help, not a need. */
function noteSteps(note: JsonObject, host: HostReader): readonly StepInput[] {
  const folder = parentPath(START_NOTE);
  const place = host.stat(folder);
  const there = host.stat(START_NOTE);
  const content = new TextEncoder().encode(`${JSON.stringify(note, undefined, 2)}\n`);
  const write = { kind: 'write-file', path: START_NOTE, content, access: { mode: 0o600, uid: 0, gid: 0 } } as const;
  if (place.status === 'absent') {
    return host.stat(parentPath(folder)).status === 'present'
      ? [
          { kind: 'make-directory', path: folder, access: { mode: 0o700, uid: 0, gid: 0 } },
          { ...write, expected: null },
        ]
      : [];
  }
  if (place.status !== 'present' || place.value.type !== 'directory' || !isOurs(place.value, host)) {
    return [];
  }
  if (there.status === 'absent') {
    return [{ ...write, expected: null }];
  }
  const old = host.read(START_NOTE, NOTE_LIMIT);
  const replaceable = there.status === 'present' && there.value.type === 'file' && there.value.nlink === 1;
  return replaceable && old.status === 'present' ? [{ ...write, expected: digestOfBytes(old.value) }] : [];
}
