import { assessSelection } from '../engine/assess.ts';
import type { AbsPath } from '../model/brand.ts';
import type { Json, JsonObject } from '../model/canonical.ts';
import type { Change, Comparison } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { FileDifference } from '../model/file-difference.ts';
import type { HostReader } from '../model/host.ts';
import type { Plan } from '../model/plan.ts';
import { changesOf } from '../model/plan-changes.ts';
import type { Evidence } from '../model/state.ts';
import type { KeptChange, SnapshotFiles } from '../resources/resource-type.ts';
import { selectionOf } from './applied-selection.ts';
import type { Ground } from './ground.ts';

/** What a rollback leaves as it found it; the reason says what the apply had set and what is there now, where that can be told. */
export interface LeftAlone extends KeptChange {
  /** When the file it stands in was last touched, by whomever; ISO 8601, UTC. */
  readonly touched?: string;
}

export interface WhatStays {
  readonly left: readonly LeftAlone[];
  /** Addresses of changes nobody can tell the owner of: what they stand in cannot be judged now. */
  readonly unjudged: ReadonlySet<string>;
}

interface Found {
  readonly applied: Plan;
  readonly facts: HostFacts;
}

/** Looks at the host where something is left alone, and nowhere else. */
export async function leftAlone(
  ground: Pick<Ground, 'catalogue' | 'host' | 'types'>,
  { applied, facts }: Found,
  kept: readonly KeptChange[],
): Promise<WhatStays> {
  const addresses = new Set(kept.map(({ address }) => address));
  const changes = changesOf(applied).filter(({ address }) => addresses.has(address));
  if (changes.length === 0) {
    return { left: kept, unjudged: new Set() };
  }
  const findings = await assessSelection(selectionOf(ground, changes, applied), facts, ground.host, ground.types);
  const found = new Map(findings.flatMap(({ assessments }) => assessments).map((one) => [one.address, one.comparison]));
  const unjudged = new Set<string>(
    kept
      .filter(({ address, until }) => until === undefined && !isJudged(found.get(address)))
      .map(({ address }) => address),
  );
  const left = kept.map((one) => {
    const change = changes.find(({ address }) => address === one.address);
    if (change === undefined || one.until !== undefined) {
      return one;
    }
    const now = unjudged.has(one.address) ? {} : differing(one, change, found.get(one.address)?.evidence ?? []);
    return { ...one, ...now, ...touched(fileOf(change), ground.host) };
  });
  return { left, unjudged };
}

function isJudged(now: Comparison | undefined): boolean {
  return now?.verdict !== 'error' && now?.verdict !== 'not-checked';
}

/** The files these changes stand in, as the apply left them and as they are; those it did not write are left out. Secrets and all. */
export function changedSince(
  applied: Plan,
  left: readonly LeftAlone[],
  files: SnapshotFiles,
  host: HostReader,
): readonly FileDifference[] {
  const addresses = new Set(left.map(({ address }) => address));
  const paths = changesOf(applied).flatMap((change) => (addresses.has(change.address) ? filesOf(change) : []));
  return [...new Set(paths)].flatMap((path) => {
    const image = files.after(path);
    const now = host.read(path);
    if (image === undefined || now.status === 'unreadable') {
      return [];
    }
    const before = image.status === 'present' ? textOf(files.bytes(image.value.sha256)) : null;
    const after = now.status === 'present' ? textOf(now.value) : null;
    return before === after ? [] : [{ path, before, after }];
  });
}

function differing({ reason }: KeptChange, change: Change, evidence: readonly Evidence[]): { readonly reason: string } {
  const [then, now] =
    change.target.type === 'daemon-option' ? optionTexts(change, evidence) : accessTexts(change, evidence);
  return { reason: then === now || then === '' || now === '' ? reason : `${reason}: ${then} then, ${now} now` };
}

type Texts = readonly [then: string, now: string];

function optionTexts({ target, after }: Change, evidence: readonly Evidence[]): Texts {
  const now =
    target.type === 'daemon-option'
      ? evidence.find(({ source, read }) => source === target.file && read === target.key)
      : undefined;
  return now === undefined ? ['', ''] : [optionText(after), optionText(now.value)];
}

function accessTexts({ target, after }: Change, evidence: readonly Evidence[]): Texts {
  if (target.type !== 'file-access' || !isObject(after)) {
    return ['', ''];
  }
  const now = evidence.filter(({ source, read }) => source === target.path && read in after);
  const text = (parts: readonly (readonly [string, Json])[]): string =>
    parts.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ');
  return [
    text(now.map(({ read }) => [read, after[read] ?? null] as const)),
    text(now.map(({ read, value }) => [read, value] as const)),
  ];
}

function optionText(value: Json): string {
  return value === null || (isObject(value) && value['state'] === 'unset') ? 'not set' : JSON.stringify(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function touched(file: AbsPath, host: Pick<HostReader, 'stat'>): Pick<LeftAlone, 'touched'> {
  const stat = host.stat(file);
  return stat.status === 'present' ? { touched: new Date(Number(stat.value.ctimeNs) / 1e6).toISOString() } : {};
}

function fileOf({ target }: Change): AbsPath {
  return target.type === 'file-access' ? target.path : target.file;
}

function filesOf({ target }: Change): readonly AbsPath[] {
  return target.type === 'file-access' ? (target.durable === undefined ? [] : [target.durable.file]) : [target.file];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
