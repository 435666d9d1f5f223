import { type AbsPath, isBelow, type ResourceAddress, resourceAddress } from '../../model/brand.ts';
import type { SubjectName } from '../../model/facts.ts';
import type { AuditRuleDesired } from '../../model/remediation.ts';
import type { AssessContext, Targets } from '../resource-type.ts';

/** One place whose accesses are to be recorded. */
export interface AuditTarget {
  readonly path: AbsPath;
  readonly subject: SubjectName;
  /** Not there yet; another change of this plan creates it. */
  readonly planned: boolean;
  /** What a planned place will be. */
  readonly folder: boolean;
}

export function targets(desired: AuditRuleDesired, { facts, willExist }: AssessContext): Targets<AuditTarget> {
  const subject = facts.subjects[desired.subject];
  switch (subject.status) {
    case 'present':
      return {
        status: 'found',
        targets: subject.paths.map((path) => ({ path, subject: desired.subject, planned: false, folder: false })),
      };
    case 'unreadable':
      return { status: 'none', verdict: 'not-checked', reason: subject.reason, evidence: [] };
    case 'absent': {
      const { planned, reason, evidence } = subject;
      const inside = planned === undefined ? [] : [...willExist].filter((path) => isBelow(path, planned));
      return planned === undefined || inside.length === 0
        ? { status: 'none', verdict: 'not-applicable', reason, evidence }
        : {
            status: 'found',
            targets: [{ path: planned, subject: desired.subject, planned: true, folder: !inside.includes(planned) }],
          };
    }
  }
}

export function addressOf(target: AuditTarget): ResourceAddress {
  return resourceAddress('audit-rule', target.path);
}
