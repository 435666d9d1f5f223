import { describe, expect, it } from 'vitest';
import { healthChecks } from '../../../src/app/health-files.ts';
import { HardenError } from '../../../src/model/errors.ts';
import { type FakeEntry, fakeReader } from '../../helpers/fake-reader.ts';

const DIR = '/etc/harden/health.d';
const file = (name: string) => `{ schema: 'urn:harden:health:1', checks: [{ name: '${name}', tcp: 'h:1' }] }`;
const program = (mode: number, uid = 0): FakeEntry => ({ type: 'file', mode, uid });

describe('where health checks come from', () => {
  it('is nowhere where there is no folder and none is given', () => {
    expect(names({}, [])).toEqual([]);
  });

  it('is every .json5 of the folder by name, then what is given; each file once', () => {
    const files = {
      [`${DIR}/b.json5`]: file('b'),
      [`${DIR}/a.json5`]: file('a'),
      [`${DIR}/.hidden.json5`]: 'no',
      [`${DIR}/a.json5.bak`]: 'no',
      '/srv/checks/c.json5': file('c'),
      '/srv/d.json5': file('d'),
      '/usr/bin/probe': program(0o755),
    };
    expect(
      names(files, ['/srv/checks', '/srv/d.json5', '/srv/d.json5', `${DIR}/a.json5`, '/usr/bin/probe -v  now']),
    ).toEqual(['a', 'b', 'c', 'd', '/usr/bin/probe -v  now']);
    const [check] = healthChecks(fakeReader({ files }), ['/usr/bin/probe -v  now']).slice(-1);
    expect(check).toMatchObject({
      probe: { type: 'command', argv: ['/usr/bin/probe', '-v', 'now'] },
      from: '--health',
    });
  });

  it.each<readonly [string, Record<string, FakeEntry>]>([
    ['a file that belongs to another', { [`${DIR}/a.json5`]: { type: 'file', text: file('a'), uid: 1000 } }],
    ['a file the group can write to', { [`${DIR}/a.json5`]: { type: 'file', text: file('a'), mode: 0o664 } }],
    ['a folder anybody can write to', { [DIR]: { type: 'directory', mode: 0o1777 }, [`${DIR}/a.json5`]: file('a') }],
    ['a folder of another far above', { '/etc': { type: 'directory', uid: 1000 }, [`${DIR}/a.json5`]: file('a') }],
    [
      'a link to a file of another',
      {
        [`${DIR}/a.json5`]: { link: '/home/u/a.json5' },
        '/home/u/a.json5': { type: 'file', text: file('a'), uid: 1000 },
      },
    ],
    [
      'a program of another',
      {
        [`${DIR}/a.json5`]: `{ schema: 'urn:harden:health:1', checks: [{ name: 'a', command: ['/srv/a'] }] }`,
        '/srv/a': program(0o755, 1000),
      },
    ],
    [
      'a program that is not there',
      { [`${DIR}/a.json5`]: `{ schema: 'urn:harden:health:1', checks: [{ name: 'a', command: ['/srv/a'] }] }` },
    ],
    ['a file that is none', { [`${DIR}/a.json5`]: { type: 'fifo' } }],
  ])('is not %s', (_what, files) => {
    expect(refusal(files, [])).toMatchObject({ code: 'H5002', exit: 65 });
  });

  it('is not a word, a relative path, something with quotes, or what is not there', () => {
    for (const given of ['true', './check', '/usr/bin/probe "a b"', "/bin/sh -c 'x'", '']) {
      expect(refusal({ '/usr/bin/probe': program(0o755) }, [given]), given).toMatchObject({ code: 'H5003', exit: 64 });
    }
    expect(refusal({}, ['/srv/none.json5'])).toMatchObject({ code: 'H5002' });
    expect(refusal({}, ['/srv/none'])).toMatchObject({ code: 'H5002' });
  });
});

function names(files: Readonly<Record<string, FakeEntry>>, given: readonly string[]): readonly string[] {
  return healthChecks(fakeReader({ files }), given).map(({ name }) => name);
}

function refusal(files: Readonly<Record<string, FakeEntry>>, given: readonly string[]): HardenError {
  try {
    healthChecks(fakeReader({ files }), given);
  } catch (error) {
    if (error instanceof HardenError) {
      return error;
    }
    throw error;
  }
  throw new Error('nothing was refused');
}
