import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { readHealthFiles } from '../../../src/catalogue/health-files.ts';
import { healthJsonSchema } from '../../../src/catalogue/json-schema.ts';
import { HardenError } from '../../../src/model/errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/health.md'), 'utf8');
const example = /```json5\n(.*?)```/s.exec(page)?.[1] ?? '';

describe('a file of health checks', () => {
  it('is read as the page about it says', () => {
    const times = { timeoutMs: 5000, attempts: 3, intervalMs: 1000, from: 'site.json5' };
    expect(readHealthFiles([{ path: 'site.json5', text: example }])).toEqual([
      { ...times, name: 'database takes connections', probe: { type: 'tcp', host: '10.0.0.5', port: 5432 } },
      {
        ...times,
        name: 'shop answers',
        probe: { type: 'http', url: 'http://127.0.0.1:8080/health', status: 204 },
        timeoutMs: 2000,
      },
      {
        ...times,
        name: 'queue is short',
        probe: { type: 'command', argv: ['/usr/local/sbin/queue-length', '--below', '100'] },
        attempts: 5,
        intervalMs: 2000,
      },
    ]);
  });

  it('of the page passes its JSON Schema, and a key that is not there does not', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(healthJsonSchema());
    expect(validate(JSON5.parse(example))).toBe(true);
    expect(validate({ schema: 'urn:harden:health:1', checks: [{ name: 'a', tpc: 'b:1' }] })).toBe(false);
  });

  it('says that a name is there already, also in another file', () => {
    const one = text(`{ name: 'a', tcp: 'h:1' }`);
    expect(mistakes([one, one])).toEqual(['a check named "a" is there already']);
  });

  it('tells all mistakes of all files at once', () => {
    const wrong = [
      `{ name: 'no port', tcp: 'host' }`,
      `{ name: 'port 0', tcp: 'host:0' }`,
      `{ name: 'port too high', tcp: 'host:65536' }`,
      `{ name: 'nothing' }`,
      `{ name: 'two', tcp: 'h:1', http: 'http://h/' }`,
      `{ name: 'status of tcp', tcp: 'h:1', status: 200 }`,
      `{ name: 'scheme', http: 'file:///etc/shadow' }`,
      `{ name: 'password', http: 'http://u:p@h/' }`,
      `{ name: 'relative', command: ['bin/true'] }`,
      `{ name: 'dots', command: ['/usr/../tmp/x'] }`,
      `{ name: 'empty', command: [] }`,
      `{ name: 'shell', command: 'true; true' }`,
      `{ name: 'never', tcp: 'h:1', timeout: 0 }`,
      `{ name: 'ever', tcp: 'h:1', timeout: 301 }`,
      `{ name: 'no try', tcp: 'h:1', attempts: 0 }`,
      `{ name: 'half a try', tcp: 'h:1', attempts: 1.5 }`,
      `{ name: 'unknown', tcp: 'h:1', retries: 3 }`,
      `{ name: 'two\\nlines', tcp: 'h:1' }`,
      `{ tcp: 'h:1' }`,
    ];
    for (const one of wrong) {
      expect(mistakes([text(one)]), one).toHaveLength(1);
    }
    expect(mistakes([text(wrong.slice(0, 4).join(',\n')), '{ schema: 1'])).toHaveLength(5);
  });

  it('of another version, without checks, or with a key twice is refused', () => {
    expect(mistakes([`{ schema: 'urn:harden:health:2', checks: [{ name: 'a', tcp: 'h:1' }] }`])).toHaveLength(1);
    expect(mistakes([text('')])).toHaveLength(1);
    expect(mistakes([`{ schema: 'urn:harden:health:1', checks: [], checks: [] }`])).toHaveLength(1);
  });
});

function text(checks: string): string {
  return `{ schema: 'urn:harden:health:1', checks: [${checks}] }`;
}

function mistakes(texts: readonly string[]): readonly string[] {
  try {
    readHealthFiles(texts.map((one, index) => ({ path: `f${index}`, text: one })));
    return [];
  } catch (error) {
    if (error instanceof HardenError) {
      expect(error).toMatchObject({ code: 'H2020', exit: 65 });
      return error.details;
    }
    throw error;
  }
}
