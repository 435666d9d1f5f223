import { type AbsPath, type ResourceAddress, resourceAddress } from '../../model/brand.ts';
import { digestOf, type Json, type JsonObject } from '../../model/canonical.ts';
import type { ProposedChange } from '../../model/change.ts';
import type { DaemonOptionDesired } from '../../model/remediation.ts';
import type { AssessContext } from '../resource-type.ts';
import { impactOf, pendingFor } from './activation.ts';
import { breaksOf, notesFor, runningNames } from './consequences.ts';
import type { KeyEdit } from './edit.ts';
import type { Effective } from './effective.ts';
import type { FlagUse } from './flags.ts';
import { type Candidate, doubtsAbout, obstaclesFor, remarksAbout } from './guards.ts';
import type { Remark } from './inspect-document.ts';
import { knowledgeOf, standardValue } from './keys.ts';
import { lostLiveRestore } from './live-restore.ts';
import { masked } from './mask.ts';
import { settingsTogether } from './settings.ts';
import type { OptionState } from './state.ts';
import type { Write } from './wanted.ts';

/** One key of one file. */
export interface OptionTarget {
  readonly file: AbsPath;
  readonly key: string;
}

/** All that one comparison weighs. */
export interface Case {
  readonly desired: DaemonOptionDesired;
  readonly target: OptionTarget;
  readonly state: OptionState;
  readonly context: AssessContext;
  readonly flags: ReadonlyMap<string, FlagUse>;
  readonly effective: Effective;
  readonly write: Write;
  readonly remarks: readonly Remark[];
}

export function addressOf(key: string): ResourceAddress {
  return resourceAddress('daemon-option', key);
}

/** What would keep dockerd from starting after `edits`; keys of the same file that have to change with them are `needs`. */
export function obstaclesAfter(
  weighed: Case,
  edits: readonly KeyEdit[],
): { readonly obstacles: readonly string[]; readonly needs: readonly ResourceAddress[] } {
  const { target, state, flags, context } = weighed;
  const settings = settingsTogether(state.document, flags, edits);
  const needed = target.key === 'icc' ? fileKeysInTheWay(settings, flags) : [];
  const candidate: Candidate = {
    settings: { ...settings, ...Object.fromEntries(needed.map((key) => [key, true])) },
    surroundings: state.surroundings,
    facts: context.facts,
  };
  const keys = edits.length === 0 ? [target.key] : edits.map((edit) => edit.key);
  return { obstacles: keys.flatMap((key) => obstaclesFor(key, candidate)), needs: needed.map(addressOf) };
}

/** The step that brings the file to the wanted value; its daemon is told as far as somebody here can. */
export function writingChange(
  weighed: Case,
  write: Extract<Write, { status: 'edits' }>,
  needs: readonly ResourceAddress[],
): ProposedChange {
  const { target, state, effective, context } = weighed;
  const { facts } = context;
  const impact = impactOf(target.key, facts);
  const held = knowledgeOf(target.key)?.heldByRunningContainers === true && runningNames(facts).length > 0;
  const candidate: Candidate = {
    settings: settingsTogether(state.document, weighed.flags, write.edits),
    surroundings: state.surroundings,
    facts,
  };
  const doubts = write.edits.flatMap((edit) => doubtsAbout(edit.key, candidate));
  const removes = write.value === undefined;
  const inFile = effective.inFile;
  return {
    address: addressOf(target.key),
    title: removes
      ? `Take ${target.key} out of ${state.file}`
      : `Set ${target.key} to ${shown(target.key, write.value)} in ${state.file}`,
    target: { type: 'daemon-option', file: state.file, key: target.key },
    op: removes ? 'remove' : 'set',
    before:
      inFile === undefined ? { state: 'unset', effective: effective.configured.value } : masked(target.key, inFile),
    after: afterOf(target.key, write, facts.engine.version),
    fingerprint: fingerprintOf(weighed),
    risk: doubts.length > 0 ? 'high' : (knowledgeOf(target.key)?.risk ?? 'high'),
    impact,
    liveAfter: impact === 'none' || held ? 'restart' : 'now',
    reversible: true,
    needs,
    breaks: [
      ...breaksOf(target.key, write.value, facts),
      ...(impact === 'restart' ? lostLiveRestore(candidate.settings['live-restore'] === true, facts) : []),
    ],
    notes: [
      ...notesFor(target.key, state, facts),
      ...doubts,
      ...write.edits.flatMap((edit) => remarksAbout(edit.key, candidate)),
      ...(held
        ? [
            'with live-restore and running containers the default bridge stays as it is until they are stopped and docker restarts',
          ]
        : []),
      ...(impact === 'none' ? [`to make it live: ${pendingFor(target.key, facts).command}`] : []),
    ],
  };
}

/** The step that makes a file that is right already live. */
export function activatingChange(weighed: Case): ProposedChange {
  const { target, state, effective, context } = weighed;
  const { facts } = context;
  const impact = impactOf(target.key, facts);
  return {
    address: addressOf(target.key),
    title: `Make ${target.key} in ${state.file} live`,
    target: { type: 'daemon-option', file: state.file, key: target.key },
    op: 'activate',
    before: { running: 'value' in effective.live ? masked(target.key, effective.live.value) : 'unknown' },
    after: { running: masked(target.key, effective.configured.value) },
    fingerprint: fingerprintOf(weighed),
    risk: knowledgeOf(target.key)?.risk ?? 'high',
    impact,
    liveAfter: 'now',
    reversible: false,
    needs: [],
    breaks: [
      ...breaksOf(target.key, effective.configured.value, facts),
      ...(impact === 'restart'
        ? lostLiveRestore(settingsTogether(state.document, weighed.flags, [])['live-restore'] === true, facts)
        : []),
    ],
    notes: ['the file stays as it is; what dockerd runs with now cannot be brought back without it'],
  };
}

/** A value for a sentence. */
export function shown(key: string, value: Json | undefined): string {
  return JSON.stringify(masked(key, value ?? null));
}

function fileKeysInTheWay(settings: JsonObject, flags: ReadonlyMap<string, FlagUse>): readonly string[] {
  const inTheWay = ['iptables', ...(settings['ipv6'] === true ? ['ip6tables'] : [])];
  return settings['icc'] === false ? inTheWay.filter((key) => settings[key] === false && !flags.has(key)) : [];
}

/** The value written; for keys that are only written together, an object of all of them. */
function afterOf(key: string, write: Extract<Write, { status: 'edits' }>, version: string | undefined): Json {
  if (write.value === undefined) {
    return { state: 'unset', effective: standardValue(key, version) };
  }
  return write.edits.length === 1
    ? write.value
    : { keys: Object.fromEntries(write.edits.flatMap((edit) => ('set' in edit ? [[edit.key, edit.set]] : []))) };
}

/** Changes with what matters for this key only, so that an edit of a foreign key does not make a plan stale. */
function fingerprintOf({ target, state, effective }: Case): ReturnType<typeof digestOf> {
  const { live, inFile, flag } = effective;
  return digestOf({
    file: state.file,
    key: target.key,
    status: state.document.status,
    inFile: inFile ?? null,
    flag: flag?.value ?? null,
    live,
  });
}
