import { describe, expect, test } from 'vitest';
import { type ApprovedRequest, plannedFor } from '../../../src/app/still-approved.ts';
import { approvalFrom } from '../../../src/cli/approval.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { Approval, Plan } from '../../../src/model/plan.ts';
import { failing, optionChange, planOf, selectedControl, someFacts } from '../../helpers/plan-builders.ts';

const plan = planOf([{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] }]);
const here = { plan, facts: someFacts(), findings: [], standings: [] };
const given: Approval = { by: 'root', at: plan.createdAt, how: 'prompt', ceiling: null };

describe('--refresh of an apply whose time has come', () => {
  test('needs no plan file, as the plan is the one that was kept', () => {
    const said = {
      reason: undefined,
      ticket: undefined,
      plan: undefined,
      yes: false,
      approve: undefined,
      accept: [],
      'skip-over-ceiling': false,
      refresh: true,
      'require-signature': false,
      'allowed-signers': '',
    };
    expect(approvalFrom({ ...said, scheduled: 'abcdef01' }).approve).toBeUndefined();
    expect(() => approvalFrom(said)).toThrow('--refresh needs a plan file');
  });

  test('goes on with a plan that has expired, and not with one that was approved by a signature', () => {
    const late = { now: () => new Date(Date.parse(plan.expiresAt) + 1000) };
    const outcome = (approval: Approval): Plan | string | undefined => {
      const request: ApprovedRequest = { approvedPlan: plan, refresh: true, given: approval };
      try {
        return plannedFor(request, here, late);
      } catch (error) {
        return error instanceof HardenError ? error.code : undefined;
      }
    };
    expect(outcome(given)).toBe(plan);
    expect(outcome({ ...given, signedBy: 'ann@example.org' })).toBe('H4003');
  });
});
