import {
  type Announced,
  type HealthBaseline,
  type HealthGround,
  type HealthJudged,
  healthBefore,
  judgeHealth,
} from '../engine/health/gate.ts';
import type { HealthSetup } from '../model/health.ts';
import { failingChecks } from '../engine/health/own-checks.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Plan } from '../model/plan.ts';
import type { StepInput, Trouble } from '../model/transaction.ts';
import type { Ground } from './ground.ts';
import type { Ui } from './ui.ts';

/** The host before a change, and the way to hold it against that afterwards. */
export interface HealthGate {
  judge(announced: Announced): Promise<HealthJudged>;
  /**
   * After an undo everything must be as before; a signal does not cut this short. `engineMs`: how long dockerd may take to answer,
   * where that is not what the setup says.
   */
  judgeUndone(engineMs: number | undefined): Promise<HealthJudged>;
  /** What dockerd complained of since the gate was opened; empty where it was not to be activated. */
  complaints(): Promise<readonly string[]>;
}

export interface GateWish {
  readonly ground: Pick<Ground, 'host' | 'now'>;
  readonly facts: Pick<HostFacts, 'engine'>;
  /** Undefined where there is no live host to look at. */
  readonly setup: HealthSetup | undefined;
  readonly steps: readonly StepInput[];
  readonly ui: Pick<Ui, 'progress' | 'stopRequested'>;
}

const NOTHING_ANNOUNCED: Announced = { containersStopped: [], otherContainers: false, withoutProxy: false };

/**
 * Looks at the host before the change; where dockerd will be activated, a throwaway container is started and removed. Undefined where
 * there is no live host.
 * @throws HardenError where `mustPass` is set and a check of the site fails already (H5001), or the engine does not tell what runs
 * (H5004): what is not known before could not be held against the change.
 */
export async function openGate(wish: GateWish, mustPass: boolean): Promise<HealthGate | undefined> {
  const { setup, facts, steps, ui } = wish;
  if (setup === undefined) {
    return undefined;
  }
  const touched = steps.some(({ kind }) => kind === 'activate');
  const activates = touched && facts.engine.unreachable === undefined;
  if (activates || setup.checks.length > 0) {
    ui.progress({ type: 'looking', what: whatIsLookedAt(setup, activates) });
  }
  const ground = groundOf(wish, setup);
  const baseline: HealthBaseline = await healthBefore(ground, {
    engine: activates ? 'answers' : touched ? 'silent' : 'untouched',
    mustPass,
  });
  if (mustPass) {
    refuseFailing(baseline.failing);
    refuseUnseen(baseline);
  }
  const since = wish.ground.now();
  const unit = facts.engine.service?.name ?? 'docker.service';
  return {
    judge: (announced) => judgeHealth(ground, baseline, announced),
    judgeUndone: (engineMs = setup.limits.engineMs) => {
      const limits = { ...setup.limits, engineMs };
      return judgeHealth({ ...ground, stop: () => false, setup: { ...setup, limits } }, baseline, NOTHING_ANNOUNCED);
    },
    complaints: () => (activates ? setup.probes.complaints(unit, since) : Promise.resolve([])),
  };
}

/** The site's own checks that fail at this moment. */
export function failingNow({ checks, probes }: HealthSetup, stop: () => boolean): Promise<readonly Trouble[]> {
  return failingChecks(checks, probes, stop);
}

/** In a dry run only the site's own checks are run. @throws HardenError H5001 */
export async function refuseUnhealthy(setup: HealthSetup | undefined, ui: Ui): Promise<void> {
  if (setup !== undefined) {
    const stopped = (): boolean => ui.stopRequested() !== undefined;
    refuseFailing(await failingChecks(setup.checks, setup.probes, stopped));
  }
}

/** What the plan says before, and so is no trouble after. */
export function announcedBy(plan: Plan): Announced {
  const keys = new Set(plan.changes.flatMap(({ target }) => (target.type === 'daemon-option' ? [target.key] : [])));
  return {
    containersStopped: plan.effects.flatMap((effect) => effect.containersStopped),
    otherContainers: keys.has('userns-remap'),
    withoutProxy: keys.has('userland-proxy'),
  };
}

function groundOf({ ground, facts, ui }: GateWish, setup: HealthSetup): HealthGround {
  const { apiSocket } = facts.engine;
  return { host: ground.host, socket: apiSocket, setup, stop: () => ui.stopRequested() !== undefined };
}

function whatIsLookedAt({ trial, checks }: HealthSetup, activates: boolean): string {
  return [
    ...(checks.length > 0 ? [checks.length === 1 ? '1 health check' : `${checks.length} health checks`] : []),
    ...(activates && trial !== undefined ? ['a throwaway container'] : []),
    ...(activates && trial === undefined ? ['containers and ports'] : []),
  ].join(', ');
}

function refuseFailing(failing: readonly Trouble[]): void {
  if (failing.length > 0) {
    throw new HardenError({
      code: 'H5001',
      exit: EXIT.planNotApplicable,
      message: `${failing.length === 1 ? 'a health check fails' : `${failing.length} health checks fail`} before anything was done. Nothing was changed.`,
      details: failing.map(({ what, reason }) => `${what}: ${reason}`),
      hint: 'Mend what it tells of, or take the check out of /etc/harden/health.d or --health; then: harden apply',
    });
  }
}

function refuseUnseen({ engine }: HealthBaseline): void {
  if (engine === 'unseen') {
    throw new HardenError({
      code: 'H5004',
      exit: EXIT.planNotApplicable,
      message:
        'the engine does not tell which containers run, so nobody could tell whether they run afterwards. Nothing was changed.',
      hint: 'To see what it says: docker inspect $(docker ps -q); to go on without what activates dockerd: harden apply --yes --max-impact none --skip-over-ceiling',
    });
  }
}
