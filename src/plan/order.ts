import { byCodeUnit, canonicalJson } from '../model/canonical.ts';
import { type Change, IMPACTS, type ProposedChange, type ResourceTypeName } from '../model/change.ts';
import { RISK_LEVELS } from './ceiling.ts';

/** A proposal and the control it is for. */
export interface ControlProposal {
  readonly control: string;
  readonly change: ProposedChange;
}

/** The order of carrying out: access first, then the daemon (the one that may fail), then rules for files that exist by now. */
export const TYPE_ORDER: readonly ResourceTypeName[] = ['file-access', 'daemon-option', 'audit-rule', 'report'];

/**
 * Equal proposals become one change that serves several controls; changes are numbered in the order of the plan:
 * by rising interruption, then type, then address. Where equal proposals are worded differently, the graver one is kept.
 * The result does not depend on the order of the input.
 */
export function orderedChanges(proposals: readonly ControlProposal[]): readonly Change[] {
  const merged = new Map<string, { kept: ControlProposal; readonly controls: Set<string> }>();
  for (const proposal of proposals) {
    const { address, target, op, after } = proposal.change;
    const key = canonicalJson([address, target, op, after]);
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, { kept: proposal, controls: new Set([proposal.control]) });
    } else {
      known.kept = graver(known.kept, proposal);
      known.controls.add(proposal.control);
    }
  }
  return [...merged.entries()]
    .sort(
      ([keyA, a], [keyB, b]) =>
        rank(a.kept.change) - rank(b.kept.change) ||
        byCodeUnit(a.kept.change.address, b.kept.change.address) ||
        byCodeUnit(keyA, keyB),
    )
    .map(([, { kept, controls }], index) => ({
      ...kept.change,
      id: `c${index + 1}`,
      controls: [...controls].sort(byCodeUnit),
    }));
}

/** Of equal gravity the first in the order of their texts. */
function graver(a: ControlProposal, b: ControlProposal): ControlProposal {
  const order = gravity(b.change) - gravity(a.change) || byCodeUnit(canonicalJson(a), canonicalJson(b));
  return order <= 0 ? a : b;
}

function rank(change: ProposedChange): number {
  return IMPACTS.indexOf(change.impact) * 10 + TYPE_ORDER.indexOf(change.target.type);
}

function gravity(change: ProposedChange): number {
  return IMPACTS.indexOf(change.impact) * 10 + RISK_LEVELS.indexOf(change.risk);
}
