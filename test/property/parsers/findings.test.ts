import { describe, expect, it } from 'vitest';
import { readPlan } from '../../../src/app/plan-file.ts';
import { readSource } from '../../../src/catalogue/source-file.ts';
import { parseAuditStatus } from '../../../src/engine/facts/audit.ts';
import { shownCommand } from '../../../src/engine/facts/systemctl-show.ts';
import { parseEnvironmentFile } from '../../../src/engine/facts/unit-file.ts';
import { parseRecording } from '../../../src/host/recording-file.ts';
import { redactJsonText } from '../../../src/host/redact-json.ts';
import { HardenError } from '../../../src/model/errors.ts';
import { mayNestDeeper, nestsDeeper } from '../../../src/model/json-depth.ts';
import { parseLine } from '../../../src/resources/audit-rule/parse.ts';
import { parseGroup, parseNsswitch, parsePasswd } from '../../../src/resources/common/accounts.ts';
import { parseText } from '../../../src/resources/daemon-option/document.ts';
import { editText } from '../../../src/resources/daemon-option/edit.ts';
import { inspectDocument } from '../../../src/resources/daemon-option/inspect-document.ts';

/** Inputs on which a parser once crashed, or read what does not stand there. */
const DEEP = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
const OPEN = `{"a\n${'['.repeat(20_000)}`;

describe('what is nested too deeply', () => {
  it('is refused for people, whole or broken off', () => {
    for (const text of [DEEP, OPEN, '['.repeat(20_000)]) {
      expect(() => readPlan('p', text)).toThrow(HardenError);
      expect(() => parseRecording(text, 'r')).toThrow(HardenError);
      expect(parseText(text).status).toBe('invalid');
      expect(redactJsonText(text, () => undefined)).toBeUndefined();
    }
  });

  it('is told from brackets inside of texts where the text is JSON', () => {
    const text = JSON.stringify({ a: '['.repeat(1000), b: ['"[', '\\', ']'] });
    expect([nestsDeeper(text), mayNestDeeper(text)]).toEqual([false, true]);
    expect(parseText(text).status).toBe('object');
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect([nestsDeeper(nested(200)), nestsDeeper(nested(201))]).toEqual([false, true]);
    expect([mayNestDeeper(`]]]${nested(200)}`), mayNestDeeper(nested(201))]).toEqual([false, true]);
  });
});

describe('an account', () => {
  it('has an id of 32 bits', () => {
    const ids = ['0', '4294967295', '4294967296', '9999999999', '12345678901'];
    const passwd = ids.map((id) => `u${id}:x:${id}:0::/:/b`).join('\n');
    expect(parsePasswd(passwd).map(({ uid }) => uid)).toEqual([0, 4294967295]);
    expect(parsePasswd('a:x:1:4294967296::/:/b')).toEqual([]);
    expect(parseGroup(ids.map((id) => `g${id}:x:${id}:`).join('\n')).map(({ gid }) => gid)).toEqual([0, 4294967295]);
  });

  it('is looked up in the places that nsswitch.conf names, without what stands in brackets', () => {
    const sources = (list: string): readonly string[] => parseNsswitch(`passwd: ${list}`);
    expect(sources('files sss [NOTFOUND=return SUCCESS=continue] ldap [!UNAVAIL=return]')).toEqual(['ldap', 'sss']);
    expect(sources('files [NOTFOUND=return')).toEqual(['[NOTFOUND=return']);
  });
});

describe('an audit rule', () => {
  it('compares two fields', () => {
    expect(parseLine('-a always,exit -S all -C auid!=obj_uid').type).toBe('rule');
    expect(parseLine('-a always,exit -S all -C auid!==obj_uid')).toMatchObject({ type: 'mistake', column: 26 });
    expect(parseLine('-a always,exit -S all -C auid=0').type).toBe('mistake');
  });

  it('that is a watch is on all system calls, also where some are named', () => {
    expect(parseLine('-w /etc/passwd -p wa -S open -k a')).toEqual(parseLine('-w /etc/passwd -p wa -k a'));
  });
});

describe('the audit status', () => {
  it('counts to 32 bits', () => {
    expect(parseAuditStatus('enabled 1\nlost 4294967295\nbacklog_limit 18446744073709551616\n')).toMatchObject({
      enabled: 1,
      lost: 4294967295,
      backlogLimit: undefined,
    });
  });
});

describe('daemon.json', () => {
  it('comes back as it was where a lone carriage return stands in it', () => {
    const edited = editText('{\r}', [{ key: 'icc', set: false }]);
    expect(JSON.parse(edited)).toEqual({ icc: false });
    expect(editText(edited, [{ key: 'icc', remove: true }])).toBe('{\r}');
  });

  it('is told of by the line of each key, of one given twice by the first', () => {
    const document = parseText('{\n "icc": 1,\n\n "nope": 1, "icc": "x"\n}\n');
    const messages = inspectDocument(document, new Map(), '28.0').map(({ message }) => message);
    expect(messages).toEqual([
      'icc stands twice (again in line 4, column 13); the last one counts',
      expect.stringContaining('line 2: icc must be'),
      expect.stringContaining('line 4: Engine 28.0 does not know the key nope'),
    ]);
  });
});

describe('a JSON5 file', () => {
  const problem = (text: string): unknown => {
    const outcome = readSource('f', text);
    return outcome.status === 'unreadable' ? outcome.problems[0] : undefined;
  };

  it('is told of by a place that is there', () => {
    expect(problem("{\n  a: 'b\n}")).toMatchObject({ line: 2, column: 8, excerpt: "  a: 'b" });
    expect(problem('{\n a: 1,\r\n  a: 2 }')).toMatchObject({ line: 3, column: 3, excerpt: '  a: 2 }' });
  });

  it('holds no line separator that nobody can see', () => {
    expect(problem("{\n a: 'b\u2028' }")).toMatchObject({ line: 2, column: 7 });
  });
});

describe('what systemd prints and reads', () => {
  it('is a command up to the first end of it', () => {
    const shown = '{ path=/a ; argv[]=/a b  c ; d ; ignore_errors=no ; start_time=[n/a] ; flags= }';
    expect(shownCommand(shown)).toEqual(['/a', 'b', 'c', ';', 'd']);
    expect(shownCommand('{ path=/a ; argv[]=/a b')).toEqual([]);
    expect(shownCommand('')).toEqual([]);
  });

  it('is a variable without the blanks around its value', () => {
    expect(parseEnvironmentFile('  A \t=  b c \t\n B="x y" \nC=\n=d\n')).toEqual({ A: 'b c', B: 'x y', C: '' });
  });
});
