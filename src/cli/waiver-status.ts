import type { Ground } from '../app/ground.ts';
import { hasWaiverFolder, trustedWaiverTexts } from '../app/waiver-files.ts';
import { DEFAULT_PROFILE, profileByName } from '../catalogue/profiles.ts';
import { HardenError } from '../model/errors.ts';
import { SOON_DAYS, daysLeft } from '../model/waiver.ts';
import { standingsOf } from '../plan/waive.ts';
import type { StatusWaivers } from '../model/status.ts';

/**
 * Waivers of this machine that are over or end within 30 days, the first to end first; undefined where it has no folder of them. Files
 * that cannot be taken are told in one sentence: a status is for whoever wonders why something is wrong.
 */
export async function waiverStatus(ground: Ground): Promise<StatusWaivers | undefined> {
  if (ground.host.kind !== 'live' || !hasWaiverFolder(ground.host)) {
    return undefined;
  }
  const { checkWaivers } = await import('../catalogue/waivers.ts');
  const at = ground.now().toISOString();
  try {
    const { benchmark } = profileByName(ground.catalogue, DEFAULT_PROFILE);
    const { waivers, problems } = checkWaivers(trustedWaiverTexts(ground.host), {
      ...{ catalogue: ground.catalogue, benchmark, today: at.slice(0, 10) },
    });
    const [first] = problems;
    const host = ground.host.identity().hostname;
    const ending = standingsOf(waivers, { host, at, graceMs: 0, seen: new Map() })
      .filter(({ state }) => state.type !== 'other-host' && state.type !== 'not-yet')
      .map(({ waiver: { id, until, owner } }) => ({ id, until, owner, daysLeft: daysLeft(until, at) }))
      .filter((one) => one.daysLeft <= SOON_DAYS)
      .toSorted((a, b) => a.daysLeft - b.daysLeft);
    return { ending, problem: first === undefined ? null : `${first.file}:${first.line}: ${first.text}` };
  } catch (error) {
    if (error instanceof HardenError) {
      return { ending: [], problem: error.message };
    }
    throw error;
  }
}
