import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/model/canonical.ts';
import { parseDocument, parseText } from '../../../src/resources/daemon-option/document.ts';
import { editText } from '../../../src/resources/daemon-option/edit.ts';

const foreignKey = fc.constantFrom(
  'labels',
  'dns',
  'data-root',
  'x y',
  'a"b',
  'proxies',
  'Größe',
  'runtimes',
  'features',
  '__proto__',
);
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json);
const members = fc.uniqueArray(fc.tuple(foreignKey, json), { maxLength: 6, selector: ([key]) => key });
const layout = fc.record({
  indent: fc.constantFrom(undefined, '\t', 2, 4, 1),
  eol: fc.constantFrom('\n', '\r\n'),
  end: fc.constantFrom('', '\n', '\n\n', '\r\n', '  '),
  start: fc.constantFrom('', '\n', '  '),
});

/** Files as people and tools leave them. */
const file = fc.tuple(members, layout).map(([pairs, { indent, eol, end, start }]) => {
  const object = pairs.map(
    ([key, value]) => `${JSON.stringify(key)}:${indent === undefined ? '' : ' '}${JSON.stringify(value)}`,
  );
  const lead = typeof indent === 'number' ? ' '.repeat(indent) : indent;
  const body =
    lead === undefined || pairs.length === 0
      ? object.join(',')
      : `${eol}${object.map((one) => lead + one).join(`,${eol}`)}${eol}`;
  return `${start}{${body}}${end}`;
});
const someKey = fc.constantFrom('icc', 'live-restore', 'log-opts', 'default-ulimits', 'insecure-registries');

function objectOf(text: string): JsonObject {
  const document = parseText(text);
  expect(document.status).toBe('object');
  return document.status === 'object' ? document.value : {};
}

describe('edits of daemon.json', () => {
  test('setting an absent key and taking it out again gives the same bytes', () => {
    fc.assert(
      fc.property(file, someKey, json, (text, key, set) => {
        expect(editText(editText(text, [{ key, set }]), [{ key, remove: true }])).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('an edit changes what its key means, and nothing else', () => {
    fc.assert(
      fc.property(file, fc.oneof(someKey, foreignKey), json, (text, key, set) => {
        const after = objectOf(editText(text, [{ key, set }]));
        const before = objectOf(text);
        expect(Object.entries(after).filter(([name]) => name !== key)).toEqual(
          Object.entries(before).filter(([name]) => name !== key),
        );
        expect(Object.getOwnPropertyDescriptor(after, key)?.value).toEqual(JSON.parse(JSON.stringify(set)));
      }),
      { numRuns: 2000 },
    );
  });

  test('the bytes before and after the edited member stay', () => {
    fc.assert(
      fc.property(file, someKey, json, (text, key, set) => {
        const after = editText(text, [{ key, set }]);
        const end = text.lastIndexOf('}');
        expect(after.endsWith(text.slice(end))).toBe(true);
        expect(after.startsWith(text.slice(0, end).trimEnd())).toBe(true);
      }),
    );
  });

  test('taking a key out leaves the others in order', () => {
    fc.assert(
      fc.property(file, foreignKey, (text, key) => {
        const before = objectOf(text);
        expect(Object.entries(objectOf(editText(text, [{ key, remove: true }])))).toEqual(
          Object.entries(before).filter(([name]) => name !== key),
        );
      }),
    );
  });

  test('the same edit twice is the same as once', () => {
    fc.assert(
      fc.property(file, someKey, json, (text, key, set) => {
        const once = editText(text, [{ key, set }]);
        expect(editText(once, [{ key, set }])).toBe(once);
      }),
    );
  });
});

describe('reading of daemon.json', () => {
  test('whatever the bytes are, it answers and does not throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['empty', 'object', 'invalid']).toContain(parseDocument(bytes).status);
      }),
    );
  });

  test('it accepts an object exactly where JSON does', () => {
    const spoiled = fc
      .tuple(file, fc.nat(), fc.constantFrom(',', '}', '{', '"', '/', '//x\n', ']', '\f', '\u00a0', '1'))
      .map(([text, at, mark]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + mark + text.slice(place);
      });
    fc.assert(
      fc.property(fc.oneof(file, spoiled), (text) => {
        let strict: unknown;
        try {
          strict = JSON.parse(text);
        } catch {
          strict = undefined;
        }
        const isObject = typeof strict === 'object' && strict !== null && !Array.isArray(strict);
        expect(parseText(text).status).toBe(isObject ? 'object' : 'invalid');
      }),
      { numRuns: 2000 },
    );
  });

  test('a mistake is placed inside the file', () => {
    fc.assert(
      fc.property(file, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % Math.max(text.length, 1));
        const document = parseText(cut);
        if (document.status === 'invalid') {
          const lines = cut.split('\n');
          expect(document.problem.line).toBeLessThanOrEqual(lines.length);
          expect(document.problem.column).toBeLessThanOrEqual((lines[document.problem.line - 1] ?? '').length + 1);
        }
      }),
    );
  });
});
