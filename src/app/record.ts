import { assessSelection } from '../engine/assess.ts';
import { lookedAtEntries } from '../engine/facts/packages.ts';
import { gatherFacts } from '../engine/facts/gather-facts.ts';
import { withRestartPolicies } from '../engine/restart-policies.ts';
import type { AbsPath } from '../model/brand.ts';
import { BENCHMARKS, type Selection } from '../model/remediation.ts';
import type { Ground } from './ground.ts';

/** Asks the host everything any control of any benchmark could ask; what a recording notes of it is enough to plan elsewhere. */
export async function record(ground: Ground): Promise<void> {
  const facts = await withRestartPolicies(ground.host, await gatherFacts(ground.host));
  await assessSelection(everything(ground), facts, ground.host, ground.types);
}

/** What of a file belongs into a recording: of the package database only the entries facts look at. */
export function recordedPart(path: AbsPath, text: string): string {
  return path === '/var/lib/dpkg/status' ? lookedAtEntries(text) : text;
}

function everything(ground: Ground): Selection {
  return {
    profile: {
      name: 'everything',
      title: 'everything',
      benchmark: BENCHMARKS[BENCHMARKS.length - 1] ?? 'cis-docker-1.8.0',
      level: 2,
      parameters: {},
      include: [],
      exclude: [],
    },
    selected: ground.catalogue.remediations.map((remediation) => ({
      remediation,
      id: remediation.control,
      parameters: {},
    })),
    leftOut: [],
    notCovered: '',
  };
}
