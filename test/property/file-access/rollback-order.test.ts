import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AbsPath, absPath, resourceAddress, sha256Hex } from '../../../src/model/brand.ts';
import type { JsonObject } from '../../../src/model/canonical.ts';
import type { Change } from '../../../src/model/change.ts';
import type { Access, SnapshotFiles, StepInput } from '../../../src/model/transaction.ts';
import { fileAccess } from '../../../src/resources/file-access/index.ts';
import { octal } from '../../../src/resources/file-access/wanted.ts';
import type { PastRun } from '../../../src/resources/resource-type.ts';
import { scene } from '../../unit/file-access/scene.ts';
import { type FakeEntry, fakeReader } from '../../helpers/fake-reader.ts';
import { accessChange } from '../../helpers/plan-builders.ts';

const PATHS = ['/etc/docker/daemon.json', '/etc/docker/key.json', '/etc/default/docker'].map((path) => absPath(path));
type Part = keyof Access;
type State = ReadonlyMap<AbsPath, Access>;

/** One change of one path: what it sets. */
interface Setting {
  readonly path: AbsPath;
  readonly set: Partial<Access>;
}

interface Kept {
  readonly id: string;
  readonly before: State;
  readonly after: State;
  readonly touched: ReadonlySet<AbsPath>;
  readonly changes: readonly Change[];
  /** For a rollback: the run it took back. */
  readonly of: { readonly id: string; readonly left: readonly string[] } | undefined;
}

const { facts } = await scene({});

/** A host with three files, and everything that was kept of what was done to them. */
class Host {
  state: State;
  readonly runs: Kept[] = [];

  constructor(state: State) {
    this.state = state;
  }

  /** Undefined where all is so already. */
  apply(settings: readonly Setting[]): string | undefined {
    const real = settings.filter(({ path, set }) => Object.keys(changed(this.at(path), set)).length > 0);
    if (real.length === 0) {
      return undefined;
    }
    const changes = real.map(({ path, set }, at) => changeOf(path, changed(this.at(path), set), this.at(path), at));
    const after = new Map(this.state);
    real.forEach(({ path, set }) => after.set(path, { ...(after.get(path) ?? this.at(path)), ...set }));
    return this.#keep(after, changes, undefined);
  }

  /** Gives what was left alone. */
  async rollback(id: string): Promise<readonly { readonly what: string; readonly reason: string }[]> {
    const target = this.runs.find((run) => run.id === id);
    if (target === undefined) {
      throw new Error(`no run ${id}`);
    }
    const back = await fileAccess.revert(
      target.changes,
      { ...filesOf(target), runs: this.#pastRuns() },
      facts,
      this.#reader(),
    );
    const left = back.kept.filter(({ until }) => until === undefined).map(({ address }) => address);
    this.#keep(carriedOut(back.steps, this.state), [], { id, left });
    const again = await fileAccess.revert(
      target.changes,
      { ...filesOf(target), runs: this.#pastRuns() },
      facts,
      this.#reader(),
    );
    expect(again.steps, 'a second rollback moves nothing').toEqual([]);
    return back.kept;
  }

  interfere(path: AbsPath, set: Partial<Access>): void {
    this.state = new Map(this.state).set(path, { ...this.at(path), ...set });
  }

  /** Whether a change of that run is about this part. */
  changedBy(id: string, path: AbsPath, part: Part): boolean {
    const changes = this.runs.find((run) => run.id === id)?.changes ?? [];
    return changes.some(
      ({ target, after }) =>
        target.type === 'file-access' && target.path === path && Object.hasOwn(after as JsonObject, part),
    );
  }

  /** What that run found there. */
  found(id: string, path: AbsPath, part: Part): number | undefined {
    return this.runs.find((run) => run.id === id)?.before.get(path)?.[part];
  }

  at(path: AbsPath): Access {
    const access = this.state.get(path);
    if (access === undefined) {
      throw new Error(`no ${path}`);
    }
    return access;
  }

  #reader(): ReturnType<typeof fakeReader> {
    const files = Object.fromEntries(
      [...this.state].map(([path, access]): [string, FakeEntry] => [path, { type: 'file', text: '', ...access }]),
    );
    return fakeReader({ files });
  }

  #pastRuns(): readonly PastRun[] {
    return this.runs.map((run) => ({
      purpose: run.of === undefined ? 'apply' : 'rollback',
      files: filesOf(run),
      takenBack: this.#takenBack(run),
    }));
  }

  #takenBack(run: Kept): readonly Change[] {
    return run.changes.filter(({ address }) =>
      this.runs.some(({ of }) => of?.id === run.id && !of.left.includes(address)),
    );
  }

  #keep(after: State, changes: readonly Change[], of: Kept['of']): string {
    const id = `run${this.runs.length}`;
    const before = this.state;
    const touched = new Set(
      PATHS.filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path))),
    );
    this.runs.push({ id, before, after, touched, changes, of });
    this.state = after;
    return id;
  }
}

