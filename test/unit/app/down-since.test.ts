import { describe, expect, test } from 'vitest';
import { leftDown, stillDown } from '../../../src/app/down-since.ts';
import { containersSeen } from '../../../src/engine/containers-seen.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, type RunVerb } from '../../../src/model/result.ts';
import type { Runs } from '../../../src/state/runs.ts';
import { failing, optionChange, planOf, selectedControl, someFacts } from '../../helpers/plan-builders.ts';

const named = (name: string, running: boolean, id = name) => ({
  ...{ id, name, running, networks: [], publishedPorts: 0, image: 'x', networkMode: 'bridge' },
});
const before = [named('db', true), named('job', true), named('off', false), named('web', true)];
const plan = planOf(
  [{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(optionChange('icc'))] }],
  someFacts({
    containers: before.map((one) => ({ ...one, atRestart: one.name === 'job' ? ('removed' as const) : 'down' })),
  }),
);
const head = { schema: RESULT_SCHEMA, schemaMinor: RESULT_SCHEMA_MINOR, exit: 0, plan };
const done = { ...head, type: 'done', snapshot: 'abcdef01', proofs: [], kept: [] };
const seen = { running: ['web'], down: ['db'], gone: ['job'] };

/** Oldest first. */
function runsOf(...results: readonly (readonly [RunVerb, unknown])[]): Runs {
  const entries = results.map(([verb], index) => ({ id: `0000000${index}`, verb, at: '', exit: 0 }));
  return {
    list: () => entries,
    read: ({ id }) => JSON.stringify(results[Number(id)]?.[1]),
  };
}

test('a container that was made anew under its name runs; one that did not run before is not looked for', () => {
  const after = [named('web', true, 'new'), named('db', false), named('off', false)];
  expect(containersSeen(before, after)).toEqual(seen);
  expect(containersSeen(before, undefined)).toBeUndefined();
  expect(containersSeen([named('off', false)], after)).toBeUndefined();
});

describe('what the last run left down', () => {
  test('is of the last run that restarted dockerd, whatever was verified or applied without a restart since', () => {
    const runs = runsOf(
      ['apply', { ...done, containers: { running: [], down: ['old'], gone: [] } }],
      ['apply', { ...done, containers: seen }],
      ['apply', done],
      ['verify', { ...head, type: 'verified' }],
    );
    expect(leftDown(runs)).toEqual({ run: '00000001', down: ['db'], gone: ['job'] });
  });

  test('of a run that was taken back is what its plan said, where dockerd did not tell', () => {
    const undo = { restored: [], kept: [], failed: [] };
    const failed = { ...head, type: 'rolled-back', at: 'x', reason: 'y', undo, notAsBefore: [] };
    expect(leftDown(runsOf(['apply', failed]))).toEqual({ run: '00000000', down: ['db', 'web'], gone: ['job'] });
    expect(leftDown(runsOf(['apply', { ...failed, containers: seen }]))).toMatchObject({ down: ['db'] });
    const reverted = { ...head, type: 'reverted', snapshot: 'abcdef01', undo, notAsBefore: [], looked: false };
    expect(leftDown(runsOf(['revert', reverted]))).toEqual({ run: '00000000', down: ['db', 'web'], gone: ['job'] });
  });

  test('is nothing where all run, none is kept, or what is kept cannot be read', () => {
    expect(
      leftDown(runsOf(['apply', { ...done, containers: { running: ['db'], down: [], gone: [] } }])),
    ).toBeUndefined();
    expect(leftDown(runsOf())).toBeUndefined();
    expect(leftDown({ ...runsOf(['apply', done]), read: () => '{"containers": 1' })).toBeUndefined();
    expect(leftDown(runsOf(['apply', { containers: { down: ['x'] } }]))).toBeUndefined();
  });

  test('counts as long as it is so, and nobody guesses where the engine does not tell', () => {
    const left = { run: 'abcdef01', down: ['db', 'web'], gone: ['job'] };
    expect(stillDown(left, [named('db', false), named('web', true)])).toEqual({ ...left, down: ['db'] });
    expect(stillDown(left, [named('web', true), named('job', true)])).toBeUndefined();
    expect(stillDown(left, undefined)).toBeUndefined();
    expect(stillDown({ ...left, down: [] }, [])).toBeUndefined();
  });
});
