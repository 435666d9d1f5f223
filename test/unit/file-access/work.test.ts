import { describe, expect, test } from 'vitest';
import type { AbsPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { Change } from '../../../src/model/change.ts';
import { absent, unreadable } from '../../../src/model/state.ts';
import type { FileImage } from '../../../src/model/transaction.ts';
import { fileAccess } from '../../../src/resources/file-access/index.ts';
import type { SnapshotFiles } from '../../../src/resources/resource-type.ts';
import { fakeReader } from '../../helpers/fake-reader.ts';
import { changeOf, CONFIG_MODE, CONFIG_OWNER, numbered, scene, sceneHost, SOCKET_MODE, SOCKET_OWNER } from './scene.ts';

const JSON_FILE = '/etc/docker/daemon.json';
const SOCKET = '/run/docker.sock';
const DROP_INS = '/etc/systemd/system/docker.socket.d';
const DROP_IN = `${DROP_INS}/50-harden.conf`;
const SYSTEMD = { serviceManager: { type: 'systemd', reason: 'for this test' } } as const;
const OPEN_UNIT = '[Socket]\nListenStream=/run/docker.sock\nSocketUser=bob\nSocketGroup=docker\n';
const OPEN = {
  '/usr/lib/systemd/system/docker.socket': OPEN_UNIT,
  [SOCKET]: { type: 'socket', mode: 0o666, uid: 1000, gid: 106 },
} as const;
const WRITTEN = [
  '# Keeps the Docker socket closed to others. Made by harden; harden rollback takes it away.',
  '[Socket]',
  'SocketMode=0660',
  'SocketUser=root',
  '',
].join('\n');

async function bothChanges(files: Parameters<typeof scene>[0]): Promise<readonly Change[]> {
  const { compare } = await scene(files);
  return numbered([changeOf(await compare(SOCKET_MODE)), changeOf(await compare(SOCKET_OWNER))]);
}

describe('carrying out', () => {
  test('a path that went away, or a drop-in that cannot be read, stops everything before it begins', async () => {
    const { facts, host } = await scene(OPEN, {}, SYSTEMD);
    const changes = await bothChanges(OPEN);
    const errorOf = (reader: typeof host): Promise<unknown> =>
      Promise.resolve()
        .then(() => fileAccess.work(changes, facts, reader))
        .catch((thrown: unknown) => thrown);
    const gone = { ...host, stat: (path: AbsPath) => (path === SOCKET ? absent : host.stat(path)) };
    expect(await errorOf(gone)).toMatchObject({
      code: 'H2201',
      exit: 5,
      message: `${SOCKET} is not there any more. Nothing was changed`,
    });
    const closed = { ...host, read: (path: AbsPath) => (path === DROP_IN ? unreadable('EIO') : host.read(path)) };
    expect(await errorOf(closed)).toMatchObject({
      code: 'H2202',
      exit: 5,
      message: `${DROP_IN} cannot be read. Nothing was changed`,
    });
  });

  test('mode and owner of one path become one step, folders come before what is in them', async () => {
    const files = {
      '/etc/docker': { type: 'directory', mode: 0o777 },
      [JSON_FILE]: { type: 'file', text: '{}', mode: 0o666, uid: 1000 },
    } as const;
    const { compare, facts, host } = await scene(files);
    const folder = await compare({ type: 'file-access', subject: 'docker-config-directory', atMost: '0755' });
    const changes = numbered([
      changeOf(await compare(CONFIG_OWNER)),
      changeOf(await compare(CONFIG_MODE)),
      changeOf(folder),
    ]);
    const { steps } = await fileAccess.work(changes, facts, host);
    expect(steps).toEqual([
      {
        kind: 'set-access',
        path: '/etc/docker',
        fileType: 'directory',
        expected: { mode: 0o777, uid: 0, gid: 0 },
        access: { mode: 0o755, uid: 0, gid: 0 },
      },
      {
        kind: 'set-access',
        path: JSON_FILE,
        fileType: 'file',
        expected: { mode: 0o666, uid: 1000, gid: 0 },
        access: { mode: 0o644, uid: 0, gid: 0 },
      },
    ]);
  });

  test('two settings of docker.socket become one drop-in, which systemd then reads without a restart of anything', async () => {
    const { facts, host } = await scene(OPEN, {}, SYSTEMD);
    const { steps } = await fileAccess.work(await bothChanges(OPEN), facts, host);
    expect(steps).toMatchObject([
      { kind: 'make-directory', path: DROP_INS, access: { mode: 0o755, uid: 0, gid: 0 } },
      { kind: 'write-file', path: DROP_IN, expected: null, access: { mode: 0o644, uid: 0, gid: 0 } },
      { kind: 'command', run: { tool: 'systemctl', args: ['daemon-reload'] } },
      { kind: 'set-access', path: SOCKET, access: { mode: 0o660, uid: 0, gid: 106 } },
    ]);
    expect(
      steps.flatMap((step) => (step.kind === 'write-file' ? [new TextDecoder().decode(step.content)] : [])),
    ).toEqual([WRITTEN]);
  });

  test('nobody is told where no systemd runs', async () => {
    const { facts, host } = await scene(OPEN);
    const { steps } = await fileAccess.work(await bothChanges(OPEN), facts, host);
    expect(steps.map(({ kind }) => kind)).toEqual(['make-directory', 'write-file', 'set-access']);
  });

  test('a drop-in that is written but not read yet is read', async () => {
    const changes = await bothChanges(OPEN);
    const { facts, host } = await scene({ ...OPEN, [DROP_IN]: WRITTEN }, {}, SYSTEMD);
    const { steps } = await fileAccess.work(changes, facts, host);
    expect(steps.map(({ kind }) => kind)).toEqual(['command', 'set-access']);
  });

  test('bits that went away since the plan do not come back', async () => {
    const { compare, facts } = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o666 } });
    const changes = numbered([changeOf(await compare(CONFIG_MODE))]);
    const host = fakeReader(sceneHost({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o622 } }));
    expect((await fileAccess.work(changes, facts, host)).steps).toMatchObject([{ access: { mode: 0o600 } }]);
  });

  test('a path that is gone stops it', async () => {
    const { compare, facts } = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o666 } });
    const changes = numbered([changeOf(await compare(CONFIG_MODE))]);
    const host = fakeReader({});
    await expect(async () => fileAccess.work(changes, facts, host)).rejects.toThrow('is not there any more');
  });
});

