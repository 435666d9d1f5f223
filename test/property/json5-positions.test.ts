import fc from 'fast-check';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { keyOffset, nodeAt, repeatedKeys, syntaxTree } from '../../src/catalogue/json5-positions.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const gap = fc
  .array(
    fc.constantFrom(
      ' ',
      '\n',
      '\t',
      '\r\n',
      '\u00a0',
      '\u2028',
      '\ufeff',
      '// a } ] , "\n',
      "/* { [ : ' */",
      '/**/',
      '//\u2029',
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(''));

const word = fc.oneof(
  fc.constantFrom('a', 'title', '$schema', '_x', 'ünï', '\\u0061b', 'null', 'Infinity', '__proto__', 'constructor'),
  fc.stringMatching(/^[a-zA-Z_$][a-zA-Z0-9_$]{0,5}$/),
);
const quoted = fc.tuple(fc.string({ unit: 'binary' }), fc.boolean()).map(([text, single]) => quote(text, single));
const scalar = fc.oneof(
  quoted,
  fc.constantFrom('true', 'false', 'null', '0x1F', '+1', '-.5', '5.', '1e3', 'Infinity', '-Infinity', '.25'),
  fc.integer().map(String),
  fc.constantFrom("'line \\\n two'", "'\\'\\\"\\\\'", '"a\\\r\nb"', "'// no comment'", "'{[,:]}'"),
);

/** JSON5 texts in every spelling: comments, both quotes, bare keys, commas at the end. */
const { document } = fc.letrec<{ value: string; document: string }>((tie) => ({
  document: fc.tuple(gap, tie('value'), gap).map((parts) => parts.join('')),
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json5' },
    scalar,
    listOf(tie('value')).map((inside) => `[${inside}]`),
    listOf(
      fc.tuple(fc.oneof(word, quoted), gap, gap, tie('value')).map(([key, a, b, value]) => `${key}${a}:${b}${value}`),
    ).map((inside) => `{${inside}}`),
  ),
}));

function listOf(element: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.tuple(gap, element, gap), { maxLength: 4 }), fc.boolean(), gap)
    .map(([elements, trailing, end]) => {
      const list = elements.map((parts) => parts.join('')).join(',');
      return `${list}${trailing && elements.length > 0 ? ',' : ''}${end}`;
    });
}

function quote(text: string, single: boolean): string {
  // The parser warns on the console about these two inside strings.
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return single ? `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : json;
}

/** One text for equal values, whatever their keys are called. */
function canonical(value: Json): string {
  return JSON5.stringify(value);
}

/** Every path of a value with what stands there. */
function paths(
  value: Json,
  path: readonly (string | number)[] = [],
): readonly (readonly [readonly (string | number)[], Json])[] {
  const inside: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [];
  return [[path, value], ...inside.flatMap(([step, item]) => paths(item, [...path, step]))];
}

describe('positions in a JSON5 text', () => {
  it('cut out, for every path, a text that parses to the value there', () => {
    fc.assert(
      fc.property(document, (text) => {
        const value = JSON5.parse<Json>(text);
        const tree = syntaxTree(text);
        for (const [path, expected] of paths(value)) {
          const node = nodeAt(tree, path);
          expect(canonical(JSON5.parse<Json>(text.slice(node.start, node.end)))).toBe(canonical(expected));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('find the key a path ends in', () => {
    fc.assert(
      fc.property(document, (text) => {
        const value = JSON5.parse<Json>(text);
        const tree = syntaxTree(text);
        for (const [path] of paths(value)) {
          const key = path.at(-1);
          if (typeof key === 'string') {
            const end = nodeAt(tree, path).end;
            const holder = JSON5.parse<Record<string, Json>>(`{${text.slice(keyOffset(tree, path), end)}}`);
            expect(Object.keys(holder)).toStrictEqual([key]);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('tell of repeated keys exactly where the parser drops something', () => {
    fc.assert(
      fc.property(document, (text) => {
        const tree = syntaxTree(text);
        const kept = paths(JSON5.parse<Json>(text)).filter(([path]) => typeof path.at(-1) === 'string').length;
        expect(repeatedKeys(tree).length > 0).toBe(countMembers(tree) > kept);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a place in a text', () => {
  it('is that of the deepest thing on a path that leads nowhere', () => {
    const text = "{ a: { b: [ 'x' ] } }";
    const tree = syntaxTree(text);
    expect(nodeAt(tree, ['a', 'b', 7]).start).toBe(text.indexOf('['));
    expect(nodeAt(tree, ['q', 'b']).start).toBe(0);
    expect(keyOffset(tree, ['a', 'z'])).toBe(text.indexOf('{ b'));
  });
});

function countMembers(node: ReturnType<typeof syntaxTree>): number {
  const inside = [...node.members.map((member) => member.value), ...node.items];
  return node.members.length + inside.reduce((sum, one) => sum + countMembers(one), 0);
}
