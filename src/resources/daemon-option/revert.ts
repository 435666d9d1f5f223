import { type AbsPath, type ResourceAddress, parentPath } from '../../model/brand.ts';
import { digestOfBytes, type Json, type JsonObject } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { Known } from '../../model/state.ts';
import type { FileImage, StepInput, Trouble } from '../../model/transaction.ts';
import type { Reversal, SnapshotFiles } from '../resource-type.ts';
import { impactOf } from './activation.ts';
import { actionOf, type Content, contentOf, editsOf, stepsBetween } from './change.ts';
import { type DaemonDocument, parseDocument } from './document.ts';
import { editText, type KeyEdit } from './edit.ts';
import { sameJson } from './effective.ts';
import { findFile, type FoundFile } from './observe.ts';
import { withStartNote } from './start-note-steps.ts';

type Kept = Trouble & { readonly address: ResourceAddress };

/** What is known of the file: before the apply, after it, and now. */
interface Versions {
  readonly file: AbsPath;
  readonly before: {
    readonly image: Known<FileImage>;
    readonly bytes: Uint8Array | undefined;
    readonly members: JsonObject;
  };
  readonly after: { readonly image: Known<FileImage>; readonly members: JsonObject };
  readonly now: FoundFile;
}

/** Where the way back ends, for the changes that can be taken back. */
interface Goal {
  readonly to: Content;
  readonly edits: readonly KeyEdit[];
  readonly kept: readonly Kept[];
  readonly already: readonly ResourceAddress[];
  /** The very bytes from before, so that metadata can be put back too. */
  readonly original: boolean;
}

/**
 * Takes changes back: to the very bytes from before where the file is still as the apply left it, else key by key, leaving alone
 * what somebody else changed since. A file that the apply created goes away when nothing else is in it.
 */
export async function revertOptions(
  changes: readonly Change[],
  snapshot: SnapshotFiles,
  facts: HostFacts,
  host: HostReader,
): Promise<Reversal> {
  const activations = changes.filter((change) => change.op === 'activate').map((change) => change.address);
  const writes = changes.filter((change) => change.op !== 'activate');
  const parts: Reversal[] = [];
  for (const file of new Set(
    writes.flatMap((change) => (change.target.type === 'daemon-option' ? [change.target.file] : [])),
  )) {
    const own = writes.filter((change) => change.target.type === 'daemon-option' && change.target.file === file);
    parts.push(revertFile(file, own, snapshot, { facts, host }));
  }
  return Promise.resolve({
    steps: withStartNote(
      parts.flatMap((part) => part.steps),
      facts,
      host,
    ),
    undoPhases: parts.flatMap((part) => part.undoPhases),
    kept: parts.flatMap((part) => part.kept),
    already: [...activations, ...parts.flatMap((part) => part.already)],
  });
}

function revertFile(
  file: AbsPath,
  changes: readonly Change[],
  snapshot: SnapshotFiles,
  { facts, host }: { readonly facts: HostFacts; readonly host: HostReader },
): Reversal {
  const found = findFile(file, host);
  const beforeImage = snapshot.before(file);
  const afterImage = snapshot.after(file);
  if (found.status !== 'present') {
    return nothingButKept(changes, found.status === 'unreadable' ? found.reason : 'it could not be looked at');
  }
  if (beforeImage === undefined || afterImage === undefined) {
    return nothingButKept(changes, `the snapshot does not hold ${file}`);
  }
  const bytes = bytesOf(beforeImage, snapshot);
  const before = { image: beforeImage, bytes, members: membersOf(parseDocument(bytes)) };
  const after = { image: afterImage, members: membersOf(parseDocument(bytesOf(afterImage, snapshot))) };
  const versions: Versions = { file, before, after, now: found.value };
  const goal = goalOf(changes, versions, facts);
  if (goal.edits.length === 0) {
    return { steps: [], undoPhases: [], kept: goal.kept, already: goal.already };
  }
  const impacts = changes.map((change) => (change.impact === 'none' ? 'none' : impactOf(keyOf(change), facts)));
  const work = stepsBetween(file, contentOf(found.value), goal.to, { action: actionOf(impacts), facts });
  const steps = goal.original ? withMetadata(work.steps, versions, snapshot, host) : work.steps;
  const folder = goal.to.bytes === undefined ? createdFolder(file, snapshot) : [];
  return { steps: [...steps, ...folder], undoPhases: work.undoPhases, kept: goal.kept, already: goal.already };
}

function goalOf(changes: readonly Change[], versions: Versions, facts: HostFacts): Goal {
  const { before, after, now } = versions;
  const edits = changes.flatMap((change) => editsOf(change).map(({ key }) => ({ key, address: change.address })));
  if (sameBytes(now, before.image)) {
    return {
      to: contentOf(now),
      edits: [],
      kept: [],
      already: changes.map((change) => change.address),
      original: true,
    };
  }
  const all = new Set(edits.map(({ key }) => key));
  const differing = [...new Set([...Object.keys(before.members), ...Object.keys(after.members)])].filter(
    (key) => !same(before.members[key], after.members[key]),
  );
  if (sameBytes(now, after.image) && differing.every((key) => all.has(key)) && !mustStay(versions, facts)) {
    const undo = edits.map(({ key }) => backTo(key, before.members[key]));
    return {
      to: { text: textOf(parseDocument(before.bytes)), bytes: before.bytes },
      edits: undo,
      kept: [],
      already: [],
      original: true,
    };
  }
  return keyByKey(edits, versions, facts);
}

