import type { AuditRule, Field } from './rule.ts';

/** False for a path or key that no line of a rule file can carry. */
export function isPrintable(text: string): boolean {
  // These end a line, a string or (0x04, 0x07) stand for an escape inside auditctl.
  return !/[\0\n\r\u0004\u0007]/.test(text) && text !== '';
}

/** A line of a rule file, without its end. auditctl knows no quotes there: a space and a backslash are escaped with a backslash. */
export function printRule(rule: AuditRule): string {
  return addArguments(rule)
    .map((argument) => argument.replaceAll('\\', '\\\\').replaceAll(' ', '\\ '))
    .join(' ');
}

/** The arguments with which auditctl adds the rule at the end of its list. */
export function addArguments(rule: AuditRule): readonly string[] {
  return rule.where?.form === 'watch'
    ? ['-w', rule.where.path, ...watchRest(rule)]
    : ['-a', listAction(rule), ...syscallRest(rule)];
}

/** The arguments with which auditctl takes the rule out again. */
export function deleteArguments(rule: AuditRule): readonly string[] {
  return rule.where?.form === 'watch'
    ? ['-W', rule.where.path, ...watchRest(rule)]
    : ['-d', listAction(rule), ...syscallRest(rule)];
}

function listAction(rule: AuditRule): string {
  return `${rule.action},${rule.list}`;
}

function watchRest(rule: AuditRule): string[] {
  return [
    ...['-p', rule.permissions ?? 'rwxa'],
    ...rule.fields.flatMap(option),
    ...rule.comparisons.flatMap(comparison),
    ...rule.keys.flatMap((key) => ['-k', key]),
  ];
}

function syscallRest(rule: AuditRule): string[] {
  return [
    ...(rule.arch === undefined ? [] : ['-F', `arch=${rule.arch}`]),
    ...(rule.syscalls === 'all' ? [] : ['-S', rule.syscalls.join(',')]),
    ...(rule.where === undefined ? [] : ['-F', `${rule.where.form}=${rule.where.path}`]),
    ...(rule.permissions === undefined ? [] : ['-F', `perm=${rule.permissions}`]),
    ...rule.fields.flatMap(option),
    ...rule.comparisons.flatMap(comparison),
    ...rule.keys.flatMap((key) => ['-F', `key=${key}`]),
  ];
}

function option(field: Field): string[] {
  return ['-F', `${field.name}${field.op}${field.value}`];
}

function comparison(field: Field): string[] {
  return ['-C', `${field.name}${field.op}${field.value}`];
}
