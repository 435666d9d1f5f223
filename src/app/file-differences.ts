import { workOf } from '../engine/work.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Differences, FileDifference } from '../model/file-difference.ts';
import type { Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import type { StepInput } from '../model/transaction.ts';
import type { Ground } from './ground.ts';

/**
 * What carrying out these changes would write, file by file, read from the steps themselves; nothing is written.
 * The texts are those of the host, secrets and all.
 */
export async function fileDifferences(
  ground: Pick<Ground, 'host' | 'types'>,
  facts: HostFacts,
  changes: Plan['changes'],
): Promise<Differences> {
  const types = [...new Set(changes.map(({ target }) => target.type))];
  const parts = await Promise.all(
    types.map((type) =>
      differencesOf(
        ground,
        facts,
        changes.filter(({ target }) => target.type === type),
      ),
    ),
  );
  return { files: parts.flatMap(({ files }) => files), unseen: parts.flatMap(({ unseen }) => unseen) };
}

async function differencesOf(
  { host, types }: Pick<Ground, 'host' | 'types'>,
  facts: HostFacts,
  changes: Plan['changes'],
): Promise<Differences> {
  try {
    const { steps } = await workOf(changesOf({ changes }), types, facts, host);
    return {
      files: [...finalTexts(steps)].map(([path, after]) => ({ path, before: textAt(path, host), after })),
      unseen: [],
    };
  } catch {
    // A recording does not hold every file; what is in the way on a live host, its apply says.
    return { files: [], unseen: changes.map(({ id }) => id) };
  }
}

function finalTexts(steps: readonly StepInput[]): ReadonlyMap<FileDifference['path'], string | null> {
  const texts = new Map<FileDifference['path'], string | null>();
  for (const step of steps) {
    if (step.kind === 'write-file') {
      texts.set(step.path, Buffer.from(step.content).toString('utf8'));
    } else if (step.kind === 'remove-file') {
      texts.set(step.path, null);
    }
  }
  return texts;
}

function textAt(path: FileDifference['path'], host: Ground['host']): string | null {
  const now = host.read(path);
  if (now.status === 'unreadable') {
    throw new Error(now.reason);
  }
  return now.status === 'present' ? Buffer.from(now.value).toString('utf8') : null;
}
