import type { Json } from '../../model/canonical.ts';
import type { Comparison } from '../../model/change.ts';
import type { DaemonOptionDesired } from '../../model/remediation.ts';
import type { Known } from '../../model/state.ts';
import { lostWithImage } from '../common/image-folders.ts';
import type { AssessContext } from '../resource-type.ts';
import { canActivate, pendingFor } from './activation.ts';
import { runningNames } from './consequences.ts';
import type { KeyEdit } from './edit.ts';
import { effectiveValue } from './effective.ts';
import { type FlagUse, parseFlags } from './flags.ts';
import { inspectDocument, type Remark } from './inspect-document.ts';
import { knowledgeOf } from './keys.ts';
import { masked } from './mask.ts';
import { activatingChange, type Case, obstaclesAfter, type OptionTarget, shown, writingChange } from './proposal.ts';
import { settingsTogether } from './settings.ts';
import type { OptionState } from './state.ts';
import { accepts, writeOf } from './wanted.ts';

/** The verdict for one key; `pass` only where the running daemon uses an accepted value and the next start will too. */
export function compareOption(
  desired: DaemonOptionDesired,
  target: OptionTarget,
  known: Known<OptionState>,
  context: AssessContext,
): Comparison {
  if (known.status === 'absent') {
    return { verdict: 'not-checked', reason: `nothing could be read for ${target.key}`, evidence: [] };
  }
  const state = known.value;
  const { engine } = context.facts;
  const flags = parseFlags(engine.argv);
  const effective = effectiveValue(target.key, state, flags, engine);
  const remarks = inspectDocument(state.document, flags, engine.version);
  const weighed: Case = {
    desired,
    target,
    state,
    context,
    flags,
    effective,
    write: writeOf(desired, context.parameters),
    remarks,
  };
  return (
    notForThisHost(weighed) ??
    brokenFile(weighed) ??
    configuredWrongly(weighed) ??
    notLive(weighed) ?? { verdict: 'pass', evidence: effective.evidence }
  );
}

function notForThisHost(weighed: Case): Comparison | undefined {
  const { target, state, context, effective } = weighed;
  const { engine } = context.facts;
  const { evidence } = effective;
  if (target.key === 'live-restore' && (engine.swarm === 'active' || state.surroundings.swarmOnDisk)) {
    return { verdict: 'not-applicable', reason: 'this host is in a swarm, which excludes live-restore', evidence };
  }
  if (target.key === 'icc' && engine.running && engine.unreachable === undefined && engine.bridge === null) {
    return { verdict: 'not-applicable', reason: 'this engine has no default bridge', evidence };
  }
  if (target.key.startsWith('tls') && !listensOnTcp(weighed)) {
    return { verdict: 'not-applicable', reason: 'dockerd listens on no TCP address', evidence };
  }
  const seccomp = engine.info['SecurityOptions'];
  if (
    target.key === 'seccomp-profile' &&
    Array.isArray(seccomp) &&
    !seccomp.some((option) => String(option).startsWith('name=seccomp'))
  ) {
    return { verdict: 'not-applicable', reason: 'this kernel has no seccomp', evidence };
  }
  return undefined;
}

/** Addresses from flags, file, what the profile would set, and the socket unit. */
function listensOnTcp({ flags, state, write, context }: Case): boolean {
  const inFile = settingsTogether(state.document, new Map(), write.status === 'edits' ? write.edits : [])['hosts'];
  const isTcp = (hosts: Json | undefined): boolean =>
    Array.isArray(hosts) && hosts.some((address) => String(address).startsWith('tcp://'));
  const socketAddresses = context.facts.engine.socketUnit?.listen ?? [];
  return (
    isTcp(flags.get('hosts')?.value) || isTcp(inFile) || socketAddresses.some((address) => !address.startsWith('/'))
  );
}

function brokenFile({ state, effective }: Case): Comparison | undefined {
  if (state.document.status !== 'invalid') {
    return undefined;
  }
  const { message, line, column, excerpt, before } = state.document.problem;
  // The name of a secret may stand on the line before it.
  const evidence = [
    ...effective.evidence,
    ...(before.trim() === '' ? [] : [{ source: state.file, read: `line ${line - 1}`, value: masked(before, before) }]),
    { source: state.file, read: `line ${line}, column ${column}`, value: masked(`${before} ${excerpt}`, excerpt) },
  ];
  return { verdict: 'error', reason: `${state.file}, line ${line}, column ${column}: ${message}`, evidence };
}

