import { resourceAddress, type ResourceAddress } from '../../model/brand.ts';
import type { Comparison } from '../../model/change.ts';
import type { ReportDesired } from '../../model/remediation.ts';
import type { Known } from '../../model/state.ts';
import type { AssessContext, Targets } from '../resource-type.ts';
import {
  judgeBaseDeviceSize,
  judgeEngineVersion,
  judgeOsHardening,
  judgeRootless,
  judgeStorageDriver,
} from './engine.ts';
import { judgeTcpListeners } from './listeners.ts';
import { judgeSocketGroupMembers } from './members.ts';
import { judgeDataRootMount } from './mount.ts';
import type { Judges, ReportState } from './state.ts';

const JUDGES: Judges = {
  'data-root-mount': judgeDataRootMount,
  'socket-group-members': judgeSocketGroupMembers,
  'os-hardening': judgeOsHardening,
  'engine-version': judgeEngineVersion,
  rootless: judgeRootless,
  'storage-driver-aufs': judgeStorageDriver('aufs', 24),
  'storage-driver-devicemapper': judgeStorageDriver('devicemapper', 25),
  'base-device-size': judgeBaseDeviceSize,
  'tcp-listeners': judgeTcpListeners,
};

/** One per subject: the host itself, or the engine on it. */
export function reportTargets(desired: ReportDesired, { facts }: AssessContext): Targets<ReportDesired> {
  const { flavour } = facts.engine;
  if (facts.hostKind === 'root' && desired.about === 'data-root-mount') {
    const reason = 'what is mounted there is decided where this system runs';
    return { status: 'none', verdict: 'not-applicable', reason, evidence: [] };
  }
  return flavour === 'none' && desired.about !== 'os-hardening'
    ? { status: 'none', verdict: 'not-applicable', reason: 'there is no Docker engine here', evidence: [] }
    : { status: 'found', targets: [desired] };
}

export function reportAddress({ about }: ReportDesired): ResourceAddress {
  return resourceAddress('report', about);
}

/** Never proposes a change: what is not right here needs a decision, a migration or an upgrade. */
export function compareReport(
  { about }: ReportDesired,
  _target: ReportDesired,
  state: Known<ReportState>,
  context: AssessContext,
): Comparison {
  return state.status === 'absent'
    ? { verdict: 'not-checked', reason: 'nothing to look at was found', evidence: [] }
    : JUDGES[about](state.value, context);
}
