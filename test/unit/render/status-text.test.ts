import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../../src/model/status.ts';
import { pendingText, remaining } from '../../../src/render/keep-text.ts';
import { statusText } from '../../../src/render/status-text.ts';

const QUIET: HostStatus = { pending: null, unfinished: [], lastApply: null, reverts: [] };
const LAST: HostStatus['lastApply'] = {
  snapshot: 'abcdef01',
  at: '2026-01-02T03:04:05.000Z',
  by: 'ops',
  profile: 'cis-docker-1.8.0/L1',
  changes: 9,
  takenBackBy: null,
};
const note = (id: string) => ({ id, cause: 'clock', at: '2026-01-02T03:04:05.000Z', notAsBefore: [] }) as const;
const EVERYTHING: HostStatus = {
  pending: { id: 'abcdef02', changes: 3, secondsLeft: 247 },
  unfinished: ['11111111', '22222222', '33333333'],
  lastApply: LAST,
  reverts: [note('44444444'), note('55555555')],
};

describe('the state of a host in words', () => {
  it('begins with what will be taken back, in seconds', () => {
    const [first] = statusText(EVERYTHING, {}, { width: 100, colour: false }).split('\n');
    expect(first).toBe('Not kept yet: 3 changes of run abcdef02 will be taken back in 4:07 (247 s).');
  });

  it.each([40, 60, 80, 100])('is twelve lines at most and no wider than %i columns', (width) => {
    const lines = statusText(EVERYTHING, {}, { width, colour: false }).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });

  it('says which containers a run left down, and how to start them', () => {
    const containers = { run: 'abcdef01', down: ['db', 'web'], gone: ['job'] };
    const text = statusText({ ...QUIET, lastApply: LAST, containers }, {}, { width: 40, colour: false });
    expect(text.split('\n').slice(0, 5)).toEqual([
      '2 containers that ran before run',
      '  abcdef01 do not run. To start:',
      '  docker start db web',
      '1 container that ran before run abcdef01',
      '  is not there any more: job.',
    ]);
  });

  it('says so where nothing was done yet, and how a revert ended', () => {
    const style = { width: 100, colour: false };
    expect(statusText(QUIET, {}, style)).toBe('Nothing was applied on this host yet.\n');
    const bad = { ...note('44444444'), notAsBefore: [{ what: 'Set icc', reason: 'is not as before' }] };
    expect(statusText({ ...QUIET, reverts: [bad] }, {}, style)).toContain('Not as before: Set icc.');
    expect(statusText({ ...QUIET, reverts: [{ ...bad, notAsBefore: null }] }, {}, style)).toContain(
      'were not looked at',
    );
    expect(statusText({ ...QUIET, pending: { id: 'abcdef02', changes: 1, secondsLeft: 0 } }, {}, style)).toContain(
      'harden recover',
    );
  });

  it('names applies that stand from before, and what is written and waits', () => {
    const style = { width: 100, colour: false };
    const older = { snapshot: 'abcdef00', at: '2026-01-01T03:04:05.000Z', changes: 3 };
    const text = statusText({ ...QUIET, lastApply: LAST, standing: [older, older] }, {}, style);
    expect(text).toContain(
      'Stands from before: abcdef00, 2026-01-01 03:04 UTC, 3 changes and 1 older: harden snapshot list.',
    );
    expect(text).toContain('To take it back after that: sudo harden rollback abcdef00');
    const back = { ...LAST, takenBackBy: 'abcdef09', left: 2 };
    expect(statusText({ ...QUIET, lastApply: back, standing: [older] }, {}, style)).toContain(
      'To take it back: sudo harden rollback abcdef00',
    );
    expect(statusText({ ...QUIET, lastApply: back }, {}, style)).toContain(
      'Taken back by abcdef09, but for 2 changes left to others, who changed it since: sudo harden',
    );
    const waits = { what: 'icc', controls: ['2.2'], until: 'restart', command: 'systemctl restart docker' } as const;
    const shown = statusText(
      { ...QUIET, notLive: [waits, { ...waits, until: 'reboot', command: 'reboot' }] },
      {},
      style,
    );
    expect(shown).toContain('Written, not live yet: icc (2.2); waits for a restart of dockerd.');
    expect(shown).toContain('To make it live: systemctl restart docker');
    expect(shown).toContain('waits for the next boot.');
  });

  it('counts time down as a clock does', () => {
    expect([0, 9, 59, 60, 300, 3599, 3600, 86_400].map(remaining)).toEqual([
      '0:00',
      '0:09',
      '0:59',
      '1:00',
      '5:00',
      '59:59',
      '1:00:00',
      '24:00:00',
    ]);
  });

  it('names the limits of each clock, and "keep" only where it can be typed', () => {
    const due = { bootId: 'b', dueMs: 1, withinMs: 300_000, clock: 'c' };
    const text = (kind: 'systemd' | 'guard', here: boolean): string =>
      pendingText({ id: 'abcdef02', withinMs: 300_000, kind, due, place: {} }, here, { width: 100, colour: false });
    expect(text('systemd', true)).toContain('type "keep"');
    expect(text('systemd', false)).not.toContain('type "keep"');
    expect(text('systemd', false)).toContain('suspended');
    expect(text('guard', false)).toContain('only the next harden command');
  });
});
