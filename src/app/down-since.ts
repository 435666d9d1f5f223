import type { ContainerFacts } from '../model/facts.ts';
import type { ContainersSeen } from '../model/containers-seen.ts';
import { RunResult } from '../model/result.ts';
import type { ContainersDown } from '../model/status.ts';
import type { Runs } from '../state/runs.ts';

/** Containers that ran before the last run that restarted dockerd and were not running when it had ended; undefined where there are none. */
export function leftDown(runs: Runs): ContainersDown | undefined {
  for (const entry of runs.list().toReversed()) {
    const result = entry.verb === 'verify' || entry.verb === 'confirm' ? undefined : resultIn(runs.read(entry));
    const seen = result === undefined ? undefined : seenBy(result);
    if (seen !== undefined) {
      const { down, gone } = seen;
      return down.length + gone.length === 0 ? undefined : { run: entry.id, down, gone };
    }
  }
  return undefined;
}

/**
 * Those that are as that run left them; undefined where all that can be started run, or the engine does not tell: what was removed comes
 * back under no command, and is not told for ever.
 */
export function stillDown(
  left: ContainersDown,
  containers: readonly ContainerFacts[] | undefined,
): ContainersDown | undefined {
  if (containers === undefined) {
    return undefined;
  }
  const named = (name: string): readonly ContainerFacts[] => containers.filter((one) => one.name === name);
  const down = left.down.filter((name) => named(name).length > 0 && named(name).every(({ running }) => !running));
  const gone = left.gone.filter((name) => named(name).length === 0);
  return down.length === 0 ? undefined : { ...left, down, gone };
}

/** Undefined where it is none, or says nothing of containers. */
function resultIn(text: string | undefined): RunResult | undefined {
  const raw = text === undefined ? undefined : parsed(text);
  const mayTell = typeof raw === 'object' && raw !== null && ('containers' in raw || 'undo' in raw);
  return mayTell ? RunResult.safeParse(raw).data : undefined;
}

/** Of a run that was taken back when nobody looked, or dockerd did not tell, what its plan said before is all that is known of what ran. */
function seenBy(result: RunResult): Pick<ContainersSeen, 'down' | 'gone'> | undefined {
  if (result.type === 'done' || (result.type === 'rolled-back' && result.containers !== undefined)) {
    return result.containers;
  }
  const isBack = result.type === 'reverted' || result.type === 'rolled-back';
  const restart = isBack ? result.plan.effects.find(({ kind }) => kind === 'restart') : undefined;
  const gone = restart?.containersAfter?.removed ?? [];
  const down = restart?.containersStopped.filter((name) => !gone.includes(name));
  return down === undefined ? undefined : { down, gone };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
