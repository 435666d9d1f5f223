import { type AbsPath, parentPath } from '../../model/brand.ts';
import { digestOfBytes } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import type { AuditFacts, HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { Access, StepInput } from '../../model/transaction.ts';
import type { Work } from '../resource-type.ts';
import { effectOf } from './effect.ts';
import { FOLDERS_FILE, headerOf } from './ours.ts';
import { bytesOfText, textOfBytes, withLines } from './own-file.ts';
import { parseLine } from './parse.ts';
import { addArguments, deleteArguments } from './print.ts';
import type { AuditRule } from './rule.ts';

const COMMAND_TIMEOUT_MS = 10_000;

/** Loads each new rule by itself, the trial of it; only then are the files written, so that a refused rule never gets into one. */
export function work(changes: readonly Change[], facts: HostFacts, host: HostReader): Promise<Work> {
  const effects = changes.map((change) => ({ file: fileOf(change), effect: effectOf(change) }));
  const commands = takesRules(facts.audit)
    ? [...new Set(effects.flatMap(({ effect }) => effect.kernel))].map((line) => addStep(ruleOfLine(line)))
    : [];
  const files = linesPerFile(effects);
  const writes = [...files].flatMap(([path, lines]) => writeStep(path, lines, facts.audit, host));
  return Promise.resolve({ steps: [...commands, ...writes], undoPhases: [] });
}

/** There is a kernel, and it is not locked. */
export function takesRules({ kernelRules, enabled }: AuditFacts): boolean {
  return kernelRules !== undefined && enabled !== 2;
}

function addStep(rule: AuditRule): StepInput {
  return commandStep('load audit rule', addArguments(rule), deleteArguments(rule));
}

export function deleteStep(rule: AuditRule): StepInput {
  return commandStep('unload audit rule', deleteArguments(rule), addArguments(rule));
}

function commandStep(what: string, run: readonly string[], undo: readonly string[]): StepInput {
  return {
    kind: 'command',
    what: `${what}: auditctl ${run.join(' ')}`,
    run: { tool: 'auditctl', args: run },
    undo: { tool: 'auditctl', args: undo },
    timeoutMs: COMMAND_TIMEOUT_MS,
  };
}

/** @throws Error for a line that no change of ours can hold. */
export function ruleOfLine(text: string): AuditRule {
  const line = parseLine(text);
  if (line.type !== 'rule') {
    throw new Error(`not an audit rule: ${text}`);
  }
  return line.rule;
}

export function fileOf({ target }: Change): AbsPath {
  if (target.type !== 'audit-rule') {
    throw new Error(`not a change of an audit rule: ${target.type}`);
  }
  return target.file;
}

export interface FileEffect {
  readonly file: AbsPath;
  readonly effect: ReturnType<typeof effectOf>;
}

/** The lines each file gets, the folders first: they must be there before rules name them. */
export function linesPerFile(effects: readonly FileEffect[]): ReadonlyMap<AbsPath, readonly string[]> {
  const folders = effects.flatMap(({ effect }) => effect.folders);
  const files = new Map<AbsPath, readonly string[]>(
    folders.length === 0 ? [] : [[FOLDERS_FILE, [...new Set(folders)]]],
  );
  for (const { file, effect } of effects.filter((one) => one.effect.file.length > 0)) {
    files.set(file, [...(files.get(file) ?? []), ...effect.file]);
  }
  return files;
}

function writeStep(path: AbsPath, lines: readonly string[], audit: AuditFacts, host: HostReader): readonly StepInput[] {
  const before = currentBytes(path, host);
  const text = before === undefined ? undefined : textOfBytes(before);
  const after = withLines(text, lines, { header: headerOf(path), startsOnNewLine: lacksLineEnd(path, audit) });
  if (after === text) {
    return [];
  }
  const expected = before === undefined ? null : digestOfBytes(before);
  const access = before === undefined ? accessFor(path) : undefined;
  return [{ kind: 'write-file', path, expected, content: bytesOfText(after), access }];
}

/**
 * Undefined where there is no file.
 * @throws HardenError where it cannot be read; nothing was written then.
 */
export function currentBytes(path: AbsPath, host: HostReader): Uint8Array | undefined {
  const now = host.read(path);
  switch (now.status) {
    case 'present':
      return now.value;
    case 'absent':
      return undefined;
    case 'unreadable':
      throw new HardenError({
        code: 'H2301',
        exit: EXIT.planNotApplicable,
        message: `${path} cannot be read. Nothing was changed`,
        details: [now.reason],
        position: { file: path },
        hint: 'Move it away and run harden again.',
      });
  }
}

function accessFor(path: AbsPath): Access {
  return { mode: path === FOLDERS_FILE ? 0o644 : 0o640, uid: 0, gid: 0 };
}

/** augenrules joins files as they are. */
function lacksLineEnd(path: AbsPath, audit: AuditFacts): boolean {
  return (
    parentPath(path) === audit.rulesDirectory &&
    audit.ruleFiles.some(
      ({ path: other, text }) =>
        parentPath(other) === audit.rulesDirectory &&
        other !== path &&
        text.status === 'present' &&
        text.value !== '' &&
        !text.value.endsWith('\n'),
    )
  );
}