/** A file named by --config-file has to exist, so it is emptied instead of removed. */
function mustStay({ before }: Versions, facts: HostFacts): boolean {
  return before.bytes === undefined && facts.engine.configFile.explicit;
}

function keyByKey(
  edits: readonly { readonly key: string; readonly address: ResourceAddress }[],
  versions: Versions,
  facts: HostFacts,
): Goal {
  const { before, after, now, file } = versions;
  if (now.document.status === 'invalid' || (now.document.status === 'object' && now.document.duplicates.length > 0)) {
    const reason = 'the file was changed since and cannot be edited as it is';
    return {
      to: contentOf(now),
      edits: [],
      kept: edits.map(({ key, address }) => ({ what: `${key} in ${file}`, reason, address })),
      already: [],
      original: false,
    };
  }
  const present = membersOf(now.document);
  const judged = edits.map(({ key, address }) => {
    const state = same(present[key], after.members[key])
      ? 'ours'
      : same(present[key], before.members[key])
        ? 'back'
        : 'theirs';
    return { key, address, state };
  });
  // Keys that were written together go back together or stay.
  const withState = (state: (typeof judged)[number]['state']): ReadonlySet<ResourceAddress> =>
    new Set(judged.filter((one) => one.state === state).map(({ address }) => address));
  const [theirs, ours] = [withState('theirs'), withState('ours')];
  const undo = judged
    .filter(({ state, address }) => state === 'ours' && !theirs.has(address))
    .map(({ key }) => backTo(key, before.members[key]));
  const text = undo.length === 0 ? (textOf(now.document) ?? '') : editText(textOf(now.document) ?? '', undo);
  const empty = Object.keys(membersOf(parseDocument(new TextEncoder().encode(text)))).length === 0;
  const gone = empty && before.bytes === undefined && !mustStay(versions, facts);
  return {
    to: gone ? { text: undefined, bytes: undefined } : { text, bytes: new TextEncoder().encode(text) },
    edits: undo,
    kept: judged
      .filter(({ state }) => state === 'theirs')
      .map(({ key, address }) => ({ what: `${key} in ${file}`, reason: 'changed by somebody else since', address })),
    already: [...withState('back')].filter((address) => !theirs.has(address) && !ours.has(address)),
    original: false,
  };
}

/** The last write puts back metadata and times too, unless the present access differs: then somebody else's step is in charge of it. */
function withMetadata(
  steps: readonly StepInput[],
  { file, before }: Versions,
  snapshot: SnapshotFiles,
  host: HostReader,
): readonly StepInput[] {
  const stat = host.stat(file);
  const image = before.image;
  const last = steps.findLastIndex((step) => step.kind === 'write-file');
  if (image.status !== 'present' || stat.status !== 'present') {
    return steps;
  }
  const { mode, uid, gid, sha256 } = image.value;
  if (stat.value.mode !== mode || stat.value.uid !== uid || stat.value.gid !== gid) {
    return steps;
  }
  return steps.map((step, index) =>
    index === last && step.kind === 'write-file'
      ? { ...step, restoreFrom: { snapshot: snapshot.id, blob: sha256 } }
      : step,
  );
}

/** The folder goes too where the apply made it; the step leaves a folder that is in use. */
function createdFolder(file: AbsPath, snapshot: SnapshotFiles): readonly StepInput[] {
  const folder = parentPath(file);
  return snapshot.before(folder)?.status === 'absent' ? [{ kind: 'remove-directory', path: folder }] : [];
}

function nothingButKept(changes: readonly Change[], reason: string): Reversal {
  return {
    steps: [],
    undoPhases: [],
    kept: changes.map((change) => ({ what: change.title, reason, address: change.address })),
    already: [],
  };
}

function backTo(key: string, value: Json | undefined): KeyEdit {
  return value === undefined ? { key, remove: true } : { key, set: value };
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameJson(a, b);
}

function sameBytes(now: FoundFile, image: Known<FileImage>): boolean {
  return now.bytes === undefined
    ? image.status === 'absent' && now.document.status === 'absent'
    : image.status === 'present' && digestOfBytes(now.bytes) === image.value.sha256;
}

function bytesOf(image: Known<FileImage>, snapshot: SnapshotFiles): Uint8Array | undefined {
  return image.status === 'present' ? snapshot.bytes(image.value.sha256) : undefined;
}

function membersOf(document: DaemonDocument): JsonObject {
  return document.status === 'object' ? document.value : {};
}

function textOf(document: DaemonDocument): string | undefined {
  return document.status === 'object' || document.status === 'empty' ? document.text : undefined;
}

function keyOf(change: Change): string {
  return change.target.type === 'daemon-option' ? change.target.key : '';
}