/** What the next start would use is not accepted. Without a value from the site it is for the site to say what is right. */
function configuredWrongly(weighed: Case): Comparison | undefined {
  const { desired, target, state, effective, write, remarks, context } = weighed;
  const { configured, flag, inFile, evidence } = effective;
  if (flag !== undefined && inFile !== undefined) {
    const reason = `${target.key} stands in ${state.file} and as the flag ${flag.spelled}, so dockerd will not start again`;
    return {
      verdict: 'fail',
      reason,
      evidence,
      steps: [`remove ${target.key} from one of the two`, ...flagSteps(weighed, flag)],
    };
  }
  if (accepts(desired, write, configured.value)) {
    return undefined;
  }
  if (flag !== undefined) {
    return wrongFlag(weighed, flag);
  }
  const reason = `${target.key} is ${shown(target.key, configured.value)}${configured.from === 'standard' ? ', the default' : ''}`;
  if (write.status !== 'edits') {
    return { verdict: 'manual', reason, evidence, steps: context.manual };
  }
  if (write.value === undefined && inFile === undefined) {
    return { verdict: 'not-applicable', reason: `${reason} of this engine; there is nothing to take out`, evidence };
  }
  const broken = unfit(state, remarks);
  if (broken !== undefined) {
    return { verdict: 'error', reason: `${state.file}, ${broken}`, evidence };
  }
  const hindrance = cannotEdit(remarks, write.edits, weighed.flags);
  if (hindrance !== undefined) {
    return {
      verdict: 'fail',
      reason: `${reason}, and ${hindrance}`,
      evidence,
      steps: [`mend ${state.file}, then plan again`, ...context.manual],
    };
  }
  const foreign = madeElsewhere(weighed);
  if (foreign !== undefined) {
    return { verdict: 'fail', reason: `${reason}; ${foreign}`, evidence, steps: context.manual };
  }
  const { obstacles, needs } = obstaclesAfter(weighed, write.edits);
  if (obstacles.length > 0) {
    return {
      verdict: 'fail',
      reason: `${reason}; not changed because ${obstacles.join('; ')}`,
      evidence,
      steps: context.manual,
    };
  }
  const unknown = unansweredDaemon(weighed);
  return unknown ?? { verdict: 'fail', reason, evidence, change: writingChange(weighed, write, needs) };
}

function wrongFlag(weighed: Case, flag: FlagUse): Comparison {
  const { target, effective, write, context } = weighed;
  const reason = `the flag ${flag.spelled} sets ${target.key} to ${shown(target.key, flag.value)}`;
  const left = { reason, evidence: effective.evidence, steps: [...flagSteps(weighed, flag), ...context.manual] };
  return write.status === 'edits' ? { verdict: 'fail', ...left } : { verdict: 'manual', ...left };
}

/** On systems that are built as an image a change of such a file is lost, or damages a store that others share. */
function madeElsewhere({ state, context }: Case): string | undefined {
  const lost = lostWithImage(state.file, context.facts);
  return lost === undefined ? undefined : `${state.file} is not changed here: ${lost}`;
}

/** A daemon that runs but does not answer: what a change would interrupt cannot be said. */
function unansweredDaemon({ effective, context }: Case): Comparison | undefined {
  const { running, unreachable } = context.facts.engine;
  return running && unreachable !== undefined
    ? { verdict: 'not-checked', reason: `dockerd does not answer: ${unreachable}`, evidence: effective.evidence }
    : undefined;
}