function snapshotWith(before: string | null, after: string): SnapshotFiles {
  const image = (text: string): FileImage => ({
    mode: 0o644,
    uid: 0,
    gid: 0,
    sha256: digestOfBytes(text),
    size: 1,
    mtimeNs: '0',
    extended: '',
  });
  return {
    id: '0123abcd',
    before: (path) =>
      path !== DROP_IN
        ? undefined
        : before === null
          ? { status: 'absent' }
          : { status: 'present', value: image(before) },
    after: (path) => (path === DROP_IN ? { status: 'present', value: image(after) } : undefined),
    access: () => undefined,
    bytes: () => new TextEncoder().encode(before ?? ''),
  };
}

describe('taking back', () => {
  const applied = { ...OPEN, [SOCKET]: { type: 'socket', mode: 0o660, uid: 0, gid: 106 }, [DROP_IN]: WRITTEN } as const;

  test('puts access, file and folder back', async () => {
    const changes = await bothChanges(OPEN);
    const { facts, host } = await scene(applied, {}, SYSTEMD);
    const reversal = await fileAccess.revert(changes, snapshotWith(null, WRITTEN), facts, host);
    expect(reversal).toMatchObject({ kept: [], already: [] });
    expect(reversal.steps).toMatchObject([
      { kind: 'set-access', path: SOCKET, access: { mode: 0o666, uid: 1000, gid: 106 } },
      { kind: 'remove-file', path: DROP_IN, expected: digestOfBytes(WRITTEN) },
      { kind: 'remove-directory', path: DROP_INS },
      { kind: 'command' },
    ]);
  });

  test('leaves a folder with other files in it, and one that was there before', async () => {
    const changes = await bothChanges(OPEN);
    const other = await scene({ ...applied, [`${DROP_INS}/other.conf`]: '[Socket]\n' }, {}, SYSTEMD);
    const kinds = (steps: readonly { readonly kind: string }[]): readonly string[] => steps.map(({ kind }) => kind);
    const withOther = await fileAccess.revert(changes, snapshotWith(null, WRITTEN), other.facts, other.host);
    expect(kinds(withOther.steps)).toEqual(['set-access', 'remove-file', 'command']);
    const wasThere = await bothChanges({ ...OPEN, [DROP_INS]: { type: 'directory' } });
    const { facts, host } = await scene(applied, {}, SYSTEMD);
    expect(kinds((await fileAccess.revert(wasThere, snapshotWith(null, WRITTEN), facts, host)).steps)).toEqual([
      'set-access',
      'remove-file',
      'command',
    ]);
  });

  test('puts an older drop-in back as it was', async () => {
    const old = '[Socket]\nBacklog=5\n';
    const now = `${old}SocketMode=0660\nSocketUser=root\n`;
    const changes = await bothChanges({ ...OPEN, [DROP_IN]: old });
    const { facts, host } = await scene({ ...applied, [DROP_IN]: now }, {}, SYSTEMD);
    const { steps } = await fileAccess.revert(changes, snapshotWith(old, now), facts, host);
    expect(steps).toMatchObject([
      { kind: 'set-access' },
      {
        kind: 'write-file',
        expected: digestOfBytes(now),
        restoreFrom: { snapshot: '0123abcd', blob: digestOfBytes(old) },
      },
      { kind: 'command' },
    ]);
  });

  test('leaves alone what somebody changed since, the socket with its drop-in', async () => {
    const changes = await bothChanges(OPEN);
    const { facts, host } = await scene({ ...applied, [DROP_IN]: `${WRITTEN}# mine\n` }, {}, SYSTEMD);
    const reversal = await fileAccess.revert(changes, snapshotWith(null, WRITTEN), facts, host);
    expect(reversal.steps).toEqual([]);
    expect(reversal.kept.map(({ address, reason }) => [address, reason])).toEqual([
      [`file-access:${SOCKET}#mode`, 'somebody changed it since'],
      [`file-access:${SOCKET}#owner`, 'somebody changed it since'],
    ]);
  });

  test('tells an access that is back from one that somebody changed, and from a path that is gone', async () => {
    const wide = { type: 'file', text: '{}', mode: 0o666 } as const;
    const { compare, facts } = await scene({ [JSON_FILE]: wide });
    const changes = numbered([changeOf(await compare(CONFIG_MODE))]);
    const none = snapshotWith(null, '');
    const on = (files: Parameters<typeof sceneHost>[0]) =>
      fileAccess.revert(changes, none, facts, fakeReader(sceneHost(files)));
    expect(await on({ [JSON_FILE]: wide })).toMatchObject({
      steps: [],
      kept: [],
      already: [`file-access:${JSON_FILE}#mode`],
    });
    expect(await on({ [JSON_FILE]: { ...wide, mode: 0o600 } })).toMatchObject({
      steps: [],
      already: [],
      kept: [{ what: JSON_FILE }],
    });
    expect(await fileAccess.revert(changes, none, facts, fakeReader({}))).toMatchObject({
      kept: [{ reason: 'it is not there any more' }],
    });
    expect((await on({ [JSON_FILE]: { ...wide, mode: 0o644 } })).steps).toMatchObject([{ access: { mode: 0o666 } }]);
  });
});
