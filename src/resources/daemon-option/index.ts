import type { DaemonOptionDesired } from '../../model/remediation.ts';
import {
  type AnyResourceType,
  type AssessContext,
  defineResourceType,
  type ResourceType,
  type Targets,
} from '../resource-type.ts';
import { workForOptions } from './change.ts';
import { compareOption } from './compare.ts';
import { standingOf } from './keys.ts';
import { observeOption } from './observe.ts';
import { addressOf, type OptionTarget } from './proposal.ts';
import { revertOptions } from './revert.ts';
import { daemonOptionSchema } from './schema.ts';
import type { OptionState } from './state.ts';

export { restartKeepsContainers } from './live-restore.ts';
export { candidateFor, preCheck, validateCommand } from './pre-checks.ts';

/** A key of daemon.json. */
export const daemonOptionType: ResourceType<DaemonOptionDesired, OptionTarget, OptionState> = {
  name: 'daemon-option',
  schema: daemonOptionSchema,
  targets,
  address: (target) => addressOf(target.key),
  observe: observeOption,
  compare: compareOption,
  work: workForOptions,
  revert: revertOptions,
};

export const daemonOption: AnyResourceType = defineResourceType(daemonOptionType);

function targets(desired: DaemonOptionDesired, { facts }: AssessContext): Targets<OptionTarget> {
  const { engine } = facts;
  if (engine.refusal !== undefined) {
    return { status: 'none', verdict: 'not-checked', reason: engine.refusal, evidence: [] };
  }
  if (engine.flavour === 'none') {
    return {
      status: 'none',
      verdict: 'not-applicable',
      reason: 'there is no Docker engine on this host',
      evidence: [],
    };
  }
  if (engine.version !== undefined && standingOf(desired.key, engine.version) === 'unknown') {
    const evidence = [{ source: 'Engine API GET /version', read: 'Version', value: engine.version }];
    return {
      status: 'none',
      verdict: 'not-applicable',
      reason: `Engine ${engine.version} does not know ${desired.key}`,
      evidence,
    };
  }
  return { status: 'found', targets: [{ file: engine.configFile.path, key: desired.key }] };
}
