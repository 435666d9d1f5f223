import { describe, expect, it } from 'vitest';
import { lookUp, put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import type { StepInput } from '../../../src/model/transaction.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import { DAEMON_JSON, describeTree, processIn } from '../../support/memory-world.ts';
import {
  OURS,
  STATE,
  applySample,
  bytes,
  sampleSpec,
  sampleSteps,
  sampleWorld,
  storeOf,
} from '../../support/store-scenario.ts';

describe('a transaction', () => {
  it('carries out every kind of step and leaves no hidden name', () => {
    const world = sampleWorld();
    const sys = processIn(world);
    expect(applySample(sys)).toBe('committed');
    const tree = describeTree(world, OURS);
    expect(Object.keys(tree).filter((path) => path.includes('.harden-'))).toEqual([]);
    expect(tree['/etc/docker/daemon.json']).toContain('file 600 0:0');
    expect(tree['/etc/docker/daemon.json']).toContain('"icc": false');
    expect(tree['/etc/docker/daemon.json']).toContain('user.note=6162');
    expect(tree['/etc/docker/key.pem']).toContain('file 2640 0:0');
    expect(tree['/etc/new.d']).toContain('directory 750');
    expect(tree['/etc/old.d']).toBeUndefined();
    expect(tree['/etc/docker/old.conf']).toBeUndefined();
    expect([...world.rules]).toEqual(['r1']);
    expect(world.loaded).toContain('"icc": false');
    expect(sys.openDescriptors()).toBe(0);
  });

  it('is taken back by undo to the very inodes, times and runtime', () => {
    const world = sampleWorld();
    const before = describeTree(world, [STATE, '/run/harden']);
    const store = storeOf(processIn(world));
    const transaction = store.begin(sampleSpec());
    sampleSteps().forEach((_, index) => transaction.perform(index));
    const report = transaction.undo();
    expect(report.failed).toEqual([]);
    expect(report.kept).toEqual([]);
    expect(describeTree(world, [STATE, '/run/harden'])).toEqual(before);
    expect([...world.rules]).toEqual([]);
    expect(world.loaded).toBe('{ "icc": true }\n');
  });

  it('is refused where a folder would be open to others while files below it are changed', () => {
    const world = sampleWorld();
    const before = describeTree(world, OURS);
    const folder = absPath('/etc/new.d');
    const file = absPath('/etc/new.d/a');
    const steps: readonly StepInput[] = [
      { kind: 'make-directory', path: folder, access: { mode: 0o777, uid: 0, gid: 0 } },
      { kind: 'write-file', path: file, expected: null, content: bytes('a'), access: undefined },
    ];
    expect(() => storeOf(processIn(world)).begin({ ...sampleSpec(steps), undoPhases: [] })).toThrow(
      /written to by everybody/,
    );
    expect(describeTree(world, OURS)).toEqual(before);
  });

  it('is refused where it would make a folder again that it removed', () => {
    const world = sampleWorld();
    const folder = absPath('/etc/old.d');
    put(world.disk, folder, 'directory');
    const before = describeTree(world, OURS);
    const steps: readonly StepInput[] = [
      { kind: 'remove-directory', path: folder },
      { kind: 'make-directory', path: folder, access: { mode: 0o755, uid: 0, gid: 0 } },
    ];
    expect(() => storeOf(processIn(world)).begin({ ...sampleSpec(steps), undoPhases: [] })).toThrow(/not made again/);
    expect(describeTree(world, OURS)).toEqual(before);
  });

  it('keeps what somebody else changed meanwhile, with a copy, and puts the rest back', () => {
    const world = sampleWorld();
    const store = storeOf(processIn(world));
    const transaction = store.begin(sampleSpec());
    sampleSteps().forEach((_, index) => transaction.perform(index));
    put(world.disk, absPath('/etc/new.d/a.conf'), 'file', { content: 'mine\n' });
    const report = transaction.undo();
    expect(report.kept.map(({ what }) => what).sort()).toEqual(['/etc/new.d', '/etc/new.d/a.conf']);
    expect(report.failed).toEqual([]);
    expect(describeTree(world, OURS)['/etc/new.d/a.conf']).toContain('mine');
    const folder = lookUp(world.disk, absPath(`${STATE}/conflicts/abcdef01`));
    expect([...(folder?.entries.values() ?? [])].map(({ data }) => new TextDecoder().decode(data))).toEqual(['mine\n']);
    expect(describeTree(world, OURS)[DAEMON_JSON]).toContain('"icc": true');
  });

  it('leaves a snapshot that says what was there, with its bytes', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    const store = storeOf(processIn(world));
    const { snapshots } = store;
    expect(snapshots.list().snapshots.map(({ id }) => id)).toEqual(['abcdef01']);
    expect(snapshots.verify('abcdef01')).toEqual([]);
    const { files } = snapshots.read('abcdef01');
    const image = files.before(DAEMON_JSON);
    expect(image).toMatchObject({
      status: 'present',
      value: { mode: 0o640, gid: 7, mtimeNs: '123456789', extended: 'user.note=6162' },
    });
    expect(files.before(absPath('/etc/new.d/a.conf'))).toEqual({ status: 'absent' });
    expect(new TextDecoder().decode(files.bytes(digestOfBytes('{ "icc": true }\n')))).toBe('{ "icc": true }\n');
    expect(new TextDecoder().decode(files.bytes(digestOfBytes('a\n')))).toBe('a\n');
  });

  it('puts back metadata and time of a saved copy in a later rollback', () => {
    const world = sampleWorld();
    applySample(processIn(world));
    const store = storeOf(processIn(world));
    const blob = digestOfBytes('{ "icc": true }\n');
    const transaction = store.begin({
      ...sampleSpec([], 'abcdef02'),
      purpose: 'rollback',
      undoPhases: [],
      steps: [
        {
          kind: 'write-file',
          path: DAEMON_JSON,
          expected: digestOfBytes('{ "icc": false, "live-restore": true }\n'),
          content: bytes('{ "icc": true }\n'),
          access: undefined,
          restoreFrom: { snapshot: 'abcdef01', blob },
        },
      ],
    });
    transaction.perform(0);
    expect(transaction.commit()).toEqual({ pending: [] });
    const inode = lookUp(world.disk, DAEMON_JSON);
    expect([inode?.mode, inode?.gid, inode?.mtime, inode?.extended]).toEqual([0o640, 7, 123456789n, 'user.note=6162']);
  });
});
