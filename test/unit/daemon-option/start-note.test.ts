import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { Change } from '../../../src/model/change.ts';
import { digestOfBytes, type Json } from '../../../src/model/canonical.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { Known } from '../../../src/model/state.ts';
import type { FileImage, StepInput } from '../../../src/model/transaction.ts';
import { daemonOption } from '../../../src/resources/daemon-option/index.ts';
import type { SnapshotFiles } from '../../../src/resources/resource-type.ts';
import type { FakeEntry } from '../../helpers/fake-reader.ts';
import { optionChange } from '../../helpers/plan-builders.ts';
import { asChange, FILE, handStarted, INFO, judge, reader, sampleFacts, type Scene } from './sample.ts';

const NOTE = '/run/harden/dockerd-started-with.json';
const FOLDER: FakeEntry = { type: 'directory', mode: 0o700 };
const AFTER = '{"log-level": "warn", "live-restore": true}';
const liveRestore = asChange(optionChange('live-restore', { after: true, impact: 'reload' }));
const restarted = asChange(optionChange('icc', { after: false, impact: 'restart' }), 'c2');
const logLevel = { key: 'log-level', value: 'warn' } as const;

const stepsOf = async (
  changes: readonly Change[],
  scene: Scene,
  facts = sampleFacts(),
): Promise<readonly StepInput[]> => (await daemonOption.work(changes, facts, reader(scene))).steps;
const noteIn = (steps: readonly StepInput[]): Extract<StepInput, { kind: 'write-file' }> | undefined =>
  steps.filter((step) => step.kind === 'write-file').find((step) => step.path === NOTE);

/** The note that an apply leaves where daemon.json says `file`. */
async function noteFor(file: string | undefined, facts: HostFacts = sampleFacts()): Promise<string> {
  const steps = await stepsOf([liveRestore], { file }, facts);
  return new TextDecoder().decode(noteIn(steps)?.content);
}

type Files = NonNullable<Scene['more']>;
const withNote = (
  text: string,
  over: { readonly uid?: number; readonly mode?: number; readonly denied?: true } = {},
): Files => ({
  '/run/harden': FOLDER,
  [NOTE]: { type: 'file', mode: 0o600, text, ...over },
});

describe('a note of what dockerd was started with', () => {
  test('is left before the file changes under a daemon that goes on', async () => {
    const steps = await stepsOf([liveRestore], { file: '{"log-level": "warn"}' });
    expect(steps.map((step) => ('path' in step ? `${step.kind} ${step.path}` : step.kind))).toEqual([
      'make-directory /run/harden',
      `write-file ${NOTE}`,
      `write-file ${FILE}`,
      'activate',
    ]);
    expect(steps[0]).toMatchObject({ access: { mode: 0o700, uid: 0, gid: 0 } });
    expect(noteIn(steps)).toMatchObject({ expected: null, access: { mode: 0o600, uid: 0, gid: 0 } });
    expect(JSON.parse(await noteFor('{"log-level": "warn"}'))).toMatchObject({
      schema: 'urn:harden:daemon-start:1',
      pidFile: { path: '/run/docker.pid', mtimeNs: '5000000000', ino: '1' },
      settings: { 'log-level': 'warn', iptables: null },
    });
  });

  test('holds neither what the API shows nor secrets', async () => {
    const note = await noteFor('{"debug": true, "log-opts": {"splunk-token": "hush"}, "labels": ["a=b"]}');
    const { settings } = JSON.parse(note) as { readonly settings: Record<string, Json> };
    expect(Object.keys(settings)).toContain('log-level');
    expect(Object.keys(settings)).not.toContain('debug');
    expect(Object.keys(settings)).not.toContain('log-opts');
    expect(note).not.toContain('hush');
    expect(note).not.toContain('labels');
  });

  test.each<readonly [string, readonly Change[], Scene, HostFacts]>([
    ['a restart follows', [liveRestore, restarted], { file: '{}' }, sampleFacts()],
    ['the file is younger than the daemon', [liveRestore], { file: '{}', younger: true }, sampleFacts()],
    ['no daemon runs', [liveRestore], { file: '{}' }, handStarted({ running: false })],
    ['the host is a folder', [liveRestore], { file: '{}' }, sampleFacts({}, { hostKind: 'root' })],
    [
      'nobody may trust the folder',
      [liveRestore],
      { file: '{}', more: { '/run/harden': { ...FOLDER, mode: 0o777 } } },
      sampleFacts(),
    ],
    [
      'a link stands in its place',
      [liveRestore],
      { file: '{}', more: { '/run/harden': FOLDER, [NOTE]: { link: '/etc/passwd' } } },
      sampleFacts(),
    ],
  ])('is not left where %s', async (...[, changes, scene, facts]) => {
    const steps = await stepsOf(changes, scene, facts);
    expect(steps.some((step) => 'path' in step && step.path === FILE)).toBe(true);
    expect(noteIn(steps)).toBeUndefined();
  });

  test('that holds is not written again, one of an earlier daemon is', async () => {
    const note = await noteFor('{}');
    expect(noteIn(await stepsOf([liveRestore], { file: '{}', more: withNote(note) }))).toBeUndefined();
    const stale = await stepsOf([liveRestore], { file: '{}', more: withNote(note), startedNs: '5500000000' });
    expect(noteIn(stale)).toMatchObject({ expected: digestOfBytes(note) });
  });

  test('is left by the way back too', async () => {
    const scene = { file: '{"live-restore": true}', more: { '/run/harden': FOLDER } };
    const back = await daemonOption.revert([liveRestore], snapshotOf('{}', scene.file), sampleFacts(), reader(scene));
    expect(back.steps.map((step) => ('path' in step ? step.path : step.kind))).toEqual([NOTE, FILE, 'activate', FILE]);
    expect(back).toMatchObject({ kept: [], already: [] });
  });
});

