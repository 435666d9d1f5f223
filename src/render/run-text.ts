import { numbersIn } from '../model/plain-names.ts';
import type { Approval, Plan } from '../model/plan.ts';
import { type Style, wrap } from './layout.ts';
import { printable } from './printable.ts';

/** Of a run that is shown again: how its plan was approved, and what it was to change. */
export function runDetailText(plan: Plan, style: Style): string {
  const approval = plan.approvals.at(-1);
  const lines = [
    ...(approval === undefined ? [] : wrap(style, 2, printable(approvalText(approval)), 4)),
    ...plan.changes.flatMap(({ title, controls }) =>
      wrap(style, 2, printable(`- ${title} (${numbersIn(plan, controls).join(', ')})`), 4),
    ),
  ];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}

function approvalText({ by, at, how, ceiling, accepted = [], signedBy, reason, ticket }: Approval): string {
  const parts = [
    `approved by ${by}, ${at.slice(0, 16).replace('T', ' ')} UTC, ${HOW[how]}`,
    ...(ceiling === null ? [] : [`up to risk ${ceiling.maxRisk} and impact ${ceiling.maxImpact}`]),
    ...(accepted.length === 0 ? [] : [`accepted by name: ${accepted.join(', ')}`]),
    ...(signedBy === undefined ? [] : [`signed by ${signedBy}`]),
    ...(ticket === undefined ? [] : [`ticket ${ticket}`]),
    ...(reason === undefined ? [] : [`because: ${reason}`]),
  ];
  return parts.join('; ');
}

const HOW: Readonly<Record<Approval['how'], string>> = {
  prompt: 'typed at the question',
  '--yes': 'with --yes',
  '--approve': 'with --approve, by the digest of the plan',
};
