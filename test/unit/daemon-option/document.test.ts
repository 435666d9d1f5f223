import { describe, expect, test } from 'vitest';
import { DOCUMENT_LIMIT, parseDocument, parseText } from '../../../src/resources/daemon-option/document.ts';
import { editText } from '../../../src/resources/daemon-option/edit.ts';
import { parseFlags } from '../../../src/resources/daemon-option/flags.ts';
import { inspectDocument } from '../../../src/resources/daemon-option/inspect-document.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const problemOf = (text: string) => {
  const document = parseText(text);
  return document.status === 'invalid' ? document.problem : undefined;
};
const remarks = (text: string, version = '26.1.5', argv: readonly string[] = []) =>
  inspectDocument(parseText(text), parseFlags(argv), version).map(({ severity, message }) => `${severity}: ${message}`);

describe('a daemon.json that is wrong', () => {
  test.each([
    [
      'trailing comma',
      '{\n  "icc": false,\n}\n',
      3,
      1,
      'a key in double quotes is missing here; a comma before } is not allowed',
      '}',
    ],
    ['comment', '{\n  // no\n  "icc": false\n}', 2, 3, 'comments are not allowed in this file', '  // no'],
    ['several documents', '{"a": 1}\n{"b": 2}\n', 2, 1, 'there is more after the end of the first object', '{"b": 2}'],
    ['text after the object', '{"a": 1} x', 1, 10, 'this is not JSON', '{"a": 1} x'],
    ['list at the top', '\n[]', 2, 1, 'an object { … } is needed at the top, not a list', '[]'],
    ['null at the top', 'null', 1, 1, 'an object { … } is needed at the top, not null', 'null'],
    ['text at the top', '"x"', 1, 1, 'an object { … } is needed at the top, not a string', '"x"'],
    ['missing comma', '{"a": 1 "b": 2}', 1, 9, 'a comma is missing here', '{"a": 1 "b": 2}'],
    ['missing brace', '{"a": 1', 1, 8, 'a closing } is missing', '{"a": 1'],
    ['HTML', '<html>', 1, 1, 'this is not JSON', '<html>'],
    ['single quotes', "{'a': 1}", 1, 2, 'this is not JSON', "{'a': 1}"],
    ['form feed', '{"a": 1}\f', 1, 9, 'this is not JSON', '{"a": 1}\f'],
  ])('%s is placed by line and column', (...[, text, line, column, message, excerpt]) => {
    expect(problemOf(text)).toMatchObject({ line, column, message, excerpt });
  });

  test('bytes that are no text are placed too', () => {
    const document = parseDocument(new Uint8Array([...bytes('{"a":\n"'), 0xff, ...bytes('"}')]));
    expect(document).toMatchObject({
      status: 'invalid',
      problem: { line: 2, column: 2, message: 'a byte that is not UTF-8 text' },
    });
  });

  test('a file larger than the limit is refused without being parsed', () => {
    expect(parseDocument(new Uint8Array(10 * DOCUMENT_LIMIT))).toMatchObject({
      status: 'invalid',
      problem: { message: 'larger than 1 MiB, so it is not read' },
    });
    expect(parseDocument(bytes(`{"a": "${'x'.repeat(DOCUMENT_LIMIT - 9)}"}`)).status).toBe('object');
  });

  test('nesting that would exhaust a parser is refused', () => {
    expect(problemOf('['.repeat(500_000))?.message).toContain('deep');
    expect(problemOf('{"a":'.repeat(100_000))?.message).toContain('deep');
    expect(parseText(`{"a": "${'['.repeat(1000)}"}`).status).toBe('object');
  });
});

describe('a daemon.json that is unusual', () => {
  test('absent and empty are told apart', () => {
    expect(parseDocument(undefined)).toEqual({ status: 'absent' });
    expect(parseDocument(bytes(' \n')).status).toBe('empty');
  });

  test.each([
    ['utf-8-bom', [0xef, 0xbb, 0xbf, ...bytes('{"icc": false}')]],
    ['utf-16le', [0xff, 0xfe, ...Buffer.from('{"icc": false}', 'utf16le')]],
    ['utf-16be', [0xfe, 0xff, ...Buffer.from('{"icc": false}', 'utf16le').swap16()]],
  ])('%s is read as what it says, and fatal for Engine 20.10 only', (encoding, file) => {
    const document = parseDocument(new Uint8Array(file));
    expect(document).toMatchObject({ status: 'object', encoding, value: { icc: false }, text: '{"icc": false}' });
    expect(inspectDocument(document, new Map(), '20.10.24')).toMatchObject([{ severity: 'fatal' }]);
    expect(inspectDocument(document, new Map(), '26.1.5')).toMatchObject([{ severity: 'warning' }]);
  });

  test('an empty file is fatal for Engine 20.10 only', () => {
    expect(remarks('', '20.10.5')).toEqual(['fatal: Engine 20.10.5 does not start with an empty file']);
    expect(remarks('', '23.0.1')).toEqual([]);
  });

  test('keys that stand twice are found, nested ones too', () => {
    const document = parseText('{\n "icc": true,\n "log-opts": {"a": "1", "a": "2"},\n "icc": false\n}');
    expect(document).toMatchObject({
      duplicates: [
        { path: 'log-opts.a', line: 3 },
        { path: 'icc', line: 4, column: 2 },
      ],
    });
  });
});