/** The file is right; the running daemon is not, or cannot be asked. */
function notLive(weighed: Case): Comparison | undefined {
  const { desired, target, state, effective, write, context } = weighed;
  const { live, evidence } = effective;
  switch (live.status) {
    case 'none':
      return notRunning(weighed, live.reason);
    case 'shown':
    case 'since-start':
      if (accepts(desired, write, live.value)) {
        return undefined;
      }
      break;
    case 'unknown':
      if (state.youngerThanDaemon === undefined) {
        const reason = `the settings are right, but dockerd does not show ${target.key} and when it started is not known`;
        return { verdict: 'not-checked', reason, evidence };
      }
      break;
  }
  const reason =
    live.status === 'unknown'
      ? `${state.file} changed after dockerd started, and dockerd does not show ${target.key}`
      : `set as it should be, but the running dockerd still has ${shown(target.key, live.value)}`;
  const held = heldBack(target.key, context);
  if (held !== undefined) {
    return {
      verdict: 'fail',
      reason: `${reason}; ${held.reason}`,
      evidence,
      pending: { until: 'restart', command: held.command },
    };
  }
  if (!canActivate(context.facts) || obstaclesAfter(weighed, []).obstacles.length > 0) {
    return { verdict: 'fail', reason, evidence, pending: pendingFor(target.key, context.facts) };
  }
  return { verdict: 'fail', reason, evidence, change: activatingChange(weighed) };
}

/** What is written is right. In a folder nothing can run, so what the file says is all there is to wait for. */
function notRunning({ target, effective, context }: Case, silence: string): Comparison {
  const { configured, evidence } = effective;
  const { facts } = context;
  const reason = `${silence}; the settings are as they should be`;
  if (facts.engine.running) {
    return { verdict: 'not-checked', reason, evidence };
  }
  const pending = pendingFor(target.key, facts);
  return facts.hostKind === 'root' && configured.from !== 'standard'
    ? {
        verdict: 'fail',
        reason: `${target.key} is written as it should be; no dockerd runs with it yet`,
        evidence,
        pending,
      }
    : { verdict: 'not-checked', reason, evidence, pending };
}

/** With live-restore the default bridge is taken over as it is while containers run. */
function heldBack(
  key: string,
  { facts }: AssessContext,
): { readonly reason: string; readonly command: string } | undefined {
  const running = runningNames(facts);
  if (
    knowledgeOf(key)?.heldByRunningContainers !== true ||
    facts.engine.info['LiveRestoreEnabled'] !== true ||
    running.length === 0
  ) {
    return undefined;
  }
  const restart = pendingFor(key, facts).command;
  return {
    reason: 'containers that outlive a restart hold the default bridge as it is',
    command: `docker stop ${running.join(' ')}, then ${restart}, then docker start ${running.join(' ')}`,
  };
}

/** Well-formed, but dockerd would not start with it, or nobody can say what it means. */
function unfit(state: OptionState, remarks: readonly Remark[]): string | undefined {
  const fatal = remarks.find((remark) => remark.severity === 'fatal');
  if (fatal !== undefined) {
    return `${fatal.message}; dockerd would not start with this file`;
  }
  return state.document.status === 'object' && state.document.duplicates.length > 0
    ? (remarks.find((remark) => remark.message.includes('stands twice'))?.message ?? 'a key stands twice')
    : undefined;
}

function cannotEdit(
  remarks: readonly Remark[],
  edits: readonly KeyEdit[],
  flags: ReadonlyMap<string, FlagUse>,
): string | undefined {
  const nested = remarks.find((remark) => edits.some((edit) => edit.key === remark.key));
  if (nested?.message.includes('stands inside') === true) {
    return nested.message;
  }
  const flag = edits.map((edit) => flags.get(edit.key)).find((use) => use !== undefined);
  return flag === undefined ? undefined : `${flag.key} is given as the flag ${flag.spelled}`;
}

function flagSteps({ context }: Case, flag: FlagUse): readonly string[] {
  const { service, argvSource } = context.facts.engine;
  if (service === undefined) {
    return [`start dockerd without ${flag.spelled}`];
  }
  const place = service.execStartOverridden ? service.dropInPaths.join(', ') : service.fragmentPath;
  const step = `in ${place ?? service.name}: take ${flag.spelled} out of ExecStart (in a drop-in, with an empty ExecStart= before it), then systemctl daemon-reload and restart ${service.name}`;
  return argvSource === 'process' && !service.execStart.some((word) => word.startsWith(flag.spelled))
    ? [step, `${flag.spelled} may come from an EnvironmentFile of the unit`]
    : [step];
}