describe('a file that changed since the start', () => {
  test('by an apply that only reloaded leaves nothing for the next plan', async () => {
    const steps = await stepsOf([liveRestore], { file: '{"log-level": "warn"}' });
    const written = new Map(
      steps
        .filter((step) => step.kind === 'write-file')
        .map((step) => [step.path, new TextDecoder().decode(step.content)] as const),
    );
    const scene: Scene = { file: written.get(FILE), younger: true, more: withNote(written.get(absPath(NOTE)) ?? '') };
    for (const wanted of [logLevel, { key: 'live-restore', value: true }, { key: 'iptables', value: true }]) {
      expect(await judge(wanted, facts, scene)).toMatchObject({ verdict: 'pass' });
    }
  });

  const facts = sampleFacts({ info: { ...INFO, LiveRestoreEnabled: true } });
  const after = async (more: Files, over: Scene = {}, host = facts) =>
    judge(logLevel, host, { file: AFTER, younger: true, more, ...over });

  test.each([
    ['with systemd', facts],
    ['without a service manager', handStarted()],
  ])('%s: what the note says is still live, so nothing is left to do', async (_, host) => {
    const found = await after(withNote(await noteFor('{"log-level": "warn"}')), {}, host);
    expect(found.verdict).toBe('pass');
    expect(found.evidence).toContainEqual({ source: NOTE, read: 'log-level', value: 'warn' });
  });

  test('a key the file did not have is at its default', async () => {
    const note = withNote(await noteFor(undefined));
    const wanted = { key: 'iptables', value: true } as const;
    expect(await judge(wanted, facts, { file: AFTER, younger: true, more: note })).toMatchObject({ verdict: 'pass' });
  });

  test('what changed is seen with the value that runs', async () => {
    const found = await after(withNote(await noteFor('{"log-level": "debug"}')));
    expect(found).toMatchObject({ verdict: 'fail', change: { op: 'activate', before: { running: 'debug' } } });
    const byHand = await after(withNote(await noteFor('{"log-level": "debug"}')), {}, handStarted());
    expect(byHand).toMatchObject({ verdict: 'fail', pending: { until: 'restart' } });
  });

  test.each<readonly [string, (note: string) => Scene]>([
    ['no note', () => ({})],
    ['a note of an earlier daemon', (note) => ({ more: withNote(note), startedNs: '5500000000' })],
    ['a note of another inode', (note) => ({ more: withNote(note.replace('"ino": "1"', '"ino": "2"')) })],
    ['a note of another schema', (note) => ({ more: withNote(note.replace('start:1', 'start:2')) })],
    ["somebody else's note", (note) => ({ more: withNote(note, { uid: 1000 }) })],
    ['a note that others can write', (note) => ({ more: withNote(note, { mode: 0o662 }) })],
    ['a note that cannot be read', (note) => ({ more: withNote(note, { denied: true }) })],
    ['a damaged note', (note) => ({ more: withNote(note.slice(0, -9)) })],
    ['a link in place of the note', () => ({ more: { '/run/harden': FOLDER, [NOTE]: { link: '/note' } } })],
  ])('with %s nothing is known of such a key', async (_, scene) => {
    const found = await after({}, scene(await noteFor('{"log-level": "warn"}')));
    expect(found).toMatchObject({ verdict: 'fail', change: { op: 'activate', before: { running: 'unknown' } } });
    expect(JSON.stringify(found.evidence)).not.toContain(NOTE);
  });
});

