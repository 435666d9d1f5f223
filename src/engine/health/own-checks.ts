import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthCheck, HealthProbe, HealthProbes } from '../../model/health.ts';
import type { Trouble } from '../../model/transaction.ts';

/** The checks that fail, each after all its attempts; one after the other, as they stand. */
export async function failingChecks(
  checks: readonly HealthCheck[],
  probes: HealthProbes,
  stop: () => boolean,
): Promise<readonly Trouble[]> {
  const failing: Trouble[] = [];
  for (const check of checks) {
    if (stop()) {
      return failing;
    }
    const reason = await reasonAgainst(check, probes, stop);
    if (reason !== undefined) {
      failing.push({ what: `health check "${check.name}"`, reason: `${probeWords(check.probe)}: ${reason}` });
    }
  }
  return failing;
}

async function reasonAgainst(
  { probe, timeoutMs, attempts, intervalMs }: HealthCheck,
  probes: HealthProbes,
  stop: () => boolean,
): Promise<string | undefined> {
  for (let left = attempts; ; left -= 1) {
    const reason = await probes.ask(probe, timeoutMs);
    if (reason === undefined || left <= 1 || stop()) {
      return reason;
    }
    await sleep(intervalMs);
  }
}

function probeWords(probe: HealthProbe): string {
  switch (probe.type) {
    case 'tcp':
      return `${probe.host}:${probe.port}`;
    case 'http':
      return probe.url;
    case 'command':
      return probe.argv[0];
  }
}
