import { expect, test } from 'vitest';
import { undoneChanges } from '../../../src/app/snapshots.ts';
import type { SnapshotSummary } from '../../../src/model/transaction.ts';

const run = (id: string, about: SnapshotSummary['about']): SnapshotSummary => ({
  id,
  purpose: about === null ? 'apply' : 'rollback',
  createdAt: '2026-01-01T00:00:00Z',
  about,
  proven: true,
});
const APPLY = run('a', null);
const undone = (...abouts: readonly SnapshotSummary['about'][]): readonly string[] | undefined => {
  const is = undoneChanges('a', [APPLY, ...abouts.map((about, at) => run(`r${at}`, about))]);
  return is === undefined ? undefined : ['1', '2', '3'].filter(is);
};

test('without a rollback nothing is said', () => {
  expect(undone()).toBeUndefined();
  expect(undone({ type: 'rollback', of: 'other', changes: ['1'] })).toBeUndefined();
});

test('a change a rollback left to somebody else is not undone by it', () => {
  expect(undone({ type: 'rollback', of: 'a', changes: ['1', '2'], left: ['2'] })).toEqual(['1']);
});

test('it is undone by a later one that did not leave it', () => {
  const first = { type: 'rollback', of: 'a', changes: ['1', '2', '3'], left: ['2', '3'] };
  expect(undone(first, { type: 'rollback', of: 'a', changes: ['2'], left: [] })).toEqual(['1', '2']);
});

test('a rollback of an older version, that names neither, took back all', () => {
  expect(undone({ type: 'rollback', of: 'a' })).toEqual(['1', '2', '3']);
});
