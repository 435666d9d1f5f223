import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { newWaiver, removedWaiver } from '../../../src/app/waivers.ts';
import { trustedWaiverTexts } from '../../../src/app/waiver-files.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import { withoutWaiver } from '../../../src/catalogue/waiver-edit.ts';
import { type WaiverContext, readWaivers } from '../../../src/catalogue/waivers.ts';
import { HardenError } from '../../../src/model/errors.ts';
import { type FakeEntry, fakeReader } from '../../helpers/fake-reader.ts';

const DIR = '/etc/harden/waivers.d';
const context: WaiverContext = { catalogue: shippedCatalogue(), benchmark: 'cis-docker-1.8.0', today: '2026-11-22' };
const one = (members: string): string =>
  `{\n  schema: 'urn:harden:waiver:1',\n  waivers: [\n    { reason: 'r', owner: 'o', until: '2027-01-31', ${members} },\n  ],\n}\n`;

function read(...texts: readonly string[]) {
  return readWaivers(
    texts.map((text, index) => ({ path: `${DIR}/${index}.json5`, text })),
    context,
  );
}

function failure(work: () => unknown): HardenError {
  try {
    work();
  } catch (error) {
    if (error instanceof HardenError) {
      return error;
    }
    throw error;
  }
  throw new Error('it was taken');
}

describe('a file of waivers', () => {
  it('names controls by number, name or pattern', () => {
    const [number, name, pattern] = read(
      one("control: '2.2'"),
      one("control: 'live-restore', host: ['web-*', 'db-1']"),
      one("control: '3.*', from: '2026-10-01'"),
    );
    expect(number).toMatchObject({ id: '2.2@*', controls: ['icc-disabled'], hosts: ['*'], line: 4 });
    expect(name).toMatchObject({ id: 'live-restore@web-*,db-1', controls: ['live-restore'], file: `${DIR}/1.json5` });
    expect(pattern?.controls).toHaveLength(24);
  });

  it('may hold none', () => {
    expect(read("{ schema: 'urn:harden:waiver:1', waivers: [] }")).toEqual([]);
  });

  it.each<readonly [string, string, ...string[]]>([
    [
      'an unknown control',
      "control: 'icc-disbled'",
      '4:',
      'there is no control "icc-disbled" (did you mean "icc-disabled"?)',
    ],
    ['a number no control has', "control: '2.99'", 'there is no control "2.99"'],
    ['a pattern nothing matches', "control: 'zz*'", 'no control matches "zz*"'],
    ['a range', "control: '2.1-2.5'", 'a waiver names one control or a pattern'],
    ['a tag', "control: 'tag:audit'", 'a waiver names one control or a pattern'],
    [
      'an unknown key',
      "control: '2.2', untill: '2027-01-31'",
      'unknown key "waivers[0].untill" (did you mean "until"?)',
    ],
    ['a day there is not', "control: '2.2', from: '2026-02-30'", '"waivers[0].from" must be a day, as 2027-01-31'],
    [
      'an end before the beginning',
      "control: '2.2', from: '2027-02-01'",
      '"until" 2027-01-31 is before "from" 2027-02-01',
    ],
    ['an end too far away', "control: '2.2', from: '2026-01-30'", '366 days after 2026-01-30; at most 365'],
    ['a host that is none', "control: '2.2', host: 'web 1'", 'must be the name of a host'],
    ['no hosts at all', "control: '2.2', host: []", 'waivers[0].host'],
    ['two lines for an owner', "control: '2.2', approvedBy: 'a\\nb'", 'must be one line of text'],
    ['a place nobody knows', "control: '2.2', onlyWhile: { 'daemon.json/icc': null }", '"daemon.json/icc" is neither'],
    ['a mode that is none', "control: '2.2', onlyWhile: { '/etc/x#mode': 644 }", 'must be four octal digits'],
  ])('is refused for %s', (_what, members, ...says) => {
    const error = failure(() => read(one(members)));
    expect(error).toMatchObject({ code: 'H2030', exit: 65 });
    const text = [error.message, ...error.details, JSON.stringify(error.position)].join('\n');
    for (const part of says.filter((say) => say !== '4:')) {
      expect(text).toContain(part);
    }
    expect(error.position).toMatchObject({ file: `${DIR}/0.json5`, line: 4 });
  });

  it.each(['reason', 'owner', 'until'])('is refused without %s', (key) => {
    const error = failure(() => read(one("control: '2.2'").replace(new RegExp(`${key}: '[^']*', `), '')));
    expect(error.details.join()).toContain(`"waivers[0].${key}" is missing`);
  });

  it('is refused for an end more than a year from today', () => {
    const text = one("control: '2.2'").replace('2027-01-31', '2027-11-23');
    expect(failure(() => read(text)).details[0]).toBe(
      '"until" 2027-11-23 is 366 days after today; at most 365 are taken',
    );
    expect(read(text.replace('2027-11-23', '2027-11-22'))).toHaveLength(1);
  });

  it('is refused for the same control and hosts twice, also under another name or in another file', () => {
    const error = failure(() =>
      read(one("control: '2.2', host: ['a', 'b']"), one("control: 'icc-disabled', host: ['b', 'a']")),
    );
    expect(error.details).toEqual([`there is a waiver of this for the same hosts in ${DIR}/0.json5:4`]);
    expect(read(one("control: '2.2', host: 'a'"), one("control: '2.2', host: 'b'"))).toHaveLength(2);
  });

  it('has all its mistakes named at once', () => {
    const error = failure(() => read('{ schema: 1 }', one("control: 'nope'"), '{'));
    expect(error.message).toBe('the set of waivers has 4 mistakes, so nothing was planned.');
    expect(error.details.map((line) => line.split(':')[0])).toEqual([0, 0, 1, 2].map((n) => `${DIR}/${n}.json5`));
  });
});