describe('a note of what dockerd is about to be started with', () => {
  const running = sampleFacts({ info: { ...INFO, LiveRestoreEnabled: true } });
  const before = '{"log-level":"warn","mtu":1}';
  const applied = '{"log-level":"warn","mtu":1,"live-restore":true,"icc":false}';
  const edited = applied.replace('"mtu":1', '"mtu":2');
  const NEXT_NS = '5000000000';

  /** The way back over a restart that ends with live-restore switched off, after somebody else's edit. */
  async function wayBack(now = edited): Promise<readonly StepInput[]> {
    const scene = { file: now, more: { '/run/harden': FOLDER } };
    const changes = [liveRestore, restarted];
    return (await daemonOption.revert(changes, snapshotOf(before, applied), running, reader(scene))).steps;
  }

  async function judged(over: Scene = {}) {
    const steps = await wayBack();
    const last = steps.findLast((step) => 'path' in step && step.path === FILE);
    const file = last?.kind === 'write-file' ? new TextDecoder().decode(last.content) : undefined;
    const note = new TextDecoder().decode(noteIn(steps)?.content);
    const scene = { file, writtenNs: '7000000000', startedNs: NEXT_NS, more: withNote(note), ...over };
    return { file, found: await judge(logLevel, sampleFacts(), scene) };
  }

  test('is left before a restart after which the file is written', async () => {
    const steps = await wayBack();
    expect(steps.map((step) => ('path' in step ? step.path : step.kind))).toEqual([
      NOTE,
      FILE,
      'activate',
      FILE,
      'activate',
      FILE,
    ]);
    expect(JSON.parse(new TextDecoder().decode(noteIn(steps)?.content))).toMatchObject({
      endsWith: digestOfBytes('{"log-level":"warn","mtu":2}'),
      settings: { 'log-level': 'warn', iptables: null },
    });
    // The time of the original comes back with it, and that is older than any start.
    expect(noteIn(await wayBack(applied))).toBeUndefined();
  });

  test('tells what the daemon runs with that was started next', async () => {
    const { file, found } = await judged();
    expect(file).toBe('{"log-level":"warn","mtu":2}');
    expect(found).toMatchObject({ verdict: 'pass' });
    expect(found.evidence).toContainEqual({ source: NOTE, read: 'log-level', value: 'warn' });
  });

  test.each<readonly [string, Scene]>([
    ['once somebody wrote the file again', { file: '{"log-level":"warn"}' }],
    ['long after it', { writtenNs: '905000000001' }],
    ['for a daemon that started long after the note', { startedNs: '904000000001', writtenNs: '905000000000' }],
    ['for a daemon that ran before the note', { startedNs: '3000000000' }],
  ])('tells nothing %s', async (_, over) => {
    expect((await judged(over)).found).toMatchObject({ verdict: 'fail', change: { before: { running: 'unknown' } } });
  });

  test('is made to last when the file changes again under the same daemon', async () => {
    const { file } = await judged();
    const note = new TextDecoder().decode(noteIn(await wayBack())?.content);
    const scene = { file, writtenNs: '7000000000', startedNs: NEXT_NS, more: withNote(note) };
    const lasting = noteIn(await stepsOf([liveRestore], scene));
    expect(JSON.parse(new TextDecoder().decode(lasting?.content))).toMatchObject({
      pidFile: { mtimeNs: NEXT_NS },
      settings: { 'log-level': 'warn' },
    });
  });
});

function snapshotOf(before: string, after: string): SnapshotFiles {
  const image = (text: string): Known<FileImage> => ({
    status: 'present',
    value: { mode: 0o644, uid: 0, gid: 0, sha256: digestOfBytes(text), size: text.length, mtimeNs: '0', extended: '' },
  });
  return {
    id: 'abcdef01',
    before: (path) => (path === FILE ? image(before) : undefined),
    after: (path) => (path === FILE ? image(after) : undefined),
    access: () => undefined,
    bytes: (blob) => new TextEncoder().encode(blob === digestOfBytes(before) ? before : after),
  };
}
