import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signerMistakes } from '../../../src/catalogue/allowed-signers.ts';

const FILE = '/etc/harden/allowed_signers';
const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIO/zYZ9j+MSs0eM/dKZowygvwYJNPqTXbyN0qDJWKIHH';
const ED = `ssh-ed25519 ${KEY}`;

const told = (text: string): readonly string[] =>
  signerMistakes(FILE, text).map(({ line, column, text }) => `${line}:${column}: ${text}`);

describe('a file of allowed signers', () => {
  test.each([
    ['nothing', ''],
    ['remarks', '# of the site\n\n'],
    ['a name and a key', `ann@example.org ${ED}\n`],
    ['a remark behind the key', `ann@example.org ${ED} ann at home\n`],
    ['a remark with inches', `ann@example.org ${ED} the 6" rack\n`],
    ['several names, quoted', `"ann@example.org,bob@example.org" ${ED}\n`],
    ['options', `ann@example.org cert-authority,namespaces="harden-plan,git",valid-before="20270131Z" ${ED}\n`],
    ['options in capitals', `ann@example.org Valid-After="202701312359" ${ED}\n`],
  ])('%s is no mistake', (_what, text) => {
    expect(told(text)).toEqual([]);
  });

  test.each([
    [
      'a misspelt option',
      `ann namespace="harden-plan" ${ED}`,
      '1:5: "namespace" is neither an option nor a kind of key (did you mean "namespaces"?)',
    ],
    [
      'an option after a good one',
      `ann cert-authority,valid-befor="20270101" ${ED}`,
      '1:20: "valid-befor" is neither an option nor a kind of key (did you mean "valid-before"?)',
    ],
    [
      'an option without its value',
      `ann namespaces ${ED}`,
      '1:5: namespaces takes a value in quotation marks: namespaces="…"',
    ],
    [
      'a value without quotation marks',
      `ann namespaces=git ${ED}`,
      '1:5: namespaces takes a value in quotation marks: namespaces="…"',
    ],
    ['a quotation mark that is open', `ann namespaces="git ${ED}`, '1:5: a quotation mark is not closed'],
    [
      'a day that is none',
      `# a\n\nann valid-before="soon" ${ED}`,
      '3:5: valid-before takes a day or a time like "20270131" or "202701312359"',
    ],
    ['no name', ED, '1:1: the name of the signer is missing in front of the key'],
    ['no key', 'ann@example.org', '1:16: a key is missing after ann@example.org, for example: ssh-ed25519 AAAA…'],
    ['no key behind its kind', 'ann ssh-ed25519', '1:16: a key is missing, for example: ssh-ed25519 AAAA…'],
    [
      'a key cut off at its beginning',
      `ann ssh-ed25519 ${KEY.slice(9)}`,
      '1:17: this is no key; it is the second word of the file that ends in .pub',
    ],
    ['a misspelt kind', `ann ssh-ed25591 ${KEY}`, '1:5: "ssh-ed25591" is no kind of key (did you mean "ssh-ed25519"?)'],
    [
      'a kind that is not that of the key',
      `ann ssh-rsa ${KEY}`,
      '1:5: the key is one of ssh-ed25519, and the line says ssh-rsa',
    ],
  ])('%s is told with line and column', (_what, text, wanted) => {
    expect(told(text)).toEqual([wanted]);
  });

  test('any text is read to its end, and each place told is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const lines = text.split('\n');
        for (const { line, column, excerpt } of signerMistakes(FILE, text)) {
          expect(lines[line - 1]).toBe(excerpt);
          expect(column).toBeLessThanOrEqual(excerpt.length + 1);
        }
      }),
    );
  });
});