function changed(now: Access, set: Partial<Access>): Partial<Access> {
  return Object.fromEntries(Object.entries(set).filter(([part, value]) => now[part as Part] !== value));
}

function carriedOut(steps: readonly StepInput[], state: State): State {
  const after = new Map(state);
  for (const step of steps) {
    if (step.kind !== 'set-access') {
      throw new Error(`unexpected ${step.kind}`);
    }
    expect(after.get(step.path)).toEqual(step.expected);
    after.set(step.path, step.access);
  }
  return after;
}

function filesOf({ id, before, after, touched }: Kept): SnapshotFiles {
  return {
    id,
    before: () => undefined,
    after: () => undefined,
    access: (path) => (touched.has(path) ? { before: before.get(path), after: after.get(path) } : undefined),
    bytes: () => new Uint8Array(),
  };
}

function changeOf(path: AbsPath, set: Partial<Access>, now: Access, at: number): Change {
  const was = Object.fromEntries(Object.keys(set).map((part) => [part, now[part as Part]]));
  return {
    ...accessChange(path),
    id: `c${at}`,
    controls: ['a-control'],
    address: resourceAddress('file-access', `${path}#${at}`),
    title: path,
    op: 'set',
    before: shown(was),
    after: shown(set),
    fingerprint: sha256Hex('0'.repeat(64)),
  };
}

function shown({ mode, ...owner }: Partial<Access>): JsonObject {
  return { ...owner, ...(mode === undefined ? {} : { mode: octal(mode) }) };
}

const mode = fc.integer({ min: 0, max: 0o777 });
const id = fc.constantFrom(0, 106, 1000, 1001);
const access: fc.Arbitrary<Access> = fc.record({ mode, uid: id, gid: id });
const start: fc.Arbitrary<State> = fc
  .tuple(access, access, access)
  .map((all) => new Map(PATHS.map((path, at) => [path, all[at] ?? { mode: 0, uid: 0, gid: 0 }])));
const path = fc.constantFrom(...PATHS);
const setting: fc.Arbitrary<Setting> = fc.record({
  path,
  set: fc.record({ mode, uid: id, gid: id }, { requiredKeys: [] }),
});
/** As harden does it: mode and owner of a path are two changes, each at most once in an apply. */
const oneApply = fc.uniqueArray(setting, { minLength: 1, maxLength: 5, selector: ({ path: of }) => of });
const applies = fc.array(oneApply, { minLength: 1, maxLength: 5 });
const order = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });

