import { resourceAddress, type ResourceAddress } from '../../model/brand.ts';
import { digestOf, type JsonObject } from '../../model/canonical.ts';
import type { Comparison, DurableAccess, ProposedChange } from '../../model/change.ts';
import type { FileAccessDesired, Risk } from '../../model/remediation.ts';
import type { Evidence, Known } from '../../model/state.ts';
import type { Access } from '../../model/transaction.ts';
import type { AssessContext, Targets } from '../resource-type.ts';
import { groupText, userText } from '../common/accounts.ts';
import { lostAccess, remarks } from './effects.ts';
import { obstacleOf } from './obstacles.ts';
import { SOCKET_KEYS, type SocketKey } from '../common/socket-settings.ts';
import { dropInText, SOCKET_DEFAULTS, type WantedSettings } from './socket-unit.ts';
import type { AccessState, AccessTarget } from './state.ts';
import { acceptedAccess, allowedBits, octal, sameAccess, settingsNeeded } from './wanted.ts';

/** Each path the subject has here. A subject that is not there has no access to speak of. */
export function accessTargets(desired: FileAccessDesired, { facts, willExist }: AssessContext): Targets<AccessTarget> {
  const subject = facts.subjects[desired.subject];
  switch (subject.status) {
    case 'present':
      return { status: 'found', targets: subject.paths.map((path) => ({ subject: desired.subject, path, desired })) };
    case 'unreadable':
      return { status: 'none', verdict: 'not-checked', reason: subject.reason, evidence: [] };
    case 'absent': {
      const { reason, planned, evidence } = subject;
      if (facts.hostKind === 'root' && desired.subject.endsWith('-socket')) {
        return { status: 'none', verdict: 'not-applicable', reason: 'sockets exist on a running host only', evidence };
      }
      const made = planned !== undefined && willExist.has(planned);
      const later = made ? '; this plan makes it, for root alone' : '';
      return { status: 'none', verdict: 'not-applicable', reason: `${reason}${later}`, evidence };
    }
  }
}

/** Mode and owner of one path are two addresses: each can be changed and taken back by itself. */
export function accessAddress({ path, desired }: AccessTarget): ResourceAddress {
  const mode = desired.atMost !== undefined;
  const owner = desired.owner !== undefined || desired.group !== undefined;
  return resourceAddress('file-access', mode && owner ? path : `${path}#${mode ? 'mode' : 'owner'}`);
}

export function compareAccess(
  desired: FileAccessDesired,
  target: AccessTarget,
  state: Known<AccessState>,
  context: AssessContext,
): Comparison {
  if (state.status === 'absent') {
    return { verdict: 'not-applicable', reason: `${target.path} is not there any more`, evidence: [] };
  }
  const found = state.value;
  const evidence = evidenceOf(target, found);
  const accepted = acceptedAccess(desired, found.stat, found.socketGroup);
  const settings = found.origin.type === 'socket-unit' ? settingsNeeded(desired, found.origin.unit) : {};
  const isNow = accepted !== undefined && sameAccess(accepted, found.stat);
  if (isNow && Object.keys(settings).length === 0) {
    return { verdict: 'pass', evidence };
  }
  const reason = isNow
    ? `${target.path} is as it should be now, but not after its next start`
    : whatIsWrong(target, found, accepted);
  const obstacle = obstacleOf(target, found, context.facts);
  if (obstacle !== undefined || accepted === undefined) {
    const why = obstacle ?? { reason: 'the group it should have is not known', steps: [] };
    const left = { reason: `${reason}; ${why.reason}`, evidence, steps: [...why.steps, ...context.manual] };
    return isSeenWrong(desired, found, accepted) ? { verdict: 'fail', ...left } : { verdict: 'manual', ...left };
  }
  return { verdict: 'fail', reason, evidence, change: proposal(target, found, { accepted, settings }, context) };
}

/** A mode of a link says nothing; whether a group is right cannot be said where the right one is not known. */
function isSeenWrong(desired: FileAccessDesired, { stat }: AccessState, accepted: Access | undefined): boolean {
  const tooMany = (stat.mode & ~allowedBits(desired)) !== 0;
  const user = desired.owner !== undefined && stat.uid !== 0;
  return stat.type !== 'symlink' && (accepted !== undefined || tooMany || user);
}

interface Goal {
  readonly accepted: Access;
  readonly settings: WantedSettings;
}

function proposal(target: AccessTarget, state: AccessState, goal: Goal, context: AssessContext): ProposedChange {
  const { before, after } = beforeAndAfter(target, state, goal);
  return {
    address: accessAddress(target),
    title: titleOf(target, state, goal),
    target: { type: 'file-access', path: target.path, durable: durableOf(state, goal.settings) },
    op: 'set',
    before,
    after,
    fingerprint: digestOf(observedPart(state)),
    risk: riskOf(target),
    impact: 'none',
    liveAfter: 'now',
    reversible: true,
    needs: [],
    breaks: lostAccess(target, state, goal.accepted),
    notes: remarks(target, state, goal.accepted, context.facts),
  };
}

