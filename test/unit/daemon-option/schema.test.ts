import { describe, expect, test } from 'vitest';
import { allKeys, knowledgeOf, SETTABLE_KEYS, standingOf } from '../../../src/resources/daemon-option/keys.ts';
import { daemonOptionSchema } from '../../../src/resources/daemon-option/schema.ts';

const accepts = (desired: object): boolean =>
  daemonOptionSchema.safeParse({ type: 'daemon-option', ...desired }).success;

describe('what a remediation may say', () => {
  test.each([
    { key: 'icc', value: false },
    { key: 'insecure-registries', value: [] },
    { key: 'seccomp-profile', not: ['unconfined'], write: { absent: true } },
    { key: 'default-ulimits', set: true, write: { parameter: 'ulimits' } },
    { key: 'authorization-plugins', set: true },
  ])('%j', (desired) => {
    expect(accepts(desired)).toBe(true);
  });

  test.each([
    ['no predicate', { key: 'icc' }],
    ['two predicates', { key: 'icc', value: false, set: true }],
    ['an unknown member', { key: 'icc', value: false, valeu: true }],
    ['an unknown key', { key: 'iccc', value: false }],
    ['a key nothing is known of', { key: 'storage-driver', value: 'overlay2' }],
    ['a value of another type', { key: 'icc', value: 'false' }],
    ['null', { key: 'icc', value: null }],
    ['a written value of another type', { key: 'log-level', not: ['debug'], write: { value: true } }],
    ['two ways to write', { key: 'icc', value: false, write: { value: false, absent: true } }],
  ])('not %s', (_, desired) => {
    expect(accepts(desired)).toBe(false);
  });
});

describe('the table of keys', () => {
  test('every key that can be set is a known key, and no key stands twice', () => {
    const keys = allKeys().map((row) => row.key);
    expect(SETTABLE_KEYS.filter((key) => !keys.includes(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('no flag and no letter means two keys', () => {
    const flags = allKeys()
      .flatMap((row) => row.flags)
      .filter((flag) => flag !== 'host-gateway-ip');
    const letters = allKeys().flatMap((row) => row.shorthand ?? []);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(letters).size).toBe(letters.length);
  });

  test('storage, data root and image store can never be set', () => {
    for (const key of ['storage-driver', 'storage-opts', 'data-root', 'features', 'containerd']) {
      expect(knowledgeOf(key)).toBeUndefined();
    }
  });

  test('names of members of every object are no keys', () => {
    expect(knowledgeOf('constructor')).toBeUndefined();
    expect(standingOf('toString', '26.1.5')).toBe('unknown');
  });
});
