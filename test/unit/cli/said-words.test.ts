import { expect, test } from 'vitest';
import { healthWords, withoutApproval } from '../../../src/cli/said-words.ts';

test("checks of one's own are said again for what comes after the apply", () => {
  expect(healthWords(['-c', '2.2', '--health', '/usr/bin/look shop', '--health=h.json5', '--reason', 'x'])).toEqual([
    '--health',
    '/usr/bin/look shop',
    '--health=h.json5',
  ]);
});

test('what is asked for stays, how it is approved and where it happens goes', () => {
  const said = [
    'plan one.json',
    '-c',
    '2.*',
    '--yes',
    '--max-risk',
    'high',
    '--max-impact=restart',
    '--health',
    'h.json5',
  ];
  expect(withoutApproval(said)).toEqual(['plan one.json', '-c', '2.*', '--health', 'h.json5']);
  expect(withoutApproval(['--root', '/srv/x', '--accept', '2.2', '-x', '3.1', '--no-yes', '--state-dir=/s'])).toEqual([
    '-x',
    '3.1',
  ]);
});

test('words after -- are no options', () => {
  expect(withoutApproval(['--yes', '--', '--yes'])).toEqual(['--', '--yes']);
});
