import { describe, expect, test } from 'vitest';
import { masked } from '../../../src/cli/masked.ts';
import { absPath } from '../../../src/model/brand.ts';
import { START_NOTE } from '../../../src/model/own-file.ts';
import { fileDifferenceText } from '../../../src/render/file-difference-text.ts';
import { snapshotShowText } from '../../../src/render/snapshot-text.ts';
import { unifiedDiff } from '../../../src/render/unified-diff.ts';
import { accessChange, failing, optionChange, planOf, selectedControl } from '../../helpers/plan-builders.ts';

const STYLE = { width: 80, colour: false };
const path = absPath('/etc/docker/daemon.json');
const { changes } = planOf(
  [accessChange('/etc/docker'), optionChange('icc')].map((change, index) => ({
    control: selectedControl(`c${index}`, `2.${index}`),
    assessments: [failing(change)],
  })),
);

describe('a unified diff', () => {
  test('is that of the file, with three lines around', () => {
    const lines = (last: string): string => `${['1', '2', '3', '4', '5', last].join('\n')}\n`;
    expect(unifiedDiff({ path, before: lines('6'), after: lines('six') }, STYLE)).toEqual([
      '--- /etc/docker/daemon.json',
      '+++ /etc/docker/daemon.json',
      '@@ -3,4 +3,4 @@',
      ' 3',
      ' 4',
      ' 5',
      '-6',
      '+six',
    ]);
  });

  test('of a new file comes from nowhere; of equal texts there is none', () => {
    expect(unifiedDiff({ path, before: null, after: '{}\n' }, STYLE)[0]).toBe('--- /dev/null');
    expect(unifiedDiff({ path, before: null, after: '{}\n' }, STYLE)[2]).toBe('@@ -0,0 +1,1 @@');
    expect(unifiedDiff({ path, before: '{}\n', after: null }, STYLE)[1]).toBe('+++ /dev/null');
    expect(unifiedDiff({ path, before: '{}\n', after: '{}\n' }, STYLE)).toEqual([]);
  });

  test('of more than twelve lines is folded, with the command that unfolds it', () => {
    const after = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
    const folded = unifiedDiff({ path, before: '', after }, STYLE, 'harden plan --full');
    expect(folded).toHaveLength(2 + 12 + 1);
    expect(folded.at(-1)).toBe('19 more lines: harden plan --full');
    expect(unifiedDiff({ path, before: '', after }, STYLE)).toHaveLength(2 + 31);
  });

  test('of the note harden keeps of a start says what that is, and is still a diff', () => {
    const note = unifiedDiff({ path: START_NOTE, before: null, after: '{}\n' }, STYLE);
    const diff = note.slice(note.indexOf('--- /dev/null'));
    expect(note[0]).toMatch(/^# harden's own note of what this dockerd was started with/);
    expect([diff.length, diff[1], diff[3]]).toEqual([4, `+++ ${START_NOTE}`, '+{}']);
    const line = { createdAt: '2026-11-22T14:03:11Z', purpose: 'apply', profile: 'p', changes: 1 } as const;
    const files = [{ path: START_NOTE, before: null, after: '{}\n', access: 'absent -> 0600' }];
    const kept = { ...line, id: '2fd7afa1', takenBackBy: undefined, attempt: undefined };
    expect(snapshotShowText(kept, [], files, STYLE)).toContain("harden's own note of what this dockerd was started");
    const others = files.map((file) => ({ ...file, path }));
    expect(snapshotShowText(kept, [], others, STYLE)).not.toContain('own note');
  });

  test('cannot drive the terminal', () => {
    const text = unifiedDiff({ path, before: '', after: '\u001B[2J\u202Ex\n' }, STYLE).join('\n');
    expect(text).not.toMatch(/[\u001B\u202E]/);
  });
});

describe('what changes do to files', () => {
  test('what is in no file, or in one that cannot be seen, is told in words', () => {
    const unseen = { files: [], unseen: ['c2'] };
    const text = fileDifferenceText(changes, unseen, STYLE, undefined);
    expect(text).toContain('- mode 0664\n+ mode 0644');
    expect(text).toContain('+ "icc": true');
    expect(fileDifferenceText(changes.slice(1), { files: [], unseen: [] }, STYLE, undefined)).toContain('No file');
  });

  test.each([
    '{"log-opts":{"splunk-token":"hunter2"}}\n',
    '{"proxies":{"http-proxy":"http://me:hunter2@proxy:3128"}}\n',
    '[Service]\nEnvironment=API_KEY=hunter2\n',
    '{ not json, "password": "hunter2" \n',
  ])('secrets of %j are masked on both sides', (text) => {
    const files = [{ path, before: text, after: `# more\n${text}` }];
    expect(JSON.stringify(masked({ files, unseen: [] }))).not.toContain('hunter2');
  });
});
