import type { CommandOutcome } from '../../model/host.ts';
import { type KernelRule, RuleRefused, keysOf, parseRule, ruleLine, sameRule } from './audit-rule-text.ts';
import { listedRule, ruleFileLines } from './audit-lines.ts';

export interface AuditSurroundings {
  /** What `auditctl -l` and `-s` said when the recording was made. */
  readonly list: CommandOutcome;
  readonly status: CommandOutcome;
  /** As `uname -m`: only x86_64 can be written to, since rules stand for other calls elsewhere. */
  readonly machine: string;
  /** Of auditctl, for example `4.0.2`. */
  readonly version: string;
  /** `unknown` where the recording does not say. */
  readonly look: (path: string) => 'directory' | 'other' | 'absent' | 'unknown';
  /** Text of a rule file; undefined where it is not there. */
  readonly text: (path: string) => string | undefined;
}

/** Rules of a kernel, as auditctl of one version adds, removes and lists them. */
export interface AuditKernel {
  /** Any call of auditctl; one that cannot be simulated fails and says so. */
  auditctl(args: readonly string[]): CommandOutcome;
}

/** A line of the list; the rule is undefined where the recorded line is not one we read. */
interface Entry {
  readonly line: string;
  readonly rule: KernelRule | undefined;
}

type Version = readonly [number, number];

const TRAILER = 'There was an error';
const IMMUTABLE = 'The audit system is in immutable mode, no rule changes allowed';

export function auditKernel(surroundings: AuditSurroundings): AuditKernel {
  const { list } = surroundings;
  const kernel = new SimulatedAudit(surroundings);
  return {
    auditctl: (args) => (list.type === 'exited' && list.code === 0 ? kernel.answer(args) : list),
  };
}

/** State is the rules alone. */
class SimulatedAudit {
  readonly #surroundings: AuditSurroundings;
  readonly #version: Version;
  readonly #locked: boolean;
  #rules: readonly Entry[];

  constructor(surroundings: AuditSurroundings) {
    const { status } = surroundings;
    this.#surroundings = surroundings;
    this.#version = versionOf(surroundings.version);
    this.#locked = status.type === 'exited' && /^enabled 2$/m.test(status.stdout);
    this.#rules = entriesOf(surroundings);
  }

  answer(args: readonly string[]): CommandOutcome {
    const [option = ''] = args;
    switch (option) {
      case '-l':
        return exited(0, this.#rules.length === 0 ? 'No rules\n' : this.#rules.map(({ line }) => `${line}\n`).join(''));
      case '-s':
        return this.#surroundings.status;
      case '-v':
        return exited(0, `auditctl version ${this.#surroundings.version}\n`);
      case '-R':
        return this.#load(args[1] ?? '');
      default:
        return this.#change(args);
    }
  }

  #change(args: readonly string[]): CommandOutcome {
    const [option = ''] = args;
    if (option === '-D') {
      return this.#removeAll(args);
    }
    return ['-a', '-A', '-d', '-w', '-W'].includes(option)
      ? this.#changeOne(args)
      : exited(255, '', [`the simulated auditctl does not know ${args.join(' ')}`]);
  }

