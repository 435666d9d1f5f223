import { type AbsPath, parentPath } from '../../model/brand.ts';
import { digestOfBytes, type Json } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { StepInput, UndoPhase } from '../../model/transaction.ts';
import type { Work } from '../resource-type.ts';
import { activationOf } from './activation.ts';
import { isObject } from './document.ts';
import { editText, type KeyEdit } from './edit.ts';
import { canBridge } from './live-restore.ts';
import { findFile, type FoundFile } from './observe.ts';
import { type Phase, phasesFor, withLiveRestore } from './phases.ts';
import { preCheck } from './pre-checks.ts';
import { withStartNote } from './start-note-steps.ts';

/**
 * The steps that carry out `changes`: the file written once per phase, docker reloaded or restarted at most once each, live-restore first.
 * @throws HardenError where the file is no longer as it was planned, or dockerd would not start with the result.
 */
export async function workForOptions(changes: readonly Change[], facts: HostFacts, host: HostReader): Promise<Work> {
  const works: Work[] = [];
  for (const file of new Set(changes.map(fileOf))) {
    works.push(
      await workForFile(
        file,
        changes.filter((change) => fileOf(change) === file),
        facts,
        host,
      ),
    );
  }
  const steps = works.flatMap((work) => work.steps);
  return { steps: withStartNote(steps, facts, host), undoPhases: works.flatMap((work) => work.undoPhases) };
}

/** The edits a change stands for; a change of keys that are only written together has several. */
export function editsOf(change: Change): readonly KeyEdit[] {
  const { key } = change.target.type === 'daemon-option' ? change.target : { key: '' };
  switch (change.op) {
    case 'activate':
      return [];
    case 'remove':
      return [{ key, remove: true }];
    case 'add':
    case 'set': {
      const together =
        (key === 'log-driver' || key.startsWith('tls')) && isObject(change.after) ? change.after['keys'] : undefined;
      const members: readonly (readonly [string, Json])[] = isObject(together)
        ? Object.entries(together)
        : [[key, change.after]];
      return members.map(([name, set]) => ({ key: name, set }));
    }
  }
}

/** The most any of these changes may interrupt, as the plan said. */
export function actionOf(impacts: readonly Change['impact'][]): Phase['action'] {
  if (impacts.some((impact) => impact === 'restart' || impact === 'recreate')) {
    return 'restart';
  }
  return impacts.includes('reload') ? 'reload' : 'none';
}

/** A content of the file on the way, as bytes. */
export interface Content {
  readonly text: string | undefined;
  readonly bytes: Uint8Array | undefined;
}

export function contentOf(found: FoundFile): Content {
  const { document, bytes } = found;
  return { text: document.status === 'object' || document.status === 'empty' ? document.text : undefined, bytes };
}

/** Steps from one content to another, and how the daemon is brought back when they have to be undone. */
export function stepsBetween(
  file: AbsPath,
  from: Content,
  to: Content,
  passage: { readonly action: Phase['action']; readonly facts: HostFacts },
): Work {
  const { action, facts } = passage;
  const common = { action, engineVersion: facts.engine.version, mayBridge: canBridge(facts) };
  const steps: StepInput[] = [];
  let present = from.bytes;
  const running = facts.engine.info['LiveRestoreEnabled'];
  const liveRestoreNow = typeof running === 'boolean' ? running : undefined;
  const phases = phasesFor({ from: from.text, to: to.text, liveRestoreNow, ...common });
  for (const phase of phases) {
    const wanted = phase.text === to.text ? to.bytes : bytesOf(phase.text);
    steps.push(...writing(file, present, wanted));
    if (phase.action !== 'none') {
      steps.push({ kind: 'activate', activation: activationOf(phase.action, facts) });
    }
    present = wanted;
  }
  // Where a reload switched live-restore on and the file does not say so any more, the daemon gets it back without a word in the file.
  const back = common.mayBridge && liveRestoreNow === true ? withLiveRestore(from.text) : from.text;
  const undoing = (start: string | undefined, most: Phase['action']): readonly UndoPhase[] =>
    phasesFor({ from: start, to: back, liveRestoreNow: undefined, ...common, action: most }).flatMap((phase) =>
      phase.action === 'none' || most === 'none'
        ? []
        : [
            {
              path: file,
              content: phase.text === from.text ? null : (bytesOf(phase.text) ?? null),
              activation: activationOf(phase.action, facts),
              after: most,
            },
          ],
    );
  const [first] = phases;
  // A run that ended with the reload before a restart is taken back with a reload: a restart now would stop containers.
  const afterReload = action === 'restart' && first?.action === 'reload' ? undoing(first.text, 'reload') : [];
  return { steps, undoPhases: [...undoing(to.text, action), ...afterReload] };
}

async function workForFile(
  file: AbsPath,
  changes: readonly Change[],
  facts: HostFacts,
  host: HostReader,
): Promise<Work> {
  const found = findFile(file, host);
  if (found.status !== 'present') {
    throw refused(file, [found.status === 'unreadable' ? found.reason : 'it could not be looked at']);
  }
  const from = contentOf(found.value);
  const edits = changes.flatMap(editsOf);
  const action = actionOf(changes.map((change) => change.impact));
  if (edits.length === 0) {
    return stepsBetween(file, from, from, { action, facts });
  }
  const { document } = found.value;
  if (document.status === 'invalid' || (document.status === 'object' && document.duplicates.length > 0)) {
    throw refused(file, [document.status === 'invalid' ? document.problem.message : 'a key stands twice in it']);
  }
  const text = editText(from.text ?? '', edits);
  const problems = await preCheck(
    text,
    edits.map((edit) => edit.key),
    facts,
    host,
  );
  if (problems.length > 0) {
    throw refused(file, problems);
  }
  const work = stepsBetween(file, from, { text, bytes: bytesOf(text) }, { action, facts });
  return { ...work, steps: [...missingFolders(file, host), ...work.steps] };
}

function fileOf(change: Change): AbsPath {
  if (change.target.type !== 'daemon-option') {
    throw new TypeError(`not a change of a daemon option: ${change.address}`);
  }
  return change.target.file;
}

function writing(file: AbsPath, present: Uint8Array | undefined, wanted: Uint8Array | undefined): readonly StepInput[] {
  const expected = present === undefined ? null : digestOfBytes(present);
  if (wanted === undefined) {
    return expected === null ? [] : [{ kind: 'remove-file', path: file, expected }];
  }
  if (expected !== null && digestOfBytes(wanted) === expected) {
    return [];
  }
  return [{ kind: 'write-file', path: file, expected, content: wanted, access: undefined }];
}

/** Folders that have to be there before the file, outermost first. */
function missingFolders(file: AbsPath, host: HostReader): readonly StepInput[] {
  const steps: StepInput[] = [];
  for (let folder = parentPath(file); host.realPath(folder).status === 'absent'; folder = parentPath(folder)) {
    steps.unshift({ kind: 'make-directory', path: folder, access: { mode: 0o755, uid: 0, gid: 0 } });
  }
  return steps;
}

function bytesOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

function refused(file: AbsPath, details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H3011',
    exit: EXIT.planNotApplicable,
    message: `${file} was not changed: docker would not start with the result`,
    details,
    position: { file },
    hint: 'mend what is named above, then: harden plan',
  });
}
