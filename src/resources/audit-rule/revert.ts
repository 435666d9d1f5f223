import type { AbsPath } from '../../model/brand.ts';
import { digestOfBytes } from '../../model/canonical.ts';
import type { Change } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import type { StepInput, Trouble } from '../../model/transaction.ts';
import type { Reversal, SnapshotFiles } from '../resource-type.ts';
import { currentBytes, deleteStep, fileOf, linesPerFile, ruleOfLine, takesRules } from './change.ts';
import { effectOf } from './effect.ts';
import { parseListed } from './listing.ts';
import { FOLDERS_FILE, headerOf, RUN_RULES_FILE } from './ours.ts';
import { bytesOfText, holdsNothing, holdsOnlyHeader, textOfBytes, withoutLines } from './own-file.ts';
import { parseLine } from './parse.ts';
import { type AuditRule, listedKey } from './rule.ts';
import { isOldMachine } from './covers.ts';
import { withoutExpansion } from './syscalls.ts';

/**
 * Takes out of the kernel and the files what the changes put there, and nothing else; a file as it was left becomes byte for byte what it was before.
 * A change of which one part has to stay stays whole.
 */
export function revert(
  changes: readonly Change[],
  snapshot: SnapshotFiles,
  facts: HostFacts,
  host: HostReader,
): Promise<Reversal> {
  const parts = changes.map((change) => ({ change, file: fileOf(change), effect: effectOf(change) }));
  const live = new Set(loadedKeys(facts));
  const found = shortenedFiles(linesPerFile(parts), host);
  const each = parts.map(({ change, file, effect }) => {
    const loaded = effect.kernel.map(ruleOfLine).filter((rule) => live.has(keyOf(rule, facts)));
    const ownFile = found.find(({ path }) => path === file);
    const inFile = effect.file.filter((line) => ownFile?.missing.includes(line) === false);
    const kept = [
      ...unknownRules(effect.kernel, facts),
      ...lockedRules(loaded, facts),
      ...changedLines(effect.file, ownFile),
    ].map((trouble) => ({ ...trouble, address: change.address }));
    return {
      address: change.address,
      part: { file, effect },
      loaded,
      kept,
      done: loaded.length === 0 && inFile.length === 0 && kept.length === 0,
    };
  });
  const going = each.filter(({ kept }) => kept.length === 0);
  const files = shortenedFiles(linesPerFile(going.map(({ part }) => part)), host);
  const unload = takesRules(facts.audit)
    ? going
        .flatMap(({ loaded }) => loaded)
        .map(deleteStep)
        .toReversed()
    : [];
  return Promise.resolve({
    steps: [...unload, ...files.toReversed().flatMap((file) => restoreStep(file, snapshot))],
    undoPhases: [],
    kept: each.flatMap(({ kept }) => kept),
    already: each.filter(({ done }) => done).map(({ address }) => address),
  });
}

function loadedKeys(facts: HostFacts): readonly string[] {
  return (facts.audit.kernelRules ?? []).flatMap((line) => {
    const rule = parseListed(line);
    return rule === undefined ? [] : [keyOf(rule, facts)];
  });
}

function keyOf(rule: AuditRule, { identity }: HostFacts): string {
  return listedKey(withoutExpansion(rule, isOldMachine(identity.machine)));
}

/** With the rules of the kernel unknown, files without them would leave a host that records what nobody wrote down. */
function unknownRules(lines: readonly string[], { audit }: HostFacts): readonly Trouble[] {
  return audit.kernelRules !== undefined || audit.kernel === 'not-here'
    ? []
    : lines.map((line) => ({
        what: `audit rule for ${ruleOfLine(line).where?.path ?? 'this host'}`,
        reason: `whether the kernel still has it cannot be seen: ${audit.unavailable ?? 'auditctl -l gave no answer'}`,
      }));
}

function lockedRules(loaded: readonly AuditRule[], { audit }: HostFacts): readonly Trouble[] {
  return audit.enabled !== 2
    ? []
    : loaded.map((rule) => ({
        what: `audit rule for ${rule.where?.path ?? 'this host'}`,
        reason:
          'the kernel takes no changes of its audit rules until the next boot; take -e 2 out of the rule files before it',
      }));
}

/** A file of ours as it is and as it is without our lines. */
interface OwnFile {
  readonly path: AbsPath;
  readonly now: Uint8Array | undefined;
  readonly text: string;
  readonly missing: readonly string[];
}

/** A folder stays while a rule that stays needs it. */
function shortenedFiles(lines: ReadonlyMap<AbsPath, readonly string[]>, host: HostReader): readonly OwnFile[] {
  const staying = shortened(RUN_RULES_FILE, lines.get(RUN_RULES_FILE) ?? [], host).text;
  return [...lines].map(([path, own]) =>
    shortened(path, path === FOLDERS_FILE ? own.filter((line) => !staying.includes(folderOf(line))) : own, host),
  );
}

function folderOf(line: string): string {
  return line.split(' ')[1] ?? line;
}

function shortened(path: AbsPath, lines: readonly string[], host: HostReader): OwnFile {
  const now = currentBytes(path, host);
  return { path, now, ...withoutLines(now === undefined ? '' : textOfBytes(now), lines) };
}

/** A line of ours that somebody has edited: its place is still in the file, in another rule. */
function changedLines(lines: readonly string[], file: OwnFile | undefined): readonly Trouble[] {
  if (file?.now === undefined) {
    return [];
  }
  const places = new Set(file.text.split('\n').map(placeOf));
  return file.missing
    .filter((line) => lines.includes(line) && places.has(placeOf(line)))
    .map((line) => ({ what: `${line} in ${file.path}`, reason: 'the line was changed since' }));
}

function placeOf(line: string): string | undefined {
  const parsed = parseLine(line);
  return parsed.type === 'rule' ? (parsed.rule.where?.path ?? '/') : '';
}

function restoreStep({ path, now, text }: OwnFile, snapshot: SnapshotFiles): readonly StepInput[] {
  if (now === undefined) {
    return [];
  }
  const expected = digestOfBytes(now);
  const before = snapshot.before(path);
  if (before?.status === 'present') {
    const { sha256 } = before.value;
    const bytes = snapshot.bytes(sha256);
    if (textOfBytes(bytes).trimEnd() === text.trimEnd()) {
      return sha256 === expected
        ? []
        : [
            {
              kind: 'write-file',
              path,
              expected,
              content: bytes,
              access: undefined,
              restoreFrom: { snapshot: snapshot.id, blob: sha256 },
            },
          ];
    }
  }
  // Other applies of ours may lie between: with nothing but our first line in it the file was made by one of them.
  if (before?.status === 'present' ? holdsOnlyHeader(text, headerOf(path)) : holdsNothing(text, headerOf(path))) {
    return [{ kind: 'remove-file', path, expected }];
  }
  return text === textOfBytes(now)
    ? []
    : [{ kind: 'write-file', path, expected, content: bytesOfText(text), access: undefined }];
}