  #changeOne([option = '', first = '', ...rest]: readonly string[]): CommandOutcome {
    const warnings = warningsFor(option, rest, this.#version);
    const { machine } = this.#surroundings;
    if (machine !== 'x86_64') {
      return exited(255, '', [`the simulated auditctl has no rules for ${machine}`]);
    }
    try {
      const rule = placed(parseRule(option, first, rest, this.#version), option, this.#surroundings.look);
      if (this.#locked) {
        throw new RuleRefused(IMMUTABLE);
      }
      this.#rules = changed(this.#rules, option, rule);
      return exited(0, '', warnings);
    } catch (error) {
      return refused(error, warnings, this.#version);
    }
  }

  /** Stops at the first line that is refused. */
  #load(path: string): CommandOutcome {
    const text = this.#surroundings.text(path);
    if (text === undefined) {
      return exited(255, '', [`Error opening ${path} (No such file or directory)`]);
    }
    const said: string[] = [];
    for (const { words, line } of ruleFileLines(text)) {
      const outcome = this.#change(words);
      const failed = outcome.type !== 'exited' || outcome.code !== 0;
      said.push(
        ...(outcome.type === 'exited' ? linesOf(outcome.stderr).filter((one) => !one.startsWith(TRAILER)) : []),
      );
      if (failed) {
        return exited(1, '', [...said, `There was an error in line ${line} of ${path}`]);
      }
    }
    return exited(0, '', said);
  }

  #removeAll([, option, key = '']: readonly string[]): CommandOutcome {
    if (this.#locked) {
      return refused(new RuleRefused(IMMUTABLE), [], this.#version);
    }
    const byKey = option === '-k';
    this.#rules = byKey ? this.#rules.filter(({ rule }) => rule === undefined || !keysOf(rule).includes(key)) : [];
    return exited(0, byKey ? '' : 'No rules\n');
  }
}

function changed(rules: readonly Entry[], option: string, rule: KernelRule): readonly Entry[] {
  const at = rules.findIndex((entry) => entry.rule !== undefined && sameRule(entry.rule, rule));
  const entry = { line: ruleLine(rule), rule };
  if (isRemoval(option)) {
    if (at < 0) {
      throw new RuleRefused('Error sending delete rule data request (No such file or directory)');
    }
    return rules.toSpliced(at, 1);
  }
  if (at >= 0) {
    throw new RuleRefused('Error sending add rule data request (Rule exists)');
  }
  return option === '-A' ? [entry, ...rules] : [...rules, entry];
}

/** The kernel wants a watched folder, or the folder of what is watched, to be there. */
function placed(raw: KernelRule, option: string, look: AuditSurroundings['look']): KernelRule {
  const rule = onFolder(raw, look);
  for (const { name, value } of rule.fields) {
    const needed = name === 'dir' ? value : folderOf(value);
    if ((name === 'dir' || name === 'path') && look(needed) === 'absent') {
      throw new RuleRefused(
        `Error sending ${isRemoval(option) ? 'delete' : 'add'} rule data request (No such file or directory)`,
      );
    }
  }
  return rule;
}

/** A watch on a folder is one on all below it. */
function onFolder(rule: KernelRule, look: AuditSurroundings['look']): KernelRule {
  const fields = rule.fields.map((field) =>
    field.name === 'path' && rule.form === 'watch' && look(field.value) === 'directory'
      ? { ...field, name: 'dir' }
      : field,
  );
  return { ...rule, fields };
}

function isRemoval(option: string): boolean {
  return option === '-d' || option === '-W';
}

function entriesOf({ list, look }: AuditSurroundings): readonly Entry[] {
  const lines = list.type === 'exited' ? list.stdout.split('\n').filter((line) => line.startsWith('-')) : [];
  return lines.map((line) => {
    const rule = listedRule(line);
    return { line, rule: rule === undefined ? undefined : onFolder(rule, look) };
  });
}

/** What version 4 says beside; once, where the real one may repeat it. */
function warningsFor(option: string, rest: readonly string[], [major, minor]: Version): readonly string[] {
  if (major < 4 || option === '-W') {
    return [];
  }
  if (option === '-w') {
    return ['Old style watch rules are slower'];
  }
  const has = (name: string): boolean => rest.some((one) => one.startsWith(`${name}=`));
  return minor === 0 && has('perm') && !has('arch') ? ['perm used without an arch is slower'] : [];
}

function refused(error: unknown, warnings: readonly string[], [major]: Version): CommandOutcome {
  if (!(error instanceof RuleRefused)) {
    throw error;
  }
  return exited(255, '', [
    ...warnings,
    error.message,
    ...(major >= 4 ? [`${TRAILER} while processing parameters`] : []),
  ]);
}

function folderOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function exited(code: number, stdout: string, stderr: readonly string[] = []): CommandOutcome {
  return { type: 'exited', code, stdout, stderr: stderr.map((line) => `${line}\n`).join('') };
}

function versionOf(text: string): Version {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return [Number(major), Number(minor)];
}
