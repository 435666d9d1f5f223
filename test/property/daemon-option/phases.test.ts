import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/model/canonical.ts';
import { parseText } from '../../../src/resources/daemon-option/document.ts';
import { knowledgeOf, SETTABLE_KEYS, standardValue } from '../../../src/resources/daemon-option/keys.ts';
import { phasesFor } from '../../../src/resources/daemon-option/phases.ts';

const STICKY = ['live-restore', 'debug', 'insecure-registries'] as const;
const RELOADABLE = SETTABLE_KEYS.filter((key) => knowledgeOf(key)?.takesEffect === 'reload');

const settings = fc.record(
  {
    'live-restore': fc.boolean(),
    debug: fc.boolean(),
    'insecure-registries': fc.constantFrom([], ['a:1']),
    icc: fc.boolean(),
  },
  { requiredKeys: [] },
);
const text = fc.option(
  settings.map((members) => JSON.stringify(members, null, 2)),
  { nil: undefined },
);

/** What a daemon makes of phases: as measured on Engine 20.10, 26.1 and 28.5. */
interface Daemon {
  readonly values: JsonObject;
  readonly containersSurvived: boolean;
}

function run(daemon: Daemon, phase: ReturnType<typeof phasesFor>[number]): Daemon {
  const document = parseText(phase.text ?? '');
  const members = document.status === 'object' ? document.value : {};
  switch (phase.action) {
    case 'none':
      return daemon;
    case 'reload': {
      const taken = Object.entries(members).filter(([key]) => RELOADABLE.includes(key));
      return { ...daemon, values: { ...daemon.values, ...Object.fromEntries(taken) } };
    }
    case 'restart':
      return {
        values: started(members),
        containersSurvived: daemon.containersSurvived && daemon.values['live-restore'] === true,
      };
  }
}

function started(members: JsonObject): JsonObject {
  return Object.fromEntries([...STICKY, 'icc'].map((key) => [key, members[key] ?? standardValue(key, '26.1.5')]));
}

function membersOf(raw: string | undefined): JsonObject {
  const document = parseText(raw ?? '');
  return document.status === 'object' ? document.value : {};
}

const passage = (from: string | undefined, to: string | undefined, action: 'reload' | 'restart') => ({
  from,
  to,
  action,
  engineVersion: '26.1.5',
  mayBridge: true,
  liveRestoreNow: undefined,
});

describe('the way from one daemon.json to another', () => {
  test('ends with the wanted text', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom('reload', 'restart'), (from, to, action) => {
        expect(phasesFor(passage(from, to, action)).at(-1)?.text).toBe(to);
      }),
    );
  });

  test('after a restart the daemon runs with all of it, after a reload with all that can be reloaded', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom('reload', 'restart'), (from, to, action) => {
        const before: Daemon = { values: started(membersOf(from)), containersSurvived: true };
        const after = phasesFor(passage(from, to, action)).reduce(run, before);
        const wanted = started(membersOf(to));
        expect(after.values).toEqual(action === 'restart' ? wanted : { ...wanted, icc: before.values['icc'] });
      }),
    );
  });

  test('containers survive a restart where live-restore is on before or after it', () => {
    fc.assert(
      fc.property(settings, settings, (from, to) => {
        fc.pre(from['live-restore'] === true || to['live-restore'] === true);
        const before: Daemon = { values: started(from), containersSurvived: true };
        const phases = phasesFor(passage(JSON.stringify(from), JSON.stringify(to), 'restart'));
        expect(phases.reduce(run, before).containersSurvived).toBe(true);
      }),
    );
  });

  test('docker is told at most twice, and restarted at most once', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom('reload', 'restart'), (from, to, action) => {
        const actions = phasesFor(passage(from, to, action)).map((phase) => phase.action);
        expect(actions.filter((one) => one === 'restart').length).toBeLessThanOrEqual(1);
        expect(actions.filter((one) => one === 'reload').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
