import type { Ground } from '../app/ground.ts';
import { HEALTH_LIMITS, type HealthSetup } from '../model/health.ts';
import { tell } from './output.ts';

/** What the command line says of health checks. */
export interface HealthArguments {
  readonly health: readonly string[];
  readonly 'trial-container': boolean;
}

/**
 * What a live host is looked at with; undefined for a folder, which runs nothing.
 * @throws HardenError where a file of checks has mistakes or others than root could change it.
 */
export async function healthSetup(ground: Ground, args: HealthArguments): Promise<HealthSetup | undefined> {
  if (ground.host.kind !== 'live') {
    if (args.health.length > 0) {
      tell('harden: health checks are not run: a folder is not a running host.\n');
    }
    return undefined;
  }
  // A plan does not wait for these to load.
  const [{ healthChecks }, { healthProbes }, { containerTrial }] = await Promise.all([
    import('../app/health-files.ts'),
    import('../host/health-probes.ts'),
    import('../host/container-trial.ts'),
  ]);
  return {
    probes: healthProbes(),
    trial: args['trial-container'] ? containerTrial() : undefined,
    checks: healthChecks(ground.host, args.health),
    limits: HEALTH_LIMITS,
  };
}
