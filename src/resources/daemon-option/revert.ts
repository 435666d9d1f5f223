import { type AbsPath, type ResourceAddress, type Sha256, parentPath } from '../../model/brand.ts';
import { digestOfBytes, type Json, type JsonObject } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { SnapshotFiles, StepInput } from '../../model/transaction.ts';
import type { AppliedSnapshot, KeptChange, Reversal } from '../resource-type.ts';
import { impactOf } from './activation.ts';
import { actionOf, type Content, contentOf, editsOf, stepsBetween } from './change.ts';
import { type DaemonDocument, parseDocument } from './document.ts';
import { editText, type KeyEdit } from './edit.ts';
import { laterOwner, same, valueBefore } from '../common/lineage.ts';
import {
  digestIn,
  type Generation,
  lineageOf,
  makerOf,
  membersOf,
  type PastContent,
  spelledBefore,
} from './lineage.ts';
import { findFile, type FoundFile } from './observe.ts';
import { withStartNote } from './start-note-steps.ts';

/** What is known of the file: this run among all that wrote it, and how it is now. */
interface Versions {
  readonly file: AbsPath;
  readonly run: Generation;
  readonly lineage: readonly Generation[];
  readonly now: FoundFile;
}

/** Where the way back ends, for the changes that can be taken back. */
interface Goal {
  readonly to: Content;
  readonly edits: readonly KeyEdit[];
  readonly kept: readonly KeptChange[];
  readonly already: readonly ResourceAddress[];
  /** Whose saved content these very bytes are, so that metadata can be put back too. */
  readonly original: { readonly files: SnapshotFiles; readonly content: PastContent } | undefined;
}

/**
 * Takes changes back key by key, leaving alone what somebody else changed since, and to the very bytes from before where nobody else
 * wrote the file meanwhile: also when applies are taken back in another order than they were made. A file that an apply created goes
 * away when nothing else is in it.
 */
export async function revertOptions(
  changes: readonly Change[],
  snapshot: AppliedSnapshot,
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
  snapshot: AppliedSnapshot,
  { facts, host }: { readonly facts: HostFacts; readonly host: HostReader },
): Reversal {
  const found = findFile(file, host);
  if (found.status !== 'present') {
    return nothingButKept(changes, found.status === 'unreadable' ? found.reason : 'it could not be looked at');
  }
  const lineage = lineageOf(file, snapshot, (change) => editsOf(change).map(({ key }) => key));
  const run = lineage.find(({ files }) => files.id === snapshot.id);
  if (run === undefined) {
    return nothingButKept(changes, `the snapshot does not hold ${file}`);
  }
  const versions: Versions = { file, run, lineage, now: found.value };
  const goal = goalOf(changes, versions, facts);
  if (same(digestOf(goal.to.bytes), digestOf(found.value.bytes))) {
    return { steps: [], undoPhases: [], kept: goal.kept, already: goal.already };
  }
  // Other spelling of the same members is nothing to dockerd.
  const impacts =
    goal.edits.length === 0
      ? []
      : changes.map((change) => (change.impact === 'none' ? 'none' : impactOf(keyOf(change), facts)));
  const work = stepsBetween(file, contentOf(found.value), goal.to, { action: actionOf(impacts), facts });
  const steps = goal.original === undefined ? work.steps : withMetadata(work.steps, file, goal.original, host);
  const folder = goal.to.bytes === undefined ? createdFolder(file, lineage) : [];
  return { steps: [...steps, ...folder], undoPhases: work.undoPhases, kept: goal.kept, already: goal.already };
}

function goalOf(changes: readonly Change[], versions: Versions, facts: HostFacts): Goal {
  const { now, file } = versions;
  const edits = changes.flatMap((change) => editsOf(change).map(({ key }) => ({ key, address: change.address })));
  const none = { to: contentOf(now), edits: [], original: undefined };
  if (now.document.status === 'invalid' || (now.document.status === 'object' && now.document.duplicates.length > 0)) {
    const reason = 'the file was changed since and cannot be edited as it is';
    const kept = edits.map(({ key, address }) => ({ what: `${key} in ${file}`, reason, address }));
    return { ...none, kept, already: [] };
  }
  const judged = edits.map((edit) => ({ ...edit, ...stateOf(edit.key, versions) }));
  // Keys that were written together go back together or stay.
  const withState = (state: KeyState['state']): ReadonlySet<ResourceAddress> =>
    new Set(judged.filter((one) => one.state === state).map(({ address }) => address));
  const [theirs, ours] = [withState('theirs'), withState('ours')];
  const undo = judged
    .filter(({ state, address }) => state === 'ours' && !theirs.has(address))
    .map(({ key, goal }) => backTo(key, goal));
  const kept = judged
    .filter(({ state }) => state === 'theirs')
    .map(({ key, address, whose, until }): KeptChange => {
      const kept = { what: `${key} in ${file}`, reason: whose, address };
      return until === undefined ? kept : { ...kept, until };
    });
  const back = [...withState('back')].filter((address) => !theirs.has(address) && !ours.has(address));
  if (undo.length > 0) {
    return { ...textAfter(undo, versions, facts), edits: undo, kept, already: back };
  }
  const original = back.length === 0 ? undefined : originalWith(membersOf(now.document), versions, facts);
  return original === undefined || same(digestIn(original.content), digestOf(now.bytes))
    ? { ...none, kept, already: back }
    : { to: contentIn(original), edits: [], original, kept, already: [] };
}

