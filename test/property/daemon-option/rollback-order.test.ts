import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOfBytes, type Json, type JsonObject } from '../../../src/model/canonical.ts';
import type { Change } from '../../../src/model/change.ts';
import type { Known } from '../../../src/model/state.ts';
import type { FileImage, SnapshotFiles, StepInput } from '../../../src/model/transaction.ts';
import { daemonOption } from '../../../src/resources/daemon-option/index.ts';
import { parseText } from '../../../src/resources/daemon-option/document.ts';
import { editText, type KeyEdit } from '../../../src/resources/daemon-option/edit.ts';
import type { PastRun } from '../../../src/resources/resource-type.ts';
import { asChange, FILE, handStarted, reader, sampleFacts } from '../../unit/daemon-option/sample.ts';
import { sha256Hex } from '../../../src/model/brand.ts';

/** Undefined: no file. */
type Text = string | undefined;

interface Kept {
  readonly files: SnapshotFiles;
  readonly changes: readonly Change[];
  /** For a rollback: the run it took back. */
  readonly of: { readonly id: string; readonly left: readonly string[] } | undefined;
}

/** A host that has one file, and everything that was kept of what was done to it. */
class Host {
  text: Text;
  readonly runs: Kept[] = [];
  readonly #facts: ReturnType<typeof sampleFacts>;

  constructor(text: Text, facts: ReturnType<typeof sampleFacts>) {
    this.text = text;
    this.#facts = facts;
  }

  apply(edits: readonly KeyEdit[]): string {
    return this.#keep(
      editText(this.text ?? '', edits),
      edits.map((edit, at) => changeOf(edit, at)),
      undefined,
    );
  }

  async rollback(id: string): Promise<readonly string[]> {
    const target = this.runs.find(({ files }) => files.id === id);
    if (target === undefined) {
      throw new Error(`no run ${id}`);
    }
    const runs = this.runs.map((run): PastRun => ({
      purpose: run.of === undefined ? 'apply' : 'rollback',
      files: run.files,
      takenBack: this.#takenBack(run),
    }));
    const back = await daemonOption.revert(
      target.changes,
      { ...target.files, runs },
      this.#facts,
      reader({ file: this.text, startedNs: '1' }),
    );
    const left = back.kept.filter(({ until }) => until === undefined).map(({ address }) => address);
    this.#keep(back.steps.length === 0 ? this.text : lastContent(back.steps, this.text), [], { id, left });
    return back.kept.map(({ reason }) => reason);
  }

  #takenBack(run: Kept): readonly Change[] {
    return run.changes.filter(({ address }) =>
      this.runs.some(({ of }) => of?.id === run.files.id && !of.left.includes(address)),
    );
  }

  #keep(after: Text, changes: readonly Change[], of: Kept['of']): string {
    const id = `run${this.runs.length}`;
    // A run that did not touch the file knows nothing of it.
    if (after !== this.text || of === undefined) {
      this.runs.push({ files: snapshot(id, this.text, after), changes, of });
    } else {
      this.runs.push({
        files: { ...snapshot(id, undefined, undefined), before: nothing, after: nothing },
        changes,
        of,
      });
    }
    this.text = after;
    return id;
  }
}

const nothing = (): undefined => undefined;

function lastContent(steps: readonly StepInput[], text: Text): Text {
  return steps.reduce<Text>((now, step) => {
    if (!('path' in step) || step.path !== FILE) {
      return now;
    }
    return step.kind === 'write-file' ? new TextDecoder().decode(step.content) : undefined;
  }, text);
}

function snapshot(id: string, before: Text, after: Text): SnapshotFiles {
  const image = (text: Text): Known<FileImage> =>
    text === undefined
      ? { status: 'absent' }
      : {
          status: 'present',
          value: {
            mode: 0o600,
            uid: 0,
            gid: 0,
            size: text.length,
            mtimeNs: '0',
            extended: '',
            sha256: digestOfBytes(text),
          },
        };
  const texts = [before, after].filter((text) => text !== undefined);
  return {
    id,
    before: (path) => (path === FILE ? image(before) : undefined),
    after: (path) => (path === FILE ? image(after) : undefined),
    access: () => undefined,
    bytes: (blob) => new TextEncoder().encode(texts.find((text) => digestOfBytes(text) === blob)),
  };
}

