import { type AbsPath, absPath, joinPath } from '../../model/brand.ts';
import type { AuditFacts } from '../../model/facts.ts';
import type { CommandOutcome, HostIdentity, HostReader } from '../../model/host.ts';
import { type Observed, unreadable } from '../../model/state.ts';
import { isThere, settingLines, textOf, textOrEmpty } from './reading.ts';
import type { Units } from './units.ts';
import { byVersion } from './version-order.ts';

const RULES_DIRECTORY = absPath('/etc/audit/rules.d');
const GENERATED_RULES = absPath('/etc/audit/audit.rules');
const DISK_ACTIONS = [
  'space_left_action',
  'admin_space_left_action',
  'disk_full_action',
  'disk_error_action',
  'max_log_file_action',
];

/** Answers of the two questions to auditctl; undefined where this is a folder and nothing was asked. */
export interface AuditAnswers {
  readonly list: CommandOutcome;
  readonly status: CommandOutcome;
}

export interface AuditParts {
  readonly answers: AuditAnswers | undefined;
  readonly identity: HostIdentity;
  readonly kernelCommandLine: string;
  readonly version: string | undefined;
  readonly loader: AuditFacts['loader'];
  readonly ruleFiles: AuditFacts['ruleFiles'];
  readonly diskActions: AuditFacts['diskActions'];
}

type Status = Pick<AuditFacts, 'enabled' | 'failure' | 'auditdPid' | 'lost' | 'backlogLimit'>;

/** Pure: what can be said about audit, or why nothing. */
export function auditFacts(parts: AuditParts): AuditFacts {
  const { answers, version, loader, ruleFiles, diskActions } = parts;
  const files = { version, loader, rulesDirectory: RULES_DIRECTORY, ruleFiles, diskActions };
  const nothing = { ...parseAuditStatus(''), kernelRules: undefined };
  if (answers === undefined) {
    return { unavailable: undefined, kernel: 'not-here', ...nothing, ...files };
  }
  const unavailable = whyNot(answers.list, parts) ?? whyNot(answers.status, parts);
  if (unavailable !== undefined) {
    return { unavailable, kernel: 'asked', ...nothing, ...files };
  }
  return {
    unavailable,
    kernel: 'asked',
    ...parseAuditStatus(stdoutOf(answers.status)),
    kernelRules: parseRuleList(stdoutOf(answers.list)),
    ...files,
  };
}

/** `auditctl -s`: a name and a value (32 bits) a line, or (before 2.4) all on one line as `name=value`, where failure is called flag. */
export function parseAuditStatus(text: string): Status {
  const values = new Map(
    [...text.matchAll(/\b([a-z_]+)[ =](\d{1,10})\b/g)].map(([, name, value]) => [name, Number(value)] as const),
  );
  const oneOf = (name: string): 0 | 1 | 2 | undefined =>
    ([0, 1, 2] as const).find((known) => known === values.get(name));
  return {
    enabled: oneOf('enabled'),
    failure: oneOf('failure') ?? oneOf('flag'),
    auditdPid: values.get('pid'),
    lost: values.get('lost'),
    backlogLimit: values.get('backlog_limit'),
  };
}

export function parseRuleList(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('-'));
}

/** auditd.conf: names in any case, values in upper case; what follows `exec` is left out. */
export function parseDiskActions(text: string): Readonly<Record<string, string>> {
  const settings = settingLines(text).flatMap((line) => {
    const [, name, value] = /^([A-Za-z_]+)\s*=\s*(\S+)/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.toUpperCase()] as const];
  });
  return Object.fromEntries(settings.filter(([name]) => DISK_ACTIONS.includes(name)));
}

