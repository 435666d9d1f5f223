import { describe, expect, it } from 'vitest';
import { wordsFor } from '../../../src/app/revert-timer.ts';
import { commandsIn } from '../../../src/cli/command-table.ts';
import { programTable } from '../../../src/cli/main.ts';
import { PLACE_OPTIONS, atPlace } from '../../../src/model/command-place.ts';
import { EXIT, HardenError } from '../../../src/model/errors.ts';
import { errorText } from '../../../src/render/error-text.ts';
import { keptText, notAsProvenText, pendingText, takenBackText } from '../../../src/render/keep-text.ts';
import { recoveredText } from '../../../src/render/recover-text.ts';
import { statusText } from '../../../src/render/status-text.ts';

const ID = 'abcdef01';
const WIDE = { width: 1000, colour: false };
const PLACE = { stateDir: '/srv/state', acceptVolatile: true };
const DUE = { bootId: 'b', dueMs: 1, withinMs: 300_000, clock: 'c' };
const TROUBLE = [{ what: 'a', reason: 'b' }];

describe('a command that somebody is told to run', () => {
  it.each([
    [
      'the end of an apply',
      pendingText({ id: ID, withinMs: 300_000, kind: 'systemd', due: DUE, place: PLACE }, true, WIDE),
    ],
    ['what all who are logged in are told', wordsFor(ID, 300_000, PLACE)[0]?.text ?? ''],
    ['a run that was kept', keptText(ID, PLACE, WIDE)],
    ['a run that was not kept', notAsProvenText({ id: ID, proofs: [], secondsLeft: 9, place: PLACE }, WIDE)],
    ['a run that was taken back', takenBackText({ id: ID, troubles: TROUBLE, place: PLACE }, WIDE)],
    [
      'a recovery',
      recoveredText(
        [{ id: ID, purpose: 'apply', outcome: 'incomplete', undo: { restored: [], kept: [], failed: [] } }],
        PLACE,
        WIDE,
      ),
    ],
    [
      'the status',
      statusText(
        { pending: { id: ID, changes: 1, secondsLeft: 5 }, unfinished: [ID], lastApply: null, reverts: [] },
        PLACE,
        WIDE,
      ),
    ],
    [
      'an error',
      errorText(
        new HardenError({ code: 'H6010', exit: EXIT.usage, message: 'x', hint: 'To see: harden status' }),
        WIDE,
        PLACE,
      ),
    ],
  ])('finds the same runs: %s', (_what, text) => {
    const commands = text.match(/harden (confirm|rollback|recover|status)\b.{0,80}/g) ?? [];
    expect(commands).not.toEqual([]);
    for (const command of commands) {
      expect(command).toMatch(/^harden \w+( abcdef01)? --state-dir \/srv\/state --accept-volatile-state\b/);
    }
  });

  it('has the options of the place that the command knows, each', async () => {
    const commands = new Map(commandsIn(await programTable()).map(({ path, options }) => [path.join(' '), options]));
    for (const [verb, options] of Object.entries(PLACE_OPTIONS)) {
      const known = (commands.get(verb) ?? []).map(({ name }) => name);
      const ofPlace = ['root', 'state-dir', 'accept-volatile-state'].filter((name) => known.includes(name));
      expect(`${verb}: ${ofPlace.join(' ')}`).toContain(`${verb}: ${options.join(' ')}`);
    }
  });

  it('is as it was on the usual place, and safe to paste on any', () => {
    const text = 'To keep: sudo harden confirm x; help: harden status-quo, hardened, harden explain H1';
    expect(atPlace(text, {})).toBe(text);
    expect(atPlace(text, { root: '/r' })).toBe(text);
    expect(atPlace('harden status --ack', { root: "/a b'c" })).toBe(String.raw`harden status --root '/a b'\''c' --ack`);
    expect(atPlace('harden snapshot list', { root: '/r', acceptVolatile: true })).toBe(
      'harden snapshot list --root /r',
    );
  });
});
