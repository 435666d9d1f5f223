import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Answer } from '../../../src/app/ui.ts';
import { askPerson } from '../../../src/cli/ask.ts';
import type { Line, Prompter } from '../../../src/cli/prompter.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { narrowed } from '../../../src/plan/narrow.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  restartOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const WEB = {
  id: 'w',
  name: 'web',
  running: true,
  networks: [],
  publishedPorts: 0,
  image: 'box',
  networkMode: 'bridge',
};
const facts = someFacts({ containers: [WEB] });
const plan = planOf(
  [accessChange('/etc/docker'), optionChange('icc')].map((change, index) => ({
    control: selectedControl(`c${index}`, `2.${index}`),
    assessments: [failing(change)],
  })),
  facts,
);
const STYLE = { width: 80, colour: false };

/** Somebody who types these lines, and chooses `ids` where asked to choose; undefined: the input ends. */
function typist(lines: readonly (string | undefined)[], ids: readonly string[] = []) {
  const asked: Line[] = [];
  let next = 0;
  const prompter: Prompter = {
    line: (line) => {
      asked.push(line);
      next += 1;
      return Promise.resolve(lines[next - 1]);
    },
    select: ({ choice }) => Promise.resolve({ by: 'done', choice: { ...choice, chosen: new Set(ids) } }),
  };
  return { prompter, asked };
}

function answerOf(prompter: Prompter, verb: 'apply' | 'rollback' = 'apply', about: Plan = plan): Promise<Answer> {
  const part = (ids: ReadonlySet<string>): Plan => narrowed(about, ids, restartOf(facts));
  return askPerson(
    { plan: about, verb, part: verb === 'apply' ? part : undefined, differences: undefined },
    prompter,
    STYLE,
  );
}

let told = '';
beforeEach(() => {
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('the answer to the question', () => {
  test.each([
    [['all', 'restart']],
    [['A', 'RESTART']],
    [[' all ', 'no', 'yes', ' restart ']],
    [['what', 'huh', 'all', 'restart']],
  ])('%j approves all of it', async (lines) => {
    expect(await answerOf(typist(lines).prompter)).toEqual({ type: 'approved', plan });
    expect(told).toContain('! This restarts dockerd. 1 container stops, and may stay down.');
  });

  test('what stood right above the question is not named again by the reasons for its word', async () => {
    const keys = ['icc', 'no-new-privileges', 'userland-proxy', 'ip6tables'];
    const many = planOf(
      keys.map((key, index) => ({
        control: selectedControl(`c${index}`, `2.${index}`),
        assessments: [failing(optionChange(key, index < 2 ? { breaks: [`${key} breaks db`] } : {}))],
      })),
      facts,
    );
    expect(await answerOf(typist(['all', 'restart']).prompter, 'apply', many)).toMatchObject({ type: 'approved' });
    const [above = '', reasons = ''] = told.split('\n\n! This restarts dockerd. ');
    expect(above).toContain('stops 1 container, which may or may not come back (not known): web');
    expect(above).toContain('! icc breaks db (change 1)');
    expect(reasons).toBe('1 container stops, and may stay down.\n! Changes 1 and 3 break what is said above.\n');
  });

  test.each([
    [['none']],
    [['n']],
    [['yes', 'ok', 'y']],
    [['', ' ', 'al']],
    [['all', 'r', 'yes', '']],
    [['all', undefined]],
    [[undefined]],
    [['alle', 'noone', 'restart']],
    [['diff 9', 'explain 9', 'none']],
  ])('%j declines', async (lines) => {
    expect(await answerOf(typist(lines).prompter)).toEqual({ type: 'declined' });
  });

  test('a part that restarts nothing asks for no word, and is a plan of its own', async () => {
    const { prompter, asked } = typist(['select', 'these'], ['c1']);
    const answer = await answerOf(prompter);
    expect(answer).toMatchObject({ type: 'approved', plan: { changes: [{ id: 'c1' }], effects: [{ kind: 'write' }] } });
    expect(asked.map(({ message }) => message)).toEqual([
      'Apply to web-01?  all / select / none / diff N / explain N',
      'Apply these 1 to web-01?  these / select / none / diff N / explain N',
    ]);
    expect(told).toContain('interrupts nothing');
  });

  test('a choice of nothing is no choice: it is asked about all again', async () => {
    expect(await answerOf(typist(['select', 'none']).prompter)).toEqual({ type: 'declined' });
    expect(told).toContain('Nothing is chosen');
  });

  test('a rollback is all or nothing', async () => {
    const { prompter, asked } = typist(['select', 'all', 'no']);
    expect(await answerOf(prompter, 'rollback')).toEqual({ type: 'declined' });
    expect(asked[0]?.message).toBe('Put all of it back?  yes / no / diff N / explain N');
  });
});
