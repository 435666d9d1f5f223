import { describe, expect, it } from 'vitest';
import type { HealthGate } from '../../../src/app/health.ts';
import type { RunOutcome } from '../../../src/app/outcome.ts';
import { putBack } from '../../../src/app/put-back.ts';
import type { ContainerFacts } from '../../../src/model/facts.ts';
import type { Trouble, UndoReport } from '../../../src/model/transaction.ts';
import { rolledBackText } from '../../../src/render/outcome-text.ts';
import { planOf, someFacts } from '../../helpers/plan-builders.ts';

const FILE = '/etc/docker/daemon.json';
const CLEAN: UndoReport = { restored: [FILE], kept: [], failed: [] };
const RESTART: Trouble = {
  what: 'restart of docker',
  reason: 'systemctl restart docker.service did not end within 180 s',
};
const RULE: Trouble = { what: 'load audit rule: auditctl -w /x', reason: 'auditctl -W /x ended with 255' };

interface Night {
  /** What each undo gives, the last one for all that follow. */
  readonly undo?: readonly UndoReport[];
  readonly unwell?: readonly Trouble[];
  readonly unreachable?: string;
  readonly running?: readonly string[];
  readonly lookFails?: true;
}

describe('a run that was put back', () => {
  it('is as before where the undo is whole and the old state is verified', async () => {
    const { outcome, text } = await night({});
    expect(outcome).toMatchObject({ notAsBefore: [], wayOut: [], said: ['out of luck'] });
    expect(text).toBe(`harden: the apply did not succeed (restart docker).
  it did not start
  dockerd says: out of luck
  Everything was put back (1 object); the host was looked at again and is as
    before.
  To see what there is to change: sudo harden plan
  H4006   harden explain H4006
`);
  });

  it('says what to run, in order, where the daemon stays down', async () => {
    const unwell = [{ what: 'dockerd', reason: 'the engine did not answer within 3 s: nobody listens' }];
    const undo = [{ ...CLEAN, failed: [RESTART] }];
    const { outcome, text, patience } = await night({ undo, unwell, unreachable: 'nobody listens' });
    expect(patience).toEqual([3_000]);
    expect(commandsOf(outcome)).toEqual([
      'systemctl status docker.service --no-pager -l',
      'journalctl -u docker.service -n 30 --no-pager',
      'sudo harden recover',
      'sudo harden plan',
    ]);
    expect(text).toContain(`  Back as before: ${FILE}\n`);
    expect(text).toContain('  ! This host needs attention.');
    expect(text).toMatch(/ {2}H4007 {3}harden explain H4007\n$/);
  });

  it('says how to start it where only that is left', async () => {
    const unwell = [{ what: 'dockerd', reason: 'the engine did not answer within 60 s: nobody listens' }];
    const { outcome } = await night({ unwell, unreachable: 'nobody listens' });
    expect(commandsOf(outcome).slice(2)).toEqual([
      'systemctl reset-failed docker.service',
      'systemctl restart docker.service',
      'sudo harden plan',
    ]);
  });

  it('names each container that does not run, once, and how to start them', async () => {
    const reason = 'ran before and does not run now';
    const unwell = ['db', 'web'].map((name) => ({ what: `container ${name}`, reason }));
    const { outcome, text } = await night({ unwell, running: [] });
    expect(commandsOf(outcome)).toEqual(['docker start db web', 'sudo harden plan']);
    expect(text.match(/container web:/g)).toHaveLength(1);
  });

  it('undoes commands a second time, because one that had nothing to undo fails, but no service', async () => {
    const commands = await night({
      undo: [
        { ...CLEAN, failed: [RULE] },
        { ...CLEAN, restored: ['other'] },
      ],
    });
    expect(commands).toMatchObject({ undone: 2, outcome: { notAsBefore: [], undo: { restored: [FILE, 'other'] } } });
    const stubborn = await night({ undo: [{ ...CLEAN, failed: [RULE] }] });
    expect(stubborn.undone).toBe(2);
    expect(commandsOf(stubborn.outcome)).toEqual(['sudo harden recover', 'sudo harden plan']);
    for (const failed of [[RESTART], [RULE, RESTART], [{ what: FILE, reason: 'no space left' }]]) {
      expect((await night({ undo: [{ ...CLEAN, failed }] })).undone).toBe(1);
    }
  });

  it('tells once what somebody else changed, and is not taken for as before where nobody can look', async () => {
    const kept = [{ what: FILE, reason: 'somebody else changed it' }];
    const { text } = await night({ undo: [{ ...CLEAN, kept }] });
    expect(text.match(/somebody else changed it/g)).toHaveLength(1);
    const blind = await night({ lookFails: true });
    expect(blind.outcome.notAsBefore).toEqual([{ what: 'this host', reason: 'could not be looked at again: blind' }]);
  });

  it('never writes wider than the terminal, but for commands', async () => {
    const long = { what: 'container '.padEnd(60, 'x'), reason: 'word '.repeat(60) };
    const { text } = await night({ unwell: [long], undo: [{ ...CLEAN, failed: [RESTART] }] });
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

async function night({ undo = [CLEAN], unwell = [], unreachable, running = ['db', 'web'], lookFails }: Night) {
  const facts = someFacts({ containers: ['db', 'web'].map((name) => container(name, true)) });
  const after = someFacts({
    unreachable,
    containers: ['db', 'web'].map((name) => container(name, running.includes(name))),
  });
  const patience: (number | undefined)[] = [];
  let undone = 0;
  const gate: HealthGate = {
    judge: () => Promise.reject(new Error('judged as a change')),
    judgeUndone: (engineMs) => {
      patience.push(engineMs);
      return Promise.resolve({ troubles: unwell, checked: [], notChecked: [] });
    },
    complaints: () => Promise.resolve(['out of luck']),
  };
  const transaction = {
    id: '01234567',
    perform: () => undefined,
    commit: () => undefined,
    undo: () => {
      undone += 1;
      return undo[undone - 1] ?? undo.at(-1) ?? CLEAN;
    },
  };
  const ui = {
    progress: () => undefined,
    ask: () => Promise.resolve({ type: 'declined' as const }),
    canAsk: false,
    stopRequested: () => undefined,
  };
  const look = () =>
    lookFails === true ? Promise.reject(new Error('blind')) : Promise.resolve({ facts: after, moved: [] });
  const end = { type: 'failed', at: 'restart docker', reason: 'it did not start', signal: undefined } as const;
  const outcome = await putBack({ ui, plan: planOf([], facts), facts, gate, look }, transaction, end);
  if (outcome.type !== 'rolled-back') {
    throw new Error(`it ended as ${outcome.type}`);
  }
  return {
    outcome,
    undone,
    patience,
    text: rolledBackText({ verb: 'apply', ...outcome }, { width: 80, colour: false }),
  };
}

function commandsOf(outcome: RunOutcome): readonly string[] {
  return outcome.type === 'rolled-back' ? (outcome.wayOut ?? []).flatMap(({ commands }) => commands) : [];
}

function container(name: string, running: boolean): ContainerFacts {
  return { id: name, name, image: 'box', running, networkMode: 'bridge', publishedPorts: 0, networks: [] };
}