function shuffled(ids: readonly string[], places: readonly number[]): readonly string[] {
  return ids
    .map((one, at) => ({ one, at: places[at] ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

function plain(state: State): Readonly<Record<string, Access>> {
  return Object.fromEntries(state);
}

describe('several applies to the access of files, taken back in any order', () => {
  test('leave the very access from before', async () => {
    await fc.assert(
      fc.asyncProperty(start, applies, order, async (before, all, places) => {
        const host = new Host(before);
        const ids = all.flatMap((settings) => host.apply(settings) ?? []);
        for (const one of shuffled(ids, places)) {
          for (const { reason } of await host.rollback(one)) {
            expect(reason).toMatch(/^apply run\d+( and run\d+)* changed its access again; it goes back with that one$/);
          }
        }
        expect(plain(host.state)).toEqual(plain(before));
      }),
      { numRuns: 2000 },
    );
  });

  test('where each takes something away, never give a bit that was not there before all of them', async () => {
    const narrowing = fc.array(fc.uniqueArray(setting, { maxLength: 3, selector: ({ path: of }) => of }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(start, narrowing, order, async (before, all, places) => {
        const host = new Host(before);
        const ids = all.flatMap((settings) => host.apply(settings.map((one) => narrowed(one, host))) ?? []);
        for (const one of shuffled(ids, places)) {
          await host.rollback(one);
          for (const of of PATHS) {
            const was = before.get(of);
            expect(host.at(of).mode & ~(was?.mode ?? 0)).toBe(0);
            expect([0, was?.uid]).toContain(host.at(of).uid);
          }
        }
        expect(plain(host.state)).toEqual(plain(before));
      }),
      { numRuns: 1000 },
    );
  });

  test('with somebody who changes accesses in between: theirs stay, are named, and other paths are as before', async () => {
    const foreign = fc.array(
      fc.option(fc.record({ path, part: fc.constantFrom<Part>('mode', 'uid', 'gid') }), { nil: undefined }),
      { minLength: 10, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(start, applies, order, foreign, async (before, all, places, others) => {
        const host = new Host(before);
        const rest = [...others];
        const theirs = new Map<AbsPath, Map<Part, number>>();
        let fresh = 0;
        const interfere = (): void => {
          const one = rest.pop();
          if (one !== undefined) {
            // Never a value that somebody else uses.
            fresh += 1;
            const value = one.part === 'mode' ? 0o1000 + fresh : 5000 + fresh;
            host.interfere(one.path, { [one.part]: value });
            theirs.set(one.path, new Map(theirs.get(one.path)).set(one.part, value));
          }
        };
        const ids = all.flatMap((settings) => {
          interfere();
          return host.apply(settings) ?? [];
        });
        const named = new Set<string>();
        for (const one of shuffled(ids, places)) {
          interfere();
          const now = host.state;
          const kept = await host.rollback(one);
          kept.filter(({ reason }) => !reason.startsWith('apply ')).forEach(({ what }) => named.add(what));
          for (const [of, parts] of theirs) {
            const stays = [...parts].filter(([part, value]) => now.get(of)?.[part] === value);
            expect(host.at(of)).toMatchObject(Object.fromEntries(stays));
            const since = stays.some(
              ([part, value]) => host.changedBy(one, of, part) && host.found(one, of, part) !== value,
            );
            expect(!since || named.has(of), `${of} is named`).toBe(true);
          }
        }
        // A path that stays because somebody changed a part of it stays whole.
        for (const of of PATHS.filter((candidate) => !named.has(candidate))) {
          expect(host.at(of)).toEqual({ ...before.get(of), ...Object.fromEntries(theirs.get(of) ?? []) });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function narrowed({ path: of, set }: Setting, host: Host): Setting {
  return {
    path: of,
    set: {
      ...(set.mode === undefined ? {} : { mode: host.at(of).mode & set.mode }),
      ...(set.uid === undefined ? {} : { uid: 0 }),
      ...(set.gid === undefined ? {} : { gid: 0 }),
    },
  };
}

test('a value of ours that somebody set again counts as theirs, and a later rollback goes no further back', async () => {
  const file = absPath('/etc/default/docker');
  const host = new Host(new Map(PATHS.map((path) => [path, { mode: 0o666, uid: 0, gid: 0 }])));
  const first = host.apply([{ path: file, set: { mode: 0o644 } }]) ?? '';
  host.interfere(file, { mode: 0o600 });
  expect(await host.rollback(first)).toHaveLength(1);
  host.interfere(file, { mode: 0o644 });
  const second = host.apply([{ path: file, set: { mode: 0o640 } }]) ?? '';
  expect(await host.rollback(second)).toEqual([]);
  expect(host.at(file).mode).toBe(0o644);
});

describe('two applies to the same file, taken back in the order they were made', () => {
  const FILE = absPath('/etc/default/docker');
  const open = new Map([[FILE, { mode: 0o666, uid: 1000, gid: 1000 }]]);

  test('on the same part: the first names the second, and the second goes back to before both', async () => {
    const host = new Host(open);
    const [first = '', second = ''] = [
      host.apply([{ path: FILE, set: { mode: 0o644 } }]),
      host.apply([{ path: FILE, set: { mode: 0o600 } }]),
    ];
    expect(await host.rollback(first)).toEqual([
      {
        until: [second],
        address: `file-access:${FILE}#0`,
        what: FILE,
        reason: `apply ${second} changed its access again; it goes back with that one`,
      },
    ]);
    expect(host.at(FILE).mode).toBe(0o600);
    expect(await host.rollback(second)).toEqual([]);
    expect(host.at(FILE).mode).toBe(0o666);
  });

  test('on parts of their own: each goes back at once', async () => {
    const host = new Host(open);
    const [first = '', second = ''] = [
      host.apply([{ path: FILE, set: { mode: 0o600 } }]),
      host.apply([{ path: FILE, set: { uid: 0 } }]),
    ];
    expect(await host.rollback(first)).toEqual([]);
    expect(host.at(FILE)).toEqual({ mode: 0o666, uid: 0, gid: 1000 });
    expect(await host.rollback(second)).toEqual([]);
    expect(host.state).toEqual(open);
  });

  test('a mode that somebody gave it since stays, though it is one of ours, and is named', async () => {
    const host = new Host(open);
    const [first = '', second = ''] = [
      host.apply([{ path: FILE, set: { mode: 0o644 } }]),
      host.apply([{ path: FILE, set: { mode: 0o600 } }]),
    ];
    await host.rollback(first);
    host.interfere(FILE, { mode: 0o644 });
    expect(await host.rollback(second)).toMatchObject([{ what: FILE, reason: 'somebody changed its access since' }]);
    expect(host.at(FILE).mode).toBe(0o644);
  });
});
