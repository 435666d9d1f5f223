import { byCodeUnit, type Json, toJson } from '../model/canonical.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import type { ConditionSeen, Waiver, WaiverCondition, WaiverStanding } from '../model/waiver.ts';
import { standingsOf } from '../plan/waive.ts';

/** The waivers that were read, and how long one is taken after its end. */
export interface WaiverBook {
  readonly waivers: readonly Waiver[];
  readonly graceMs: number;
}

/** How they stand on this host; what `onlyWhile` speaks of is looked at. Reads only. */
export function weighWaivers(
  { waivers, graceMs }: WaiverBook,
  facts: HostFacts,
  host: Pick<HostReader, 'read' | 'stat' | 'realPath'>,
  now: Date,
): readonly WaiverStanding[] {
  const conditions = waivers.flatMap(({ onlyWhile }) => onlyWhile);
  const seen = new Map(
    conditions
      .toSorted((a, b) => byCodeUnit(a.written, b.written))
      .map((condition) => [condition.written, look(condition, facts, host)]),
  );
  return standingsOf(waivers, { host: facts.identity.hostname, at: now.toISOString(), graceMs, seen });
}

function look(
  condition: WaiverCondition,
  facts: HostFacts,
  host: Pick<HostReader, 'read' | 'stat' | 'realPath'>,
): ConditionSeen {
  switch (condition.type) {
    case 'daemon-key':
      return lookAtKey(condition.keys, facts, host);
    case 'mode': {
      const real = host.realPath(condition.path);
      const stat = real.status === 'present' ? host.stat(real.value) : real;
      if (stat.status === 'unreadable') {
        return { type: 'unknown', reason: stat.reason };
      }
      const value = stat.status === 'absent' ? null : stat.value.mode.toString(8).padStart(4, '0');
      return { type: 'value', value };
    }
  }
}

function lookAtKey(keys: readonly string[], { engine }: HostFacts, host: Pick<HostReader, 'read'>): ConditionSeen {
  const { path } = engine.configFile;
  const bytes = host.read(path);
  if (bytes.status === 'unreadable') {
    return { type: 'unknown', reason: bytes.reason };
  }
  if (bytes.status === 'absent') {
    return { type: 'value', value: null };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.value);
    return { type: 'value', value: valueAt(text.trim() === '' ? {} : toJson(JSON.parse(text)), keys) };
  } catch {
    return { type: 'unknown', reason: `${path} is not JSON` };
  }
}

function valueAt(document: Json, keys: readonly string[]): Json {
  return keys.reduce<Json>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (Object.entries(inner).find(([name]) => name === key)?.[1] ?? null)
        : null,
    document,
  );
}
