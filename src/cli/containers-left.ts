import { leftDown, stillDown } from '../app/down-since.ts';
import { HardenError } from '../model/errors.ts';
import type { ContainerFacts } from '../model/facts.ts';
import type { ContainersDown } from '../model/status.ts';
import { type RunsArguments, lookAtRuns } from './stored-runs.ts';

/** Containers the last run left down and that are as it left them; whoever may not read what is kept, or damage there, learns of none. */
export async function containersLeft(
  args: RunsArguments,
  now: () => Promise<readonly ContainerFacts[] | undefined>,
): Promise<ContainersDown | undefined> {
  const left = kept(args);
  return left === undefined ? undefined : stillDown(left, await now());
}

function kept(args: RunsArguments): ContainersDown | undefined {
  try {
    return lookAtRuns(args, leftDown);
  } catch (error) {
    if (error instanceof HardenError || (error instanceof Error && 'code' in error)) {
      return undefined;
    }
    throw error;
  }
}