function changeOf(edit: KeyEdit, at: number): Change {
  const removes = !('set' in edit);
  return asChange(
    {
      address: `daemon-option:${edit.key}` as Change['address'],
      title: edit.key,
      target: { type: 'daemon-option', file: FILE, key: edit.key },
      op: removes ? 'remove' : 'set',
      before: null,
      after: removes ? null : edit.set,
      fingerprint: sha256Hex('0'.repeat(64)),
      risk: 'low',
      impact: 'restart',
      liveAfter: 'now',
      reversible: true,
      needs: [],
      breaks: [],
      notes: [],
    },
    `c${at}`,
  );
}

function membersOf(text: Text): JsonObject {
  const document = parseText(text ?? '');
  return document.status === 'object' ? document.value : {};
}

const KEYS = ['icc', 'userland-proxy', 'no-new-privileges', 'live-restore', 'debug', 'log-level'] as const;
const value = fc.constantFrom<Json>(true, false, 'x', ['a', 'b'], { n: 1 });
const edit = (keys: readonly string[]): fc.Arbitrary<KeyEdit> =>
  fc
    .tuple(fc.constantFrom(...keys), fc.option(value, { nil: undefined }))
    .map(([key, set]) => (set === undefined ? { key, remove: true } : { key, set }));
const members = fc.dictionary(fc.constantFrom(...KEYS, 'labels', 'mtu'), value, { maxKeys: 5 });
const original: fc.Arbitrary<Text> = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom('', '{}', '{ }\n', '{"icc":true}', '{\n\t"icc" : true,\n\n\t"debug":false}\n'),
  fc.tuple(members, fc.constantFrom(undefined, 1, 3, '\t')).map(([json, space]) => JSON.stringify(json, null, space)),
);
const facts = fc.constantFrom(handStarted(), sampleFacts());
const applies = fc.array(fc.uniqueArray(edit(KEYS), { minLength: 1, maxLength: 4, selector: ({ key }) => key }), {
  minLength: 1,
  maxLength: 4,
});

/** Only what changes something is ever applied. */
function effective(edits: readonly KeyEdit[], text: Text): readonly KeyEdit[] {
  const now = membersOf(text);
  return edits.filter((one) =>
    'set' in one ? JSON.stringify(now[one.key]) !== JSON.stringify(one.set) : Object.hasOwn(now, one.key),
  );
}

