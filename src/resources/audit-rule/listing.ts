import {
  emptyDraft,
  finished,
  RuleMistake,
  takeComparison,
  takeField,
  takeHead,
  takeKey,
  takePermissions,
  takeSyscalls,
  takeWhere,
} from './fields.ts';
import type { AuditRule } from './rule.ts';

/**
 * One line of `auditctl -l`, where nothing is escaped: a value goes on until the next option. Undefined for a line that is no rule or that we do not
 * understand; such a rule never counts as recording anything.
 * A line that begins with -w says neither whether the rule is recursive nor whether it is a `never` rule: see `readKernelRules`.
 */
export function parseListed(line: string): AuditRule | undefined {
  try {
    return line.startsWith('-w ') ? listedWatch(line) : line.startsWith('-a ') ? listedRule(line) : undefined;
  } catch (error) {
    if (error instanceof RuleMistake) {
      return undefined;
    }
    throw error;
  }
}

function listedWatch(line: string): AuditRule | undefined {
  const [, path, permissions, rest = ''] = /^-w (.+) -p ([rwxa]{1,4})((?: -k .+)?)$/s.exec(line) ?? [];
  if (path === undefined || permissions === undefined) {
    return undefined;
  }
  const draft = emptyDraft();
  takeWhere(draft, { form: 'watch', path }, 1);
  takePermissions(draft, permissions, 1);
  rest
    .split(' -k ')
    .slice(1)
    .forEach((key) => takeKey(draft, key, 1));
  return finished(draft);
}

function listedRule(line: string): AuditRule {
  const draft = emptyDraft();
  for (const part of line.split(/ (?=-[FSC] )/)) {
    const value = part.slice(3);
    switch (part.slice(0, 3)) {
      case '-a ':
        draft.head = takeHead(value, 1);
        break;
      case '-S ':
        takeSyscalls(draft, value, 1);
        break;
      case '-C ':
        takeComparison(draft, value, 1);
        break;
      default:
        takeField(draft, value, 1);
    }
  }
  return finished(draft);
}
