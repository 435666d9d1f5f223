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
  const merged = new Map<string, { readonly change: ProposedChange; readonly controls: Set<string> }>();
  for (const { control, change } of gravestFirst(proposals)) {
    const key = canonicalJson([change.address, change.target, change.op, change.after]);
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, { change, controls: new Set([control]) });
    } else {
      known.controls.add(control);
    }
  }
  return [...merged.entries()]
    .sort(
      ([keyA, a], [keyB, b]) =>
        rank(a.change) - rank(b.change) || byCodeUnit(a.change.address, b.change.address) || byCodeUnit(keyA, keyB),
    )
    .map(([, { change, controls }], index) => ({
      ...change,
      id: `c${index + 1}`,
      controls: [...controls].sort(byCodeUnit),
    }));
}

/** Of equal gravity in the order of their texts. */
function gravestFirst(proposals: readonly ControlProposal[]): readonly ControlProposal[] {
  return proposals
    .map((proposal) => ({ proposal, gravity: gravity(proposal.change), text: canonicalJson(proposal) }))
    .sort((a, b) => b.gravity - a.gravity || byCodeUnit(a.text, b.text))
    .map(({ proposal }) => proposal);
}

function rank(change: ProposedChange): number {
  return IMPACTS.indexOf(change.impact) * 10 + TYPE_ORDER.indexOf(change.target.type);
}

function gravity(change: ProposedChange): number {
  return IMPACTS.indexOf(change.impact) * 10 + RISK_LEVELS.indexOf(change.risk);
}