const shuffled = (ids: readonly string[], order: readonly number[]): readonly string[] =>
  ids
    .map((id, at) => ({ id, at: order[at] ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id);

describe('several applies taken back in any order', () => {
  const order = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });

  test('leave the file byte for byte as it was, or none where there was none', async () => {
    await fc.assert(
      fc.asyncProperty(original, applies, order, facts, async (before, all, places, known) => {
        const host = new Host(before, known);
        const ids = all.flatMap((edits) => {
          const real = effective(edits, host.text);
          return real.length === 0 ? [] : [host.apply(real)];
        });
        for (const id of shuffled(ids, places)) {
          await host.rollback(id);
        }
        expect(host.text).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });

  test('with keys of somebody else written in between, those stay and everything else is as it was', async () => {
    const foreign = fc.array(fc.option(edit(['site-a', 'site-b']), { nil: undefined }), {
      minLength: 10,
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(original, applies, order, foreign, async (before, all, places, others) => {
        const host = new Host(before, handStarted());
        let left: Text = before;
        const rest = [...others];
        const interfere = (): void => {
          const one = rest.pop();
          if (one !== undefined && (host.text !== undefined || 'set' in one)) {
            host.text = editText(host.text ?? '', [one]);
            left = editText(left ?? '', [one]);
          }
        };
        const ids = all.flatMap((edits) => {
          interfere();
          const real = effective(edits, host.text);
          return real.length === 0 ? [] : [host.apply(real)];
        });
        for (const id of shuffled(ids, places)) {
          interfere();
          expect(await host.rollback(id)).not.toContain('changed by somebody else since');
        }
        expect(membersOf(host.text)).toEqual(membersOf(left));
      }),
      { numRuns: 1000 },
    );
  });

  test('a value somebody else set since stays, whatever is taken back', async () => {
    await fc.assert(
      fc.asyncProperty(original, applies, order, async (before, all, places) => {
        const host = new Host(before, handStarted());
        const ids = all.flatMap((edits) => {
          const real = effective(edits, host.text);
          return real.length === 0 ? [] : [host.apply(real)];
        });
        host.text = editText(host.text ?? '', [{ key: 'icc', set: 'of the site' }]);
        for (const id of shuffled(ids, places)) {
          await host.rollback(id);
        }
        expect(membersOf(host.text)['icc']).toBe('of the site');
      }),
      { numRuns: 500 },
    );
  });
});

test('a value of ours that somebody set again counts as theirs, and a later rollback goes no further back', async () => {
  const host = new Host('{"log-level":"debug"}', sampleFacts());
  const first = host.apply([{ key: 'log-level', set: 'info' }]);
  host.text = editText(host.text ?? '', [{ key: 'log-level', set: 'fatal' }]);
  expect(await host.rollback(first)).toEqual(['changed by somebody else since']);
  host.text = editText(host.text, [{ key: 'log-level', set: 'info' }]);
  const second = host.apply([{ key: 'log-level', set: 'warn' }]);
  expect(await host.rollback(second)).toEqual([]);
  expect(membersOf(host.text)).toEqual({ 'log-level': 'info' });
});

describe('two applies, taken back in the order they were made', () => {
  test('leave no empty file where none was', async () => {
    const host = new Host(undefined, sampleFacts());
    const first = host.apply([{ key: 'icc', set: false }]);
    const second = host.apply([{ key: 'userland-proxy', set: false }]);
    await host.rollback(first);
    expect(membersOf(host.text)).toEqual({ 'userland-proxy': false });
    await host.rollback(second);
    expect(host.text).toBeUndefined();
  });

  test('the second of which took out what the first had set: no file is left where none was', async () => {
    const host = new Host(undefined, sampleFacts());
    const first = host.apply([{ key: 'icc', set: false }]);
    const second = host.apply([{ key: 'icc', remove: true }]);
    await host.rollback(first);
    await host.rollback(second);
    expect(host.text).toBeUndefined();
  });

  test('spelling and order come back though every key is back already', async () => {
    const host = new Host('{ "debug" : false, "icc" : true }\n', sampleFacts());
    const first = host.apply([{ key: 'debug', remove: true }]);
    const second = host.apply([{ key: 'debug', set: false }]);
    await host.rollback(first);
    await host.rollback(second);
    expect(host.text).toBe('{ "debug" : false, "icc" : true }\n');
  });

  test('on the same key: the first names the second, and the second goes back to before both', async () => {
    const host = new Host('{"debug":false}', sampleFacts());
    const first = host.apply([{ key: 'debug', set: true }]);
    const second = host.apply([{ key: 'debug', set: 'x' }]);
    expect(await host.rollback(first)).toEqual([`apply ${second} set it again; it goes back with that one`]);
    expect(await host.rollback(second)).toEqual([]);
    expect(host.text).toBe('{"debug":false}');
  });

  test('that set the same key alike, with a value of the site in between: the second goes back to that', async () => {
    const host = new Host('{"debug":false}', sampleFacts());
    const first = host.apply([{ key: 'debug', set: true }]);
    host.text = '{"debug":"x"}';
    const second = host.apply([{ key: 'debug', set: true }]);
    expect(await host.rollback(first)).toEqual([`apply ${second} set it again; it goes back with that one`]);
    await host.rollback(second);
    expect(host.text).toBe('{"debug":"x"}');
  });
});

describe('a key that somebody took out by hand since', () => {
  test('is back already, and their file stays byte for byte, whatever is taken back', async () => {
    const host = new Host(undefined, sampleFacts());
    const first = host.apply([{ key: 'icc', set: false }]);
    const second = host.apply([{ key: 'debug', set: true }]);
    host.text = '{ }\n';
    for (const id of [second, first]) {
      expect(await host.rollback(id)).toEqual([]);
      expect(host.text).toBe('{ }\n');
    }
  });

  test('as every other one of that apply, in any spelling', async () => {
    const some = fc.uniqueArray(edit(KEYS), { minLength: 1, maxLength: 4, selector: ({ key }) => key });
    await fc.assert(
      fc.asyncProperty(
        original,
        some,
        fc.constantFrom(undefined, 1, 3, '\t'),
        facts,
        async (before, edits, space, known) => {
          const host = new Host(before, known);
          const real = effective(edits, before);
          fc.pre(real.length > 0);
          const id = host.apply(real);
          const theirs = `${JSON.stringify(membersOf(before), null, space)} \n`;
          host.text = theirs;
          expect(await host.rollback(id)).toEqual([]);
          expect(host.text).toBe(theirs);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('before another apply: what was there for them is not written over by what was there for us', async () => {
    const host = new Host('{"icc":true}', sampleFacts());
    const first = host.apply([{ key: 'icc', remove: true }]);
    host.text = '{ "icc" : true }\n';
    const second = host.apply([{ key: 'debug', set: true }]);
    await host.rollback(first);
    expect(membersOf(host.text)).toEqual({ icc: true, debug: true });
    await host.rollback(second);
    expect(host.text).toBe('{ "icc" : true }\n');
  });
});
