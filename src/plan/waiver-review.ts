import type { Plan } from '../model/plan.ts';
import { SOON_DAYS, daysLeft, type Waiver, type WaiverStanding } from '../model/waiver.ts';

/** Something a person should look at: a waiver that does nothing, is over, or will be soon. */
export interface WaiverRemark {
  readonly waiver: Waiver;
  readonly kind: 'over' | 'grace' | 'moved' | 'other-host' | 'not-selected' | 'unneeded' | 'ends-soon';
  /** A sentence without its subject: `ended on 2026-10-31`. */
  readonly text: string;
}

/** At most one remark for each waiver; of a plan of the whole profile. */
export function reviewWaivers(standings: readonly WaiverStanding[], plan: Plan): readonly WaiverRemark[] {
  return standings.flatMap((standing) => {
    const found = remarkOf(standing, plan);
    return found === undefined ? [] : [{ waiver: standing.waiver, ...found }];
  });
}

function remarkOf({ waiver, state }: WaiverStanding, plan: Plan): Omit<WaiverRemark, 'waiver'> | undefined {
  switch (state.type) {
    case 'over':
      return { kind: 'over', text: `ended on ${waiver.until}` };
    case 'grace':
      return { kind: 'grace', text: `ended on ${waiver.until}, taken until ${state.until} by --waiver-grace` };
    case 'moved':
      return { kind: 'moved', text: `holds no more: ${state.reason}` };
    case 'other-host':
      return { kind: 'other-host', text: `is not for this host (${plan.host.name})` };
    case 'not-yet':
      return undefined;
    case 'counts':
      return remarkOfCounting(waiver, plan);
  }
}

function remarkOfCounting(waiver: Waiver, plan: Plan): Omit<WaiverRemark, 'waiver'> | undefined {
  if (!plan.controls.some(({ slug }) => waiver.controls.includes(slug))) {
    return { kind: 'not-selected', text: `is for nothing that ${plan.content.profile} looks at` };
  }
  const unneeded = plan.waivers.unneeded?.find(({ id }) => id === waiver.id);
  if (unneeded !== undefined) {
    return { kind: 'unneeded', text: `can be removed: ${unneeded.reason}` };
  }
  const days = daysLeft(waiver.until, plan.createdAt);
  return days > SOON_DAYS ? undefined : { kind: 'ends-soon', text: `ends on ${waiver.until}` };
}