describe('what an engine would make of a file', () => {
  test.each<readonly [string, string, string, readonly string[], readonly string[]]>([
    ['unknown key', '{\n"foo-bar": 1}', '26.1.5', [], ['fatal: line 2: Engine 26.1.5 does not know the key foo-bar']],
    [
      'key of a later engine',
      '{"firewall-backend": "nftables"}',
      '28.5.2',
      [],
      ['fatal: line 1: Engine 28.5.2 does not know the key firewall-backend'],
    ],
    [
      'key of an earlier engine',
      '{"graph": "/x"}',
      '26.1.5',
      [],
      ['fatal: line 1: Engine 26.1.5 does not know the key graph'],
    ],
    ['key of this engine', '{"graph": "/x"}', '20.10.5', [], []],
    [
      'key nobody knows, engine of the future',
      '{"foo": 1}',
      '29.0.0',
      [],
      ['warning: line 1: foo is not a key that harden knows'],
    ],
    ['capital letters', '{"ICC": false}', '26.1.5', [], ['fatal: line 1: Engine 26.1.5 does not know the key ICC']],
    [
      'name of the flag',
      '{"label": ["a=b"]}',
      '26.1.5',
      [],
      ['warning: line 1: label is the name of a flag, not of a key; dockerd does not read it'],
    ],
    [
      'text for a boolean',
      '{"icc": "false"}',
      '26.1.5',
      [],
      ['fatal: line 1: icc must be true or false, without quotes'],
    ],
    [
      'number in log-opts',
      '{"log-opts": {"max-file": 5}}',
      '26.1.5',
      [],
      ['fatal: line 1: log-opts must be an object whose values are all texts in quotes'],
    ],
    ['text for a list', '{"hosts": "x"}', '26.1.5', [], ['fatal: line 1: hosts must be a list of texts']],
    ['fraction for an integer', '{"mtu": 1.5}', '26.1.5', [], ['fatal: line 1: mtu must be a whole number']],
    ['null is not set', '{"icc": null, "mtu": null}', '26.1.5', [], []],
    ['also a flag', '{"debug": true}', '26.1.5', ['-D'], ['fatal: line 1: debug is also given as the flag -D']],
    [
      'also a flag of another name',
      '{"labels": ["a=b"]}',
      '26.1.5',
      ['--label', 'c=d'],
      ['fatal: line 1: labels is also given as the flag --label'],
    ],
    ['runtimes may be both', '{"runtimes": {}}', '26.1.5', ['--add-runtime=x=/y'], []],
    [
      'typo hidden in a foreign object',
      '{"foo": {"bar": 1}}',
      '26.1.5',
      [],
      ['fatal: line 1: Engine 26.1.5 does not know the key bar'],
    ],
    [
      'real key in a foreign object',
      '{"foo": {"icc": false}}',
      '26.1.5',
      [],
      ['warning: line 1: icc stands inside foo, not at the top where it belongs'],
    ],
    ['proxies hold keys', '{"proxies": {"http-proxy": "http://p:1"}}', '26.1.5', [], []],
    [
      'proxies are new in 23',
      '{"proxies": {"http-proxy": "http://p:1"}}',
      '20.10.5',
      [],
      ['fatal: line 1: Engine 20.10.5 does not know the key http-proxy'],
    ],
    [
      'incomplete limit',
      '{"default-ulimits": {"nofile": {"Hard": 1, "Soft": 1}}}',
      '26.1.5',
      [],
      [
        'warning: line 1: default-ulimits has no complete entry for nofile (Name, Hard and Soft), so no container would start',
      ],
    ],
  ])('%s', (...[, text, version, argv, expected]) => {
    expect(remarks(text, version, argv)).toEqual(expected);
  });
});

describe('edits', () => {
  test.each([
    ['no file', '', '{\n  "icc": false\n}\n'],
    ['empty object', '{}', '{\n  "icc": false\n}'],
    ['four spaces, no final newline', '{\n    "a": 1\n}', '{\n    "a": 1,\n    "icc": false\n}'],
    ['tabs', '{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"icc": false\n}\n'],
    ['one line', '{"a":1}', '{"a":1,"icc":false}'],
    ['one line with spaces', '{ "a": 1, "b": 2 }\n', '{ "a": 1, "b": 2, "icc": false }\n'],
    ['CRLF', '{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "icc": false\r\n}\r\n'],
    ['blank line between members', '{\n  "a": 1,\n\n  "b": 2\n}\n', '{\n  "a": 1,\n\n  "b": 2,\n  "icc": false\n}\n'],
    ['present', '{\n  "icc" : true,\n  "a": 1\n}\n', '{\n  "icc" : false,\n  "a": 1\n}\n'],
  ])('set a key: %s', (_, before, after) => {
    expect(editText(before, [{ key: 'icc', set: false }])).toBe(after);
  });

  test('an object goes over several lines in the indentation of the file', () => {
    const set = { nofile: { Name: 'nofile', Hard: 2, Soft: 1 } };
    expect(editText('{\n\t"a": 1\n}\n', [{ key: 'default-ulimits', set }])).toBe(
      '{\n\t"a": 1,\n\t"default-ulimits": {\n\t\t"nofile": {\n\t\t\t"Name": "nofile",\n\t\t\t"Hard": 2,\n\t\t\t"Soft": 1\n\t\t}\n\t}\n}\n',
    );
  });

  test.each([
    ['first', '{\n  "icc": true,\n  "a": 1\n}\n', '{\n  "a": 1\n}\n'],
    ['middle', '{"a": 1, "icc": true, "b": 2}', '{"a": 1, "b": 2}'],
    ['last', '{\n  "a": 1,\n  "icc": true\n}\n', '{\n  "a": 1\n}\n'],
    ['only', '{\n  "icc": true\n}\n', '{}\n'],
    ['none', '{ "a": 1 }', '{ "a": 1 }'],
  ])('take out the %s key', (_, before, after) => {
    expect(editText(before, [{ key: 'icc', remove: true }])).toBe(after);
  });
});
