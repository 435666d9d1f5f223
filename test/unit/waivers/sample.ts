import type { Waiver } from '../../../src/model/waiver.ts';
import type { WaiverPlace } from '../../../src/plan/waive.ts';

/** A waiver of one control for every host, until 2026-01-31; `over` replaces members. */
export function waiver(control: string, over: Partial<Waiver> = {}): Waiver {
  return {
    id: `${control}@*`,
    control,
    controls: [control],
    hosts: ['*'],
    reason: `reason for ${control}`,
    owner: 'ops@example.org',
    approvedBy: undefined,
    from: undefined,
    until: '2026-01-31',
    onlyWhile: [],
    file: '/etc/harden/waivers.d/web.json5',
    line: 1,
    ...over,
  };
}

/** On web-01, at the time plans of the builders are made. */
export function here(over: Partial<WaiverPlace> = {}): WaiverPlace {
  return { host: 'web-01', at: '2026-01-02T03:04:05.000Z', graceMs: 0, seen: new Map(), ...over };
}
