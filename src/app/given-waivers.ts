import type { Plan } from '../model/plan.ts';
import type { Waiver } from '../model/waiver.ts';
import type { PlanWish } from './make-plan.ts';

/** What a person says of one control while choosing changes. */
export interface GivenWaiver {
  /** Its name. */
  readonly control: string;
  readonly reason: string;
  readonly owner: string;
  /** Last day, `YYYY-MM-DD`, UTC. */
  readonly until: string;
}

/** A given waiver as the file it becomes. */
export interface WaiverFile {
  readonly path: string;
  readonly text: string;
  readonly waiver: Waiver;
}

/** Where waivers are given while changes are chosen. Nothing is written before `write`. */
export interface WaiverDesk {
  readonly folder: string;
  /** Why there can be none of this control here; a sentence. */
  whyNot(control: string): Promise<string | undefined>;
  /** What is wrong with one answer, a sentence each. */
  problems(key: 'reason' | 'owner' | 'until', answer: string): Promise<readonly string[]>;
  /** @throws HardenError (exit 64 or 65) where they cannot be taken beside those that are there by now. */
  files(given: readonly GivenWaiver[]): Promise<readonly WaiverFile[]>;
  /** Undefined where it was written, else why not. */
  write(file: WaiverFile): string | undefined;
}

/** `wish` with these waivers in force. */
export function wishWith(wish: PlanWish, files: readonly WaiverFile[]): PlanWish {
  const { waivers = [], graceMs = 0 } = wish.waivers ?? {};
  return files.length === 0
    ? wish
    : { ...wish, waivers: { waivers: [...waivers, ...files.map(({ waiver }) => waiver)], graceMs } };
}

/** `plan` as somebody sees it who lives with these controls: no change is for them, and none of them waits for one. */
export function withoutControls(plan: Plan, given: readonly GivenWaiver[]): Plan {
  const waived = new Set(given.map(({ control }) => control));
  return {
    ...plan,
    controls: plan.controls.filter(({ slug }) => !waived.has(slug)),
    changes: plan.changes.map((change) => ({
      ...change,
      controls: change.controls.filter((control) => !waived.has(control)),
    })),
  };
}