/** Only what changes, or what the control is about; names for people, numbers for the way back. */
function beforeAndAfter(
  { desired }: AccessTarget,
  state: AccessState,
  { accepted, settings }: Goal,
): { before: JsonObject; after: JsonObject } {
  const { stat, accounts, origin } = state;
  const withMode = desired.atMost !== undefined || accepted.mode !== stat.mode;
  const withOwner = desired.owner !== undefined || desired.group !== undefined;
  const shown = ({ mode, uid, gid }: Access): JsonObject => ({
    ...(withMode ? { mode: octal(mode) } : {}),
    ...(withOwner ? { owner: userText(accounts, uid), group: groupText(accounts, gid), uid, gid } : {}),
  });
  const unit = origin.type === 'socket-unit' ? origin.unit : undefined;
  const keys = SOCKET_KEYS.filter((key) => settings[key] !== undefined);
  const was = Object.fromEntries(keys.map((key) => [key, unit?.settings[key]?.value ?? SOCKET_DEFAULTS[key]]));
  const folder = keys.length > 0 && unit?.dropIn?.folderExists === false ? { folder: 'absent' } : {};
  return { before: { ...shown(stat), ...was, ...folder }, after: { ...shown(accepted), ...settings } };
}

function durableOf({ origin }: AccessState, settings: WantedSettings): DurableAccess | undefined {
  const dropIn = origin.type === 'socket-unit' ? origin.unit.dropIn : undefined;
  return dropIn === undefined || Object.keys(settings).length === 0
    ? undefined
    : { file: dropIn.file, text: dropInText(dropIn.text, settings) };
}

/** What must not have moved between plan and apply: neither times nor inode numbers, which a restart of the engine changes. */
function observedPart({ stat, origin, attributes, realPath }: AccessState): unknown {
  const { type, mode, uid, gid, nlink } = stat;
  const source = origin.type === 'socket-unit' ? [origin.unit.settings, origin.unit.dropIn] : origin;
  return { type, mode, uid, gid, nlink: type === 'file' ? nlink : 0, source, attributes, realPath };
}

function whatIsWrong(
  { path, desired }: AccessTarget,
  { stat, accounts }: AccessState,
  accepted: Access | undefined,
): string {
  const tooMany = (stat.mode & ~allowedBits(desired)) !== 0;
  const user = desired.owner !== undefined && stat.uid !== 0;
  const group = accepted?.gid !== stat.gid && desired.group !== undefined;
  const owners = [
    ...(user ? [`user ${userText(accounts, stat.uid)}`] : []),
    ...(group ? [`group ${groupText(accounts, stat.gid)}`] : []),
  ];
  const wrong = [
    ...(tooMany ? [`has mode ${octal(stat.mode)}, and ${desired.atMost ?? ''} is the most`] : []),
    ...(owners.length > 0 ? [`belongs to ${owners.join(' and ')}`] : []),
  ];
  return `${path} ${wrong.join(', and ')}`;
}

function titleOf({ path, desired }: AccessTarget, { stat, accounts }: AccessState, { accepted }: Goal): string {
  if (sameAccess(accepted, stat)) {
    return `Keep the access of ${path} at its next start`;
  }
  if (desired.atMost !== undefined && accepted.uid === stat.uid && accepted.gid === stat.gid) {
    return `Tighten the mode of ${path}`;
  }
  const group =
    accepted.gid === 0
      ? ''
      : ` and group ${accounts.groups.find(({ gid }) => gid === accepted.gid)?.name ?? String(accepted.gid)}`;
  return `Give ${path} to root${group}`;
}

/** Other programs are likely to depend on the access of a socket or a key. */
function riskOf({ subject }: AccessTarget): Risk {
  return subject.endsWith('-socket') || subject.endsWith('-key') || subject.endsWith('-keys') ? 'medium' : 'low';
}

function evidenceOf(
  { path, desired }: AccessTarget,
  { stat, accounts, origin, socketGroup, attributes }: AccessState,
): readonly Evidence[] {
  const acl: readonly Evidence[] = attributes?.hasAcl === true ? [{ source: path, read: 'ACL', value: true }] : [];
  const mode: readonly Evidence[] =
    desired.atMost === undefined ? [] : [{ source: path, read: 'mode', value: octal(stat.mode) }];
  const owner: readonly Evidence[] =
    desired.owner === undefined ? [] : [{ source: path, read: 'owner', value: userText(accounts, stat.uid) }];
  const group: readonly Evidence[] =
    desired.group === undefined ? [] : [{ source: path, read: 'group', value: groupText(accounts, stat.gid) }];
  const wanted: readonly Evidence[] =
    socketGroup?.status === 'known'
      ? [{ source: socketGroup.source, read: socketGroup.read, value: socketGroup.name }]
      : [];
  return [...mode, ...owner, ...group, ...acl, ...wanted, ...originEvidence(desired, origin)];
}

function originEvidence(desired: FileAccessDesired, origin: AccessState['origin']): readonly Evidence[] {
  switch (origin.type) {
    case 'file-system':
    case 'dockerd':
      return [];
    case 'socket-unit': {
      const keys: readonly SocketKey[] = [
        ...(desired.atMost === undefined ? [] : ['SocketMode' as const]),
        ...(desired.owner === undefined ? [] : ['SocketUser' as const]),
      ];
      return keys.map((read) => {
        const setting = origin.unit.settings[read];
        return {
          source: setting?.file ?? `default of ${origin.unit.name}`,
          read,
          value: setting?.value ?? SOCKET_DEFAULTS[read],
        };
      });
    }
    case 'containerd':
      return [{ source: origin.source, read: 'uid and gid of the socket', value: `${origin.uid}:${origin.gid}` }];
  }
}
