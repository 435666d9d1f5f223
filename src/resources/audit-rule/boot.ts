import { type AbsPath, baseName, parentPath } from '../../model/brand.ts';
import type { AuditFacts } from '../../model/facts.ts';
import { parseLine, type RuleLine } from './parse.ts';
import { type AuditRule, ruleKey } from './rule.ts';
import { isVolatile, type PathLookup } from './paths.ts';
import { majorOf } from './version.ts';

/** A rule as the next boot loads it, with the line that says so. A watch has become `path` or `dir`, by what is there now. */
export interface BootRule {
  readonly rule: AuditRule;
  readonly written: AuditRule;
  readonly file: AbsPath;
  readonly line: number;
}

/** A line or file at which loading ends. `refused`: auditctl understands the line and the kernel says no. */
export interface BootTrouble {
  readonly kind: 'file' | 'line' | 'refused';
  readonly file: AbsPath;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
}

export interface Boot {
  /** In the kernel's order; those after the first trouble are not loaded and not here. */
  readonly rules: readonly BootRule[];
  readonly troubles: readonly BootTrouble[];
}

interface SourceLine {
  readonly text: string;
  readonly file: AbsPath;
  readonly line: number;
}

/** What the rule files make of the kernel's list at the next boot: augenrules joins rules.d into one file, and `auditctl -R` ends at the first line that fails. */
export function bootRules(audit: AuditFacts, lookup: PathLookup): Boot {
  const files = audit.ruleFiles.filter(({ path }) => isLoaded(audit, path));
  const unreadable = files.flatMap(({ path, text }): BootTrouble[] =>
    text.status === 'unreadable'
      ? [{ kind: 'file', file: path, line: undefined, column: undefined, message: text.reason }]
      : [],
  );
  const loading = new Loading(lookup);
  for (const source of sourceLines(files, audit)) {
    loading.take(source, parseLine(source.text));
  }
  return { rules: loading.rules, troubles: [...unreadable, ...loading.troubles] };
}

function isLoaded(audit: AuditFacts, path: AbsPath): boolean {
  const inFolder = path === audit.rulesDirectory || parentPath(path) === audit.rulesDirectory;
  // augenrules cuts its list of names at white space.
  return audit.loader === 'auditctl -R' ? !inFolder : inFolder && !/\s/.test(baseName(path));
}

/** Files are joined as they are: a last line without its end runs into the first one of the next file. */
function sourceLines(files: AuditFacts['ruleFiles'], audit: AuditFacts): readonly SourceLine[] {
  const lines: SourceLine[] = [];
  let open: SourceLine | undefined;
  for (const { path, text } of files) {
    const parts = text.status === 'present' ? text.value.split('\n') : [''];
    parts.forEach((part, index) => {
      const begun: SourceLine | undefined = index === 0 ? open : undefined;
      const whole: SourceLine =
        begun === undefined ? { text: part, file: path, line: index + 1 } : { ...begun, text: begun.text + part };
      open = index === parts.length - 1 && whole.text !== '' ? whole : undefined;
      if (index < parts.length - 1) {
        lines.push(whole);
      }
    });
  }
  const all = open === undefined ? lines : [...lines, open];
  const dropsReturn = audit.loader !== 'auditctl -R' && (majorOf(audit.version) ?? 0) >= 4;
  return dropsReturn ? all.map((line) => ({ ...line, text: line.text.replace(/\r$/, '') })) : all;
}

class Loading {
  rules: BootRule[] = [];
  readonly troubles: BootTrouble[] = [];
  private readonly lookup: PathLookup;
  private readonly byKey = new Map<string, BootRule>();
  private goesOn = false;

  constructor(lookup: PathLookup) {
    this.lookup = lookup;
  }

  take(source: SourceLine, line: RuleLine): void {
    switch (line.type) {
      case 'rule':
        this.add(source, line.rule, line.prepend);
        return;
      case 'delete':
        this.delete(this.lookup.loaded(line.rule));
        return;
      case 'delete-all':
        this.clear(source, line.key);
        return;
      case 'go-on':
        this.goesOn = true;
        return;
      case 'mistake':
        this.fail(source, 'line', line.message, line.column);
        return;
      case 'nothing':
      case 'setting':
    }
  }

  private get stopped(): boolean {
    return this.troubles.length > 0;
  }

  private add(source: SourceLine, written: AuditRule, prepend: boolean): void {
    const rule = this.lookup.loaded(written);
    const refusal = this.refusal(rule);
    if (refusal !== undefined) {
      this.fail(source, 'refused', refusal, undefined);
      return;
    }
    if (!this.stopped) {
      const entry = { rule, written, file: source.file, line: source.line };
      this.byKey.set(ruleKey(rule), entry);
      this.rules = prepend ? [entry, ...this.rules] : [...this.rules, entry];
    }
  }

  private refusal(rule: AuditRule): string | undefined {
    const twin = this.byKey.get(ruleKey(rule));
    if (twin !== undefined) {
      return `the same rule stands in ${twin.file} line ${twin.line} already; the kernel answers "Rule exists"`;
    }
    return rule.where === undefined || isVolatile(rule.where.path) ? undefined : this.lookup.refusal(rule.where);
  }

  private delete(rule: AuditRule): void {
    const found = this.byKey.get(ruleKey(rule));
    this.remove((known) => known === found);
  }

  private remove(leaves: (known: BootRule) => boolean): void {
    this.rules.filter(leaves).forEach((known) => this.byKey.delete(ruleKey(known.rule)));
    this.rules = this.rules.filter((known) => !leaves(known));
  }

  /** augenrules moves a `-D` at the beginning of a line to the top, where it clears nothing of ours. */
  private clear({ text }: SourceLine, key: string | undefined): void {
    if (key !== undefined) {
      this.remove((known) => known.rule.keys.includes(key));
    } else if (!text.startsWith('-D')) {
      this.remove(() => true);
    }
  }

  private fail(
    { file, line }: SourceLine,
    kind: BootTrouble['kind'],
    message: string,
    column: number | undefined,
  ): void {
    if (!this.goesOn) {
      this.troubles.push({ kind, file, line, column, message });
    }
  }
}