/** `goal`: the value to go back to, undefined for none. `whose`: who changed the key since, for people. */
interface KeyState {
  readonly state: 'back' | 'ours' | 'theirs';
  readonly goal: Json | undefined;
  readonly whose: string;
  /** Where it is later applies of ours. */
  readonly until?: readonly string[];
}

function stateOf(key: string, { run, lineage, now }: Versions): KeyState {
  const present = membersOf(now.document)[key];
  const goal = valueBefore(key, run, lineage);
  const whose = 'changed by somebody else since';
  if (same(present, goal)) {
    return { state: 'back', goal, whose };
  }
  const later = laterOwner(key, present, run, lineage);
  if (later !== undefined) {
    const { id } = later.files;
    return { state: 'theirs', goal, whose: `apply ${id} set it again; it goes back with that one`, until: [id] };
  }
  const isOurs = same(present, run.after.members[key]) || same(present, run.before.members[key]);
  return { state: isOurs ? 'ours' : 'theirs', goal, whose };
}

function textAfter(undo: readonly KeyEdit[], versions: Versions, facts: HostFacts): Pick<Goal, 'to' | 'original'> {
  const text = editText(textOf(versions.now.document) ?? '', undo);
  const bytes = new TextEncoder().encode(text);
  const members = membersOf(parseDocument(bytes));
  const original = originalWith(members, versions, facts);
  if (original !== undefined) {
    return { to: contentIn(original), original };
  }
  const gone = mayGo(facts) && Object.keys(members).length === 0 && makerOf(versions.lineage) !== undefined;
  return { to: gone ? { text: undefined, bytes: undefined } : { text, bytes }, original: undefined };
}

/** The content with these members that nobody but us has replaced since, where the file may have it. */
function originalWith(members: JsonObject, { now, lineage }: Versions, facts: HostFacts): Goal['original'] {
  const found = spelledBefore(members, digestOf(now.bytes), lineage);
  return found === undefined || (found.content.bytes === undefined && !mayGo(facts)) ? undefined : found;
}

function contentIn({ content: { bytes } }: NonNullable<Goal['original']>): Content {
  return { text: textOf(parseDocument(bytes)), bytes };
}

/** A file named by --config-file has to exist, so it is emptied instead of removed. */
function mayGo({ engine }: HostFacts): boolean {
  return !engine.configFile.explicit;
}

function digestOf(bytes: Uint8Array | undefined): Sha256 | undefined {
  return bytes === undefined ? undefined : digestOfBytes(bytes);
}

/** The last write puts back metadata and times too, unless the present access differs: then somebody else's step is in charge of it. */
function withMetadata(
  steps: readonly StepInput[],
  file: AbsPath,
  { files, content }: NonNullable<Goal['original']>,
  host: HostReader,
): readonly StepInput[] {
  const stat = host.stat(file);
  const { image } = content;
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
      ? { ...step, restoreFrom: { snapshot: files.id, blob: sha256 } }
      : step,
  );
}

/** The folder goes too where an apply made it; the step leaves a folder that is in use. */
function createdFolder(file: AbsPath, lineage: readonly Generation[]): readonly StepInput[] {
  const folder = parentPath(file);
  const made = makerOf(lineage)?.files.before(folder)?.status === 'absent';
  return made ? [{ kind: 'remove-directory', path: folder }] : [];
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

function textOf(document: DaemonDocument): string | undefined {
  return document.status === 'object' || document.status === 'empty' ? document.text : undefined;
}

function keyOf(change: Change): string {
  return change.target.type === 'daemon-option' ? change.target.key : '';
}