test('the example of docs/waivers.md is one', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/waivers.md'), 'utf8');
  const blocks = [...text.matchAll(/```json5\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  expect(blocks).toHaveLength(1);
  expect(read(...blocks)).toMatchObject([{ id: 'userns-remap@web-*', until: '2027-01-31', approvedBy: 'ciso' }]);
});

describe('files of the machine', () => {
  const files = (over: Record<string, FakeEntry>): Record<string, FakeEntry> => ({
    [`${DIR}/a.json5`]: one("control: '2.2'"),
    ...over,
  });

  it('are taken by name, other names and folders of nobody are nothing', () => {
    const host = fakeReader({ files: files({ [`${DIR}/b.json5~`]: 'x', [`${DIR}/.c.json5`]: 'x' }) });
    expect(trustedWaiverTexts(host).map(({ path }) => path)).toEqual([`${DIR}/a.json5`]);
    expect(trustedWaiverTexts(fakeReader({ files: {} }))).toEqual([]);
  });

  it.each<readonly [string, Record<string, FakeEntry>]>([
    ['a file of another', { [`${DIR}/b.json5`]: { type: 'file', text: '{}', uid: 1000 } }],
    ['a file the group can write to', { [`${DIR}/b.json5`]: { type: 'file', text: '{}', mode: 0o664 } }],
    ['a folder everybody can write to', { [DIR]: { type: 'directory', mode: 0o1777 } }],
    ['a folder of another above', { '/etc/harden': { type: 'directory', uid: 1000 } }],
  ])('are refused for %s', (_what, over) => {
    expect(failure(() => trustedWaiverTexts(fakeReader({ files: files(over) })))).toMatchObject({
      code: 'H2031',
      exit: 65,
    });
  });
});

describe('a waiver that is taken out', () => {
  const item = (name: string) => `{ control: '${name}', reason: 'r', owner: 'o', until: '2027-01-31' }`;
  const file = (list: string) =>
    `// of the site\n{\n  schema: 'urn:harden:waiver:1', // v1\n  waivers: [${list}],\n}\n`;
  const [a, b, c] = [item('2.2'), item('2.16'), item('2.17')];

  it.each<readonly [string, number, string]>([
    [file(`\n    ${a},\n    ${b},\n    ${c},\n  `), 1, file(`\n    ${a},\n    ${c},\n  `)],
    [file(`\n    ${a},\n    // why\n    ${b}, // x\n  `), 1, file(`\n    ${a},\n    // why\n     // x\n  `)],
    [file(`${a}, ${b}`), 1, file(`${a}, `)],
    [file(`${a}, ${b}`), 0, file(` ${b}`)],
    [file(`\n    ${a}\n    // after\n    , ${b}\n  `), 0, file(`\n    \n    // after\n     ${b}\n  `)],
    [file(a), 0, file('')],
    [file(`\n    ${a} /* , */,\n  `), 0, file(`\n     /* , */\n  `)],
    [file(`\r\n    ${a},\r\n    ${b},\r\n  `), 0, file(`\r\n    ${b},\r\n  `)],
  ])('leaves the rest as it is: %j', (text, index, left) => {
    expect(withoutWaiver(text, index)).toBe(left);
  });

  const texts = [{ path: '/w/web.json5', text: file(`\n    ${a},\n    ${b},\n  `) }];

  it('stays where its file is not as it was read: H2036', () => {
    const twice = [a, b].map((text) => ({ path: '/w/web.json5', text: file(text) }));
    expect(failure(() => removedWaiver(twice, context, '2.16', undefined))).toMatchObject({ code: 'H2036', exit: 65 });
  });

  it('is found by number, name, and hosts', () => {
    expect(removedWaiver(texts, context, 'icc-disabled', undefined)).toMatchObject({
      path: '/w/web.json5',
      waiver: { id: '2.2@*' },
    });
    expect(failure(() => removedWaiver(texts, context, '2.18', undefined))).toMatchObject({
      code: 'H2035',
      exit: 64,
      details: ['/w/web.json5:5: 2.2', '/w/web.json5:6: 2.16'],
    });
    const two = [{ path: '/w/two.json5', text: file(`${a}, ${a.replace('{', "{ host: 'web-*',")}`) }];
    expect(failure(() => removedWaiver(two, context, '2.2', undefined)).hint).toBe(
      'Name the hosts as well: harden waiver remove 2.2 --host *',
    );
    expect(removedWaiver(two, context, '2.2', 'web-*').text).toBe(file(`${a}, `));
  });
});

describe('a new waiver', () => {
  const wish = {
    control: '2.2',
    host: ['web-*'],
    reason: 'It\'s "so"',
    owner: 'ops',
    approvedBy: undefined,
    from: undefined,
    until: '2027-01-31',
    onlyWhile: { 'daemon.json#/icc': null },
  };
  const place = { folder: '/w', remark: 'Written by harden waiver add, 2026-11-22, ops.' };

  it('is a file of its own, by name, and goes away whole', () => {
    const { path, text } = newWaiver(wish, [], context, place);
    expect(path).toBe('/w/icc-disabled.json5');
    expect(text).toContain('control: "icc-disabled",\n      host: "web-*",\n      reason: "It\'s \\"so\\"",');
    expect(removedWaiver([{ path, text }], context, '2.2', undefined).text).toBeUndefined();
    const remarked = text.replace('    {', '    // asked for by the shop\n    {');
    expect(removedWaiver([{ path, text: remarked }], context, '2.2', undefined).text).toContain(
      'asked for by the shop',
    );
  });

  it.each([[[]], [['*']]])('for every host goes away whole too: %j', (host: string[]) => {
    const { path, text, waiver } = newWaiver({ ...wish, host }, [], context, place);
    expect(waiver.hosts).toEqual(['*']);
    expect(removedWaiver([{ path, text }], context, '2.2', undefined).text).toBeUndefined();
  });

  it('gets another name where its own is taken, and is refused where it is there already', () => {
    const first = newWaiver(wish, [], context, place);
    const second = newWaiver({ ...wish, host: ['db-*'] }, [first], context, place);
    expect(second.path).toBe('/w/icc-disabled-2.json5');
    expect(failure(() => newWaiver({ ...wish, until: '2027-02-01' }, [first, second], context, place))).toMatchObject({
      code: 'H2035',
      exit: 64,
      details: ['/w/icc-disabled.json5:5, until 2027-01-31: It\'s "so" (ops)'],
    });
  });

  it.each<readonly [Partial<typeof wish>, string]>([
    [{ control: 'icc-disbled' }, 'there is no control "icc-disbled" (did you mean "icc-disabled"?)'],
    [{ until: '2028-01-31' }, 'at most 365 are taken'],
    [{ until: 'soon' }, '"waivers[0].until" must be a day'],
    [{ reason: 'a\nb' }, 'must be one line of text'],
    [{ owner: 'a\u2028b' }, 'a line separator'],
    [{ host: ['a b'] }, 'must be the name of a host'],
  ])('is refused: %j', (over, says) => {
    const error = failure(() => newWaiver({ ...wish, ...over }, [], context, place));
    expect(error).toMatchObject({ code: 'H2034', exit: 64 });
    expect(error.details.join()).toContain(says);
  });
});
