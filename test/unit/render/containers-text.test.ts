import { describe, expect, test } from 'vitest';
import type { AtRestart } from '../../../src/model/facts.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { containerLines } from '../../../src/render/containers-text.ts';
import { interruptions } from '../../../src/render/effect-sentences.ts';
import { planMarkdown } from '../../../src/render/plan-markdown.ts';
import { planText } from '../../../src/render/plan-text.ts';
import { failing, optionChange, planOf, selectedControl, someFacts } from '../../helpers/plan-builders.ts';

function planWith(containers: Readonly<Record<string, AtRestart | undefined>>): Plan {
  const one = { id: '1', running: true, networks: [], publishedPorts: 0, image: 'x', networkMode: 'bridge' };
  const all = Object.entries(containers).map(([name, atRestart]) =>
    atRestart === undefined ? { ...one, name } : { ...one, name, atRestart },
  );
  return planOf(
    [{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] }],
    someFacts({ containers: all }),
  );
}
const mixed = planWith({ db: 'down', job: 'removed', odd: undefined, retry: 'unsure', web: 'back', www: 'back' });

describe('what becomes of containers that a restart stops', () => {
  test.each([40, 80, 120])('is one part for each kind at %i columns, and what is lost is a warning', (width) => {
    const text = planText(mixed, { width, colour: false }, []);
    const lines = text.split('\n');
    const from = lines.findIndex((line) => line.startsWith('    restarts dockerd'));
    const flat = lines.slice(from).join('\n').replaceAll(/\s+/g, ' ');
    expect(flat.slice(0, flat.indexOf(' logs nobody out'))).toBe(
      [
        ' restarts dockerd once',
        'stops 6 containers',
        '2 come back by themselves: web and www',
        '1 comes back unless it ends with 0 (on-failure): retry',
        '1 stays down until you start it: db',
        '1 may or may not come back (not known): odd',
        'starts one throwaway container before and after, and removes it',
        '! job is removed when dockerd stops, with what was written in it (--rm); a rollback does not bring it back',
      ].join(' '),
    );
    expect(flat).toContain('can be undone but for what is removed');
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });

  test('is a member of the plan, which holds each of them once', () => {
    const { containersAfter, containersStopped } = mixed.effects.at(-1) ?? expect.unreachable();
    expect(containersAfter).toEqual({
      back: ['web', 'www'],
      unsure: ['retry'],
      down: ['db'],
      removed: ['job'],
      unknown: ['odd'],
    });
    expect(
      Object.values(containersAfter ?? {})
        .flat()
        .toSorted(),
    ).toEqual(containersStopped.toSorted());
  });

  test('is said in Markdown, with the loss among the warnings', () => {
    const text = planMarkdown(mixed, undefined);
    expect(text).toContain('2 come back by themselves: web and www; 1 comes back unless it ends with 0');
    expect(text).toContain('> job is removed when dockerd stops');
  });

  test('of one kind stands with the stop, and many names are folded', () => {
    expect(interruptions(planWith({ db: 'down', web: 'down' }))).toContain(
      'stops 2 containers, which stay down until you start them: db and web',
    );
    const names = Array.from({ length: 40 }, (_, index) => `c${index + 10}`);
    const many = interruptions(planWith(Object.fromEntries(names.map((name) => [name, 'back' as const]))));
    expect(many.find((line) => line.startsWith('stops'))).toMatch(/come back by themselves: c10, .*c21 and 28 more$/);
  });

  test('is not said of containers that stay up, nor by a plan from before it was known', () => {
    const effects = mixed.effects.map(({ containersAfter: _, ...effect }) => effect);
    expect(interruptions({ ...mixed, effects })).toContain('stops 6 containers: db, job, odd, retry, web and www');
    const kept = planOf(
      [{ control: selectedControl('l', '2.15'), assessments: [failing(optionChange('live-restore'))] }],
      someFacts({}),
    );
    expect(kept.effects.at(-1)).not.toHaveProperty('containersAfter');
  });
});

describe('the end of a run', () => {
  const style = { width: 40, colour: false };
  test('names what does not run, with the whole command however long, and what is gone', () => {
    const down = ['a-container-with-a-long-name', 'another-container-with-a-long-name'];
    expect(containerLines({ running: ['web'], down, gone: ['job'] }, mixed, style)).toEqual([
      'Containers: 1 of 4 that ran before runs',
      '  (web).',
      '  ! 2 containers that ran before do not',
      '    run. To start:',
      '    docker start a-container-with-a-long-name another-container-with-a-long-name',
      '  ! 1 container that ran before is gone,',
      '    with what was written in it: job',
    ]);
  });

  test('says of what was not to be removed that dockerd does not know it, and not that it is lost', () => {
    const text = containerLines({ running: [], down: [], gone: ['job', 'web'] }, mixed, { ...style, width: 120 });
    expect(text).toContain('  ! 1 container that ran before is gone, with what was written in it: job');
    expect(text).toContain('  ! 1 container that ran before is not known to dockerd any more: web');
  });

  test('is one line where all run again, and nothing where none ran or none was to stop', () => {
    expect(containerLines({ running: ['a', 'b'], down: [], gone: [] }, mixed, style)).toEqual([
      'Containers: all 2 that ran before run.',
    ]);
    expect(containerLines({ running: [], down: [], gone: [] }, mixed, style)).toEqual([]);
    expect(containerLines(undefined, mixed, style)).toEqual([]);
    const kept = { ...mixed, effects: mixed.effects.map((effect) => ({ ...effect, containersStopped: [] })) };
    expect(containerLines({ running: ['a', 'b'], down: [], gone: [] }, kept, style)).toEqual([]);
    expect(containerLines({ running: ['a'], down: ['b'], gone: [] }, kept, style)).toContain('    docker start b');
  });
});