/** Who loads rules at start: the commands of the units; without them the setting old service scripts have. */
export function loaderOf(host: HostReader, units: Units): AuditFacts['loader'] {
  const commands = [
    ...(units.get('audit-rules.service')?.commands ?? []),
    ...(units.get('auditd.service')?.commands ?? []),
  ];
  if (commands.some(([program = '']) => program.endsWith('/augenrules'))) {
    return 'augenrules';
  }
  if (commands.some(([program = '', ...args]) => program.endsWith('/auditctl') && args.includes('-R'))) {
    return 'auditctl -R';
  }
  const script =
    textOrEmpty(host, absPath('/etc/default/auditd')) + textOrEmpty(host, absPath('/etc/sysconfig/auditd'));
  const setting = /^\s*USE_AUGENRULES\s*=\s*["']?(\w+)/m.exec(script)?.[1];
  return setting === undefined ? 'unknown' : /^yes$/i.test(setting) ? 'augenrules' : 'auditctl -R';
}

/** What augenrules joins (`*.rules`, no hidden ones, in its order), then the file it makes. */
export function readRuleFiles(host: HostReader): AuditFacts['ruleFiles'] {
  const names = host.list(RULES_DIRECTORY);
  const generated = isThere(host, GENERATED_RULES) ? [ruleFile(host, GENERATED_RULES)] : [];
  if (names.status === 'unreadable') {
    return [{ path: RULES_DIRECTORY, text: names }, ...generated];
  }
  const rules = (names.status === 'present' ? names.value : []).filter(
    (name) => name.endsWith('.rules') && !name.startsWith('.'),
  );
  return [...[...rules].sort(byVersion).map((name) => ruleFile(host, joinPath(RULES_DIRECTORY, name))), ...generated];
}

export function readDiskActions(host: HostReader): AuditFacts['diskActions'] {
  return parseDiskActions(textOrEmpty(host, absPath('/etc/audit/auditd.conf')));
}

function ruleFile(host: HostReader, path: AbsPath): { readonly path: AbsPath; readonly text: Observed<string> } {
  const stat = host.stat(path);
  if (stat.status === 'present' && stat.value.type !== 'file') {
    return { path, text: unreadable(`${path} is a ${stat.value.type}, not a regular file`) };
  }
  return { path, text: stat.status === 'present' ? textOf(host, path) : stat };
}

function whyNot(outcome: CommandOutcome, parts: AuditParts): string | undefined {
  switch (outcome.type) {
    case 'exited':
      return outcome.code === 0
        ? undefined
        : refusal(outcome.stderr.trim() === '' ? outcome.stdout : outcome.stderr, parts);
    case 'killed':
      return `auditctl was ended by ${outcome.signal}`;
    case 'timed-out':
      return `auditctl gave no answer within ${outcome.afterMs} ms`;
    case 'not-found':
      return 'auditctl is not installed (package auditd, on Red Hat systems audit)';
    case 'not-started':
      return `auditctl could not be asked: ${outcome.reason}`;
  }
}

function refusal(said: string, { identity, kernelCommandLine }: AuditParts): string {
  if (/not in kernel|protocol not supported|is disabled/i.test(said)) {
    return /(?:^|\s)audit=(?:0|off)(?:\s|$)/.test(kernelCommandLine)
      ? 'audit is switched off until the next boot (audit=0 on the kernel command line)'
      : 'this kernel has no audit';
  }
  if (/must be root/i.test(said) || identity.uid !== 0) {
    return 'audit can be read by root only';
  }
  if (!/operation not permitted|permission denied/i.test(said)) {
    return `auditctl failed: ${said.trim().split('\n')[0] ?? ''}`;
  }
  if (!identity.capabilities.includes('audit_control')) {
    return 'the capability CAP_AUDIT_CONTROL is missing (Operation not permitted)';
  }
  return identity.inContainer
    ? 'the kernel lets nobody in a container read or set audit rules (Operation not permitted)'
    : 'the kernel refused: Operation not permitted';
}

function stdoutOf(outcome: CommandOutcome): string {
  return outcome.type === 'exited' ? outcome.stdout : '';
}
