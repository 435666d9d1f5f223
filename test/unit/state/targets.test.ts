import { describe, expect, it } from 'vitest';
import { type MemoryMount, lookUp, put } from '../../../src/host/memory-disk.ts';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { StepInput } from '../../../src/model/transaction.ts';
import { DAEMON_JSON, type World, describeTree, processIn } from '../../support/memory-world.ts';
import { OURS, STATE, bytes, sampleSpec, sampleWorld, storeOf } from '../../support/store-scenario.ts';

const OLD = '{ "icc": true }\n';
const WRITE: StepInput = {
  kind: 'write-file',
  path: DAEMON_JSON,
  expected: digestOfBytes(OLD),
  content: bytes('{}\n'),
  access: undefined,
};
const ACCESS: StepInput = {
  kind: 'set-access',
  path: DAEMON_JSON,
  fileType: 'file',
  expected: { mode: 0o640, uid: 0, gid: 7 },
  access: { mode: 0o600, uid: 0, gid: 0 },
};
const OTHER: MemoryMount = { id: '9', type: 'ext4', freeBytes: 2 ** 30, freeInodes: 2 ** 20 };

function refusal(world: World, step: StepInput): string {
  try {
    storeOf(processIn(world)).begin({ ...sampleSpec([step]), undoPhases: [] });
  } catch (error) {
    if (error instanceof HardenError) {
      return `${error.code} ${error.message}`;
    }
    throw error;
  }
  return 'not refused';
}

function file(world: World): NonNullable<ReturnType<typeof lookUp>> {
  const inode = lookUp(world.disk, DAEMON_JSON);
  if (inode === undefined) {
    throw new Error('no daemon.json');
  }
  return inode;
}

describe('a target', () => {
  it.each<readonly [string, StepInput, RegExp, (world: World) => void]>([
    ['with a second name', WRITE, /H2110 .*2 names/, (world) => void (file(world).nlink = 2)],
    ['with a second name, for its access', ACCESS, /H2110 .*2 names/, (world) => void (file(world).nlink = 2)],
    [
      'a mount point',
      WRITE,
      /mount point/,
      (world) => void put(world.disk, DAEMON_JSON, 'file', { content: OLD, mount: OTHER }),
    ],
    [
      'a link',
      ACCESS,
      /no link is followed/,
      (world) => void put(world.disk, DAEMON_JSON, 'symlink', { content: 'key.pem' }),
    ],
    ['a device', ACCESS, /is a device/, (world) => void put(world.disk, DAEMON_JSON, 'character-device')],
    ['a socket to be written', WRITE, /is a socket/, (world) => void put(world.disk, DAEMON_JSON, 'socket')],
    ['immutable', WRITE, /not permitted/, (world) => void (file(world).immutable = true)],
    [
      'with file capabilities',
      WRITE,
      /capabilities/,
      (world) => void (file(world).extended = 'security.capability=01'),
    ],
    [
      'with file capabilities, for its owner',
      ACCESS,
      /capabilities/,
      (world) => void (file(world).extended = 'security.capability=01'),
    ],
    [
      'with another content',
      WRITE,
      /not as it was/,
      (world) => void put(world.disk, DAEMON_JSON, 'file', { content: 'x', mode: 0o640, gid: 7 }),
    ],
    ['with another mode', ACCESS, /not as it was/, (world) => void (file(world).mode = 0o644)],
    ['with another owner', ACCESS, /not as it was/, (world) => void (file(world).uid = 3)],
    [
      'gone',
      WRITE,
      /not as it was/,
      (world) => void lookUp(world.disk, absPath('/etc/docker'))?.entries.delete('daemon.json'),
    ],
    [
      'without room beside it',
      WRITE,
      /H2111 .*not enough room/,
      (world) => void (world.disk.root.mount.freeBytes = 2 ** 20),
    ],
    [
      'without an inode beside it',
      WRITE,
      /H2111 .*not enough room/,
      (world) => void (world.disk.root.mount.freeInodes = 3),
    ],
  ])('is refused: %s', (_, step, reason, change) => {
    const world = sampleWorld();
    change(world);
    const before = describeTree(world, OURS);
    expect(refusal(world, step)).toMatch(reason);
    expect(describeTree(world, OURS)).toEqual(before);
    expect([...(lookUp(world.disk, absPath(`${STATE}/tx`))?.entries.keys() ?? [])]).toEqual([]);
  });
});

describe('a state folder', () => {
  const fleeting: MemoryMount = { ...OTHER, type: 'tmpfs' };

  it.each<readonly [string, RegExp, (world: World) => void]>([
    [
      'read by its group',
      /H2101 .*read by others/,
      (world) => void put(world.disk, absPath(STATE), 'directory', { mode: 0o750 }),
    ],
    [
      'read by everybody',
      /H2101 .*read by others/,
      (world) => void put(world.disk, absPath(STATE), 'directory', { mode: 0o705 }),
    ],
    [
      'of somebody else',
      /H2101 .*belongs to user 5/,
      (world) => void put(world.disk, absPath(STATE), 'directory', { mode: 0o700, uid: 5 }),
    ],
    [
      'in a folder of somebody else',
      /H2101 .*belongs to user 5/,
      (world) => void put(world.disk, absPath('/var/lib'), 'directory', { uid: 5 }),
    ],
    [
      'in a folder anybody writes to',
      /H2101 .*written to by everybody/,
      (world) => void put(world.disk, absPath('/var/lib'), 'directory', { mode: 0o777 }),
    ],
    [
      'a link',
      /H2101 .*symbolic link/,
      (world) => void put(world.disk, absPath(STATE), 'symlink', { content: '/root' }),
    ],
    ['a file', /H2101 .*not a folder/, (world) => void put(world.disk, absPath(STATE), 'file')],
    [
      'on tmpfs',
      /H2102 .*tmpfs/,
      (world) => void put(world.disk, absPath(STATE), 'directory', { mode: 0o700, mount: fleeting }),
    ],
  ])('is not used: %s', (_, reason, change) => {
    const world = sampleWorld();
    change(world);
    const before = describeTree(world, ['/run']);
    expect(() => storeOf(processIn(world))).toThrow(HardenError);
    expect(refusal(world, WRITE)).toMatch(reason);
    expect(describeTree(world, ['/run'])).toEqual(before);
  });
});
