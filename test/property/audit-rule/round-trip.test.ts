import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLine } from '../../../src/resources/audit-rule/parse.ts';
import { printRule } from '../../../src/resources/audit-rule/print.ts';
import { normalRule, ruleKey } from '../../../src/resources/audit-rule/rule.ts';
import { anyRule } from '../../support/audit-rules.ts';

test('a rule that is printed and parsed is the same rule (100,000 rules)', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(anyRule, (rule) => {
      const line = parseLine(printRule(rule));
      return line.type === 'rule' && ruleKey(line.rule) === ruleKey(rule);
    }),
    { numRuns: 100_000 },
  );
});

test('the normal form is its own normal form', () => {
  fc.assert(
    fc.property(anyRule, (rule) => {
      expect(normalRule(rule)).toEqual(rule);
    }),
    { numRuns: 5_000 },
  );
});

test('no text makes the parser throw', () => {
  const letters = fc.constantFrom(
    '-',
    'a',
    'w',
    'p',
    'k',
    'F',
    'S',
    ' ',
    '/',
    '=',
    ',',
    '\\',
    '"',
    '#',
    'always,exit',
    ' -F ',
    'path=/x',
    '\t',
    'é',
  );
  const text = fc.array(letters, { maxLength: 14 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), text), (line) => parseLine(line).type.length > 0),
    { numRuns: 20_000 },
  );
});
