import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import type { FileAccessDesired } from '../../../src/model/remediation.ts';
import { fileAccess } from '../../../src/resources/file-access/index.ts';
import { changeOf, CONFIG_MODE, CONFIG_OWNER, evidenceOf, scene, SOCKET_MODE, SOCKET_OWNER } from './scene.ts';

const JSON_FILE = '/etc/docker/daemon.json';
const UNIT = '/usr/lib/systemd/system/docker.service';
/** Steps for a person, the remediation's own last; no change goes with them. */
const BY_HAND = expect.arrayContaining(['by hand']) as unknown;
const UNIT_TEXT = '[Service]\nExecStart=/usr/bin/dockerd -H fd://\n';

describe('modes are compared bit by bit', () => {
  test.each([
    [0o644, 'pass'],
    [0o600, 'pass'],
    [0o400, 'pass'],
    [0o664, 'fail'],
    // Smaller as a number, wider as a mode.
    [0o577, 'fail'],
    [0o606, 'fail'],
    // Special bits are bits too.
    [0o4600, 'fail'],
    [0o1644, 'fail'],
  ])('%s is %s where 0644 is the most', async (mode, verdict) => {
    const { compare } = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode } });
    const comparison = await compare(CONFIG_MODE);
    expect(comparison.verdict).toBe(verdict);
    if (verdict === 'fail') {
      expect(changeOf(comparison).after).toEqual({ mode: (mode & 0o644).toString(8).padStart(4, '0') });
    }
  });
});

describe('owners', () => {
  test('another owner and group become root, and who loses what is said', async () => {
    const { compare } = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o640, uid: 1000, gid: 1000 } });
    const change = changeOf(await compare(CONFIG_OWNER));
    expect(change.before).toEqual({ owner: 'bob (1000)', group: 'bob (1000)', uid: 1000, gid: 1000 });
    expect(change.after).toEqual({ owner: 'root (0)', group: 'root (0)', uid: 0, gid: 0 });
    expect(change.breaks).toEqual([
      'bob (1000), who owns /etc/docker/daemon.json now, can no longer read it.',
      'Members of group bob (1000) can no longer read /etc/docker/daemon.json.',
    ]);
  });

  test('nobody loses anything where everybody may still read', async () => {
    const { compare } = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o644, uid: 1000 } });
    expect(changeOf(await compare(CONFIG_OWNER)).breaks).toEqual([]);
  });

  test('a set-user-id program of somebody else never becomes one of root', async () => {
    const { compare } = await scene({ [UNIT]: { type: 'file', text: UNIT_TEXT, mode: 0o6755, uid: 1000 } });
    const change = changeOf(
      await compare({ type: 'file-access', subject: 'docker-service-unit', owner: 'root', group: 'root' }),
    );
    expect(change.after).toMatchObject({ mode: '0755', uid: 0 });
    expect(change.notes.join(' ')).toContain('set-user-id');
  });

  test('mode and owner of one path are two addresses', async () => {
    const { compare } = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o666, uid: 1000 } });
    const addresses = [changeOf(await compare(CONFIG_MODE)).address, changeOf(await compare(CONFIG_OWNER)).address];
    expect(addresses).toEqual([
      'file-access:/etc/docker/daemon.json#mode',
      'file-access:/etc/docker/daemon.json#owner',
    ]);
  });
});

describe('what is not there or not to be read', () => {
  test('a file that is not there is not applicable', async () => {
    const { compare } = await scene({});
    expect(await compare({ type: 'file-access', subject: 'etc-sysconfig-docker', atMost: '0644' })).toMatchObject({
      verdict: 'not-applicable',
    });
  });

  test('a file this plan makes is not applicable yet, and it is said that it comes', async () => {
    const { facts, host } = await scene({ [JSON_FILE]: { link: '/nowhere' } });
    const subjects = {
      ...facts.subjects,
      'daemon-config-file': { status: 'absent' as const, reason: 'no file', planned: absPath(JSON_FILE), evidence: [] },
    };
    const context = {
      facts: { ...facts, subjects },
      parameters: {},
      willExist: new Set([absPath(JSON_FILE)]),
      manual: [],
    };
    const [assessment] = await fileAccess.assess(CONFIG_MODE, context, host);
    expect(assessment?.comparison).toMatchObject({
      verdict: 'not-applicable',
      reason: 'no file; this plan makes it, for root alone',
    });
  });

  test('what is hidden is not checked', async () => {
    const { compare } = await scene({ '/etc/docker': { type: 'directory', denied: true } });
    expect(await compare(CONFIG_MODE)).toMatchObject({ verdict: 'not-checked' });
  });

  test('sockets are no part of a folder taken as a host', async () => {
    const { assess } = await scene({}, { kind: 'root', processes: [], files: {} });
    const [assessment] = await assess(SOCKET_MODE);
    expect(assessment?.comparison.verdict).toBe('pass');
    const empty = await scene({}, {}, { hostKind: 'root' });
    const subjects = {
      ...empty.facts.subjects,
      'docker-socket': { status: 'absent' as const, reason: 'no', planned: undefined, evidence: [] },
    };
    const context = { facts: { ...empty.facts, subjects }, parameters: {}, willExist: new Set<never>(), manual: [] };
    expect((await fileAccess.assess(SOCKET_MODE, context, empty.host))[0]?.comparison).toMatchObject({
      verdict: 'not-applicable',
      reason: 'sockets exist on a running host only',
    });
  });
});

describe('what harden leaves to a person', () => {
  const wide = { type: 'file', text: '{}', mode: 0o666 } as const;

  test('a hard link', async () => {
    const { compare } = await scene({ [JSON_FILE]: { ...wide, nlink: 2 } });
    expect(await compare(CONFIG_MODE)).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining('2 names') as string,
    });
  });

  test.each(['i', 'a'])('a file with chattr +%s', async (flags) => {
    const { compare } = await scene({ [JSON_FILE]: wide }, { attributes: { [JSON_FILE]: { flags, hasAcl: false } } });
    expect(await compare(CONFIG_MODE)).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining(`chattr +${flags}`) as string,
    });
  });

  test('a command that is proposed takes a name a shell would read as more as one word', async () => {
    const odd = absPath('/etc/docker/d; reboot/daemon.json');
    const folder = '/etc/docker/d; reboot';
    const worlds = [
      [{ ...wide, nlink: 2 }, {}, `-samefile '${odd}'`],
      [wide, { attributes: { [odd]: { flags: 'i', hasAcl: false } } }, `chattr -i '${odd}',`],
      [{ ...wide, link: '/etc/docker/daemon.json' }, {}, `ls -l '${odd}'`],
      [wide, { folder: 1000 }, `chown root:root '${folder}'; chmod go-w '${folder}'`],
    ] as const;
    for (const [entry, more, command] of worlds) {
      const files = { [folder]: { type: 'directory', uid: 'folder' in more ? 1000 : 0 }, [odd]: entry } as const;
      const { facts, host } = await scene(files, 'folder' in more ? {} : more);
      const subject = { status: 'present' as const, paths: [odd], evidence: [] };
      const subjects = {
        ...facts.subjects,
        'daemon-config-file': { ...facts.subjects['daemon-config-file'], ...subject },
      };
      const context = { facts: { ...facts, subjects }, parameters: {}, willExist: new Set<never>(), manual: [] };
      const [assessment] = await fileAccess.assess(CONFIG_MODE, context, host);
      expect(JSON.stringify(assessment?.comparison)).toContain(command);
    }
  });

  test('flags do not matter where nothing has to change', async () => {
    const { compare } = await scene({}, { attributes: { [JSON_FILE]: { flags: 'i', hasAcl: false } } });
    expect((await compare(CONFIG_MODE)).verdict).toBe('pass');
  });

  test('a read-only file system', async () => {
    const mounts = [
      { mountPoint: absPath('/'), fsType: 'ext4', source: '/dev/sda1', options: ['rw'] },
      { mountPoint: absPath('/etc'), fsType: 'squashfs', source: 'x', options: ['ro'] },
    ];
    const { compare } = await scene({ [JSON_FILE]: wide }, { mounts });
    expect(await compare(CONFIG_MODE)).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining('read-only (/etc)') as string,
    });
  });

  test('an image-based system, but not its sockets', async () => {
    const files = { [JSON_FILE]: wide, '/run/docker.sock': { type: 'socket', mode: 0o666, gid: 106 } } as const;
    const { compare } = await scene(files, {}, { imageBased: { etc: 'NixOS makes /etc', usr: undefined } });
    expect(await compare(CONFIG_MODE)).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining('NixOS makes /etc') as string,
    });
    expect((await compare(SOCKET_MODE)).verdict).toBe('fail');
  });

  test('an image that holds /usr only: /etc is changed', async () => {
    const { compare } = await scene({ [JSON_FILE]: wide }, {}, { imageBased: { etc: undefined, usr: 'an image' } });
    expect(await compare(CONFIG_MODE)).toHaveProperty('change');
  });

  test('a link to a file in the folder of somebody else', async () => {
    const { compare } = await scene({
      [JSON_FILE]: { link: '/home/bob/daemon.json' },
      '/home/bob': { type: 'directory', uid: 1000 },
      '/home/bob/daemon.json': wide,
    });
    const comparison = await compare(CONFIG_MODE);
    expect(comparison).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining('/home/bob, above') as string,
    });
  });

  test('a link to a file that only root can replace is followed to the file', async () => {
    const { compare } = await scene({ [JSON_FILE]: { link: '/srv/daemon.json' }, '/srv/daemon.json': wide });
    expect(changeOf(await compare(CONFIG_MODE)).target).toMatchObject({ path: '/srv/daemon.json' });
  });

  test('a folder everybody can write to, unless it is sticky or made tight by its own control', async () => {
    const inFolder = async (mode: number): Promise<string> => {
      const { compare } = await scene({
        [JSON_FILE]: { link: '/srv/open/daemon.json' },
        '/srv/open': { type: 'directory', mode },
        '/srv/open/daemon.json': wide,
      });
      return (await compare(CONFIG_MODE)).verdict;
    };
    expect(await inFolder(0o777)).toBe('fail');
    expect(await inFolder(0o1777)).toBe('fail');
    const own = await scene({ '/etc/docker': { type: 'directory', mode: 0o777 }, [JSON_FILE]: wide });
    expect(changeOf(await own.compare(CONFIG_MODE)).notes.join(' ')).toContain('Until /etc/docker (0777');
  });

  test('anything below a data root', async () => {
    const { compare } = await scene({
      [JSON_FILE]: { link: '/var/lib/docker/daemon.json' },
      '/var/lib/docker/daemon.json': wide,
    });
    expect(await compare(CONFIG_MODE)).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining('below /var/lib/docker') as string,
    });
  });
});

describe('the Docker socket', () => {
  test('is closed now and for later: live by its mode, for good by a drop-in of docker.socket', async () => {
    const { compare } = await scene({
      '/run/docker.sock': { type: 'socket', mode: 0o666, gid: 106 },
      '/etc/systemd/system/docker.socket.d/override.conf': '[Socket]\nSocketMode=0666\n',
    });
    const comparison = await compare(SOCKET_MODE);
    const change = changeOf(comparison);
    expect(change).toMatchObject({
      before: { mode: '0666', SocketMode: '0666' },
      after: { mode: '0660', SocketMode: '0660' },
      impact: 'none',
      liveAfter: 'now',
    });
    // override.conf is read after 50-harden.conf.
    expect(change.target).toMatchObject({ durable: { file: '/etc/systemd/system/docker.socket.d/zz-harden.conf' } });
    expect(evidenceOf(comparison)['/etc/systemd/system/docker.socket.d/override.conf SocketMode']).toBe('0666');
    expect(change.breaks).toEqual([
      'Accounts other than root and group docker (106) can no longer use /run/docker.sock.',
    ]);
  });

  test('a stricter drop-in is kept', async () => {
    const { compare } = await scene({ '/etc/systemd/system/docker.socket.d/mine.conf': '[Socket]\nSocketMode=0600\n' });
    expect((await compare(SOCKET_MODE)).verdict).toBe('pass');
  });

  test('only what differs is written', async () => {
    const { compare } = await scene({ '/run/docker.sock': { type: 'socket', mode: 0o666, gid: 106 } });
    const change = changeOf(await compare(SOCKET_MODE));
    expect(change.target).toMatchObject({ durable: undefined });
    expect(change.after).toEqual({ mode: '0660' });
  });

  test('what the next start would open again is found before it happens', async () => {
    const { compare } = await scene({
      '/usr/lib/systemd/system/docker.socket': '[Socket]\nListenStream=/run/docker.sock\nSocketGroup=docker\n',
    });
    const comparison = await compare(SOCKET_MODE);
    // systemd's default is 0666.
    expect(comparison).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('not after its next start') as string,
    });
    expect(changeOf(comparison).after).toMatchObject({ SocketMode: '0660' });
  });

  test('a drop-in that always wins is for a person', async () => {
    const { compare } = await scene({ '/etc/systemd/system/docker.socket.d/zzz.conf': '[Socket]\nSocketMode=0666\n' });
    expect(await compare(SOCKET_MODE)).toMatchObject({ verdict: 'fail', steps: BY_HAND });
  });

  test('belongs to the group systemd is told to give it to, or to root', async () => {
    const socket = (gid: number): Parameters<typeof scene>[0] => ({
      '/run/docker.sock': { type: 'socket', mode: 0o660, gid },
    });
    expect((await (await scene(socket(106))).compare(SOCKET_OWNER)).verdict).toBe('pass');
    expect((await (await scene(socket(0))).compare(SOCKET_OWNER)).verdict).toBe('pass');
    const change = changeOf(await (await scene(socket(1000))).compare(SOCKET_OWNER));
    expect(change.after).toMatchObject({ owner: 'root (0)', group: 'docker (106)', gid: 106 });
    expect(change.title).toBe('Give /run/docker.sock to root and group docker');
  });

  const byHand = (argv: readonly string[]): Parameters<typeof scene>[1] => ({
    processes: [{ name: 'dockerd', argv: ['/usr/bin/dockerd', ...argv] }],
  });
  const wrong = { '/run/docker.sock': { type: 'socket', mode: 0o660, gid: 7 } } as const;

  test('made by dockerd, it belongs to the group of the flag, then of daemon.json, then docker', async () => {
    const gidAfter = async (files: Parameters<typeof scene>[0], argv: readonly string[]): Promise<unknown> => {
      const { compare } = await scene({ ...wrong, ...files }, byHand(argv));
      return (changeOf(await compare(SOCKET_OWNER)).after as { gid: number }).gid;
    };
    expect(await gidAfter({}, [])).toBe(106);
    expect(await gidAfter({ [JSON_FILE]: '{"group": "bob"}' }, [])).toBe(1000);
    expect(await gidAfter({ [JSON_FILE]: '{"group": "bob"}' }, ['-G', 'docker'])).toBe(106);
    expect(await gidAfter({}, ['--group=4242'])).toBe(4242);
    // dockerd warns and takes root where its default group does not exist.
    expect(await gidAfter({ '/etc/group': 'root:x:0:\n' }, [])).toBe(0);
  });

  test('a group that only a directory service knows is not guessed', async () => {
    const { compare } = await scene(
      { ...wrong, '/etc/group': 'root:x:0:\n', '/etc/nsswitch.conf': 'group: files sss\n' },
      byHand([]),
    );
    expect(await compare(SOCKET_OWNER)).toMatchObject({
      verdict: 'manual',
      reason: '/run/docker.sock belongs to group 7; group docker is not in /etc/group, and sss may know it',
    });
  });

  test('a socket of somebody else is wrong whatever the group should be', async () => {
    const { compare } = await scene(
      {
        '/run/docker.sock': { type: 'socket', mode: 0o660, uid: 1000, gid: 7 },
        '/etc/group': 'root:x:0:\n',
        '/etc/nsswitch.conf': 'group: files sss\n',
      },
      byHand([]),
    );
    expect(await compare(SOCKET_OWNER)).toMatchObject({ verdict: 'fail', steps: BY_HAND });
  });

  test('a daemon.json that cannot be read leaves the group open', async () => {
    const { compare } = await scene({ ...wrong, [JSON_FILE]: '{"group": }' }, byHand([]));
    expect((await compare(SOCKET_OWNER)).verdict).toBe('manual');
  });

  test('made by dockerd it needs no drop-in', async () => {
    const { compare } = await scene({ '/run/docker.sock': { type: 'socket', mode: 0o666, gid: 106 } }, byHand([]));
    const change = changeOf(await compare(SOCKET_MODE));
    expect(change.target).toMatchObject({ durable: undefined });
    expect(change.notes.join(' ')).toContain('dockerd makes /run/docker.sock anew');
  });
});

describe('the containerd socket', () => {
  const OWNER: FileAccessDesired = { type: 'file-access', subject: 'containerd-socket', owner: 'root', group: 'root' };
  const wrong = { '/run/containerd/containerd.sock': { type: 'socket', mode: 0o660, gid: 1000 } } as const;

  test('goes to root where containerd gives it to root too', async () => {
    const { compare } = await scene(wrong);
    expect(changeOf(await compare(OWNER)).after).toMatchObject({ gid: 0 });
  });

  test('is left to a person where its configuration says otherwise', async () => {
    const { compare } = await scene({
      ...wrong,
      '/etc/containerd/config.toml': 'version = 2\n[grpc]\n  uid = 0\n  gid = 1000 # bob\n',
    });
    expect(await compare(OWNER)).toMatchObject({
      verdict: 'fail',
      steps: BY_HAND,
      reason: expect.stringContaining('gives /run/containerd/containerd.sock to 0:1000') as string,
    });
  });
});

describe('what a plan says beside the change', () => {
  test('an ACL whose mask narrows', async () => {
    const attributes = { [JSON_FILE]: { flags: '', hasAcl: true } };
    const narrowed = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o664 } }, { attributes });
    expect(changeOf(await narrowed.compare(CONFIG_MODE)).notes.join(' ')).toContain('lose the same bits');
    const kept = await scene({ [JSON_FILE]: { type: 'file', text: '{}', mode: 0o646 } }, { attributes });
    expect(changeOf(await kept.compare(CONFIG_MODE)).notes.join(' ')).toContain('stays as it is');
  });

  test('a packaged file comes back with the next update; Debian has a way to keep it', async () => {
    const { compare } = await scene({ [UNIT]: { type: 'file', text: UNIT_TEXT, mode: 0o666 } });
    const change = changeOf(await compare({ type: 'file-access', subject: 'docker-service-unit', atMost: '0644' }));
    expect(change.notes).toEqual([
      `A package brings this file, and an update sets its access anew. To make it last: dpkg-statoverride --add root root 0644 ${UNIT}`,
    ]);
  });
});

describe('certificates and keys', () => {
  const CERTS = '/etc/docker/certs.d/reg:5000';
  const files = {
    [`${CERTS}/ca.crt`]: { type: 'file', mode: 0o644 },
    [`${CERTS}/client.cert`]: { type: 'file', mode: 0o444 },
    [`${CERTS}/client.key`]: { type: 'file', mode: 0o444 },
  } as const;

  test('public ones may be read by all, private ones by root only, folders are no certificates', async () => {
    const { assess } = await scene(files);
    const certificates = await assess({ type: 'file-access', subject: 'registry-certificates', atMost: '0444' });
    expect(certificates.map(({ address, comparison }) => [address, comparison.verdict])).toEqual([
      [`file-access:${CERTS}/ca.crt#mode`, 'fail'],
      [`file-access:${CERTS}/client.cert#mode`, 'pass'],
    ]);
    const [key] = await assess({ type: 'file-access', subject: 'registry-keys', atMost: '0400' });
    expect(key?.comparison).toMatchObject({ verdict: 'fail', change: { after: { mode: '0400' }, risk: 'medium' } });
  });
});

test('attributes are asked for once, whatever the number of paths and controls, and not at all where all is well', async () => {
  const { host, facts } = await scene({
    '/etc/docker/daemon.json': { type: 'file', text: '{}', mode: 0o666 },
    [UNIT]: { type: 'file', text: UNIT_TEXT, mode: 0o666 },
  });
  let questions = 0;
  const counting = {
    ...host,
    attributes: (paths: Parameters<typeof host.attributes>[0]) => {
      questions += 1;
      return host.attributes(paths);
    },
  };
  const context = { facts, parameters: {}, willExist: new Set<never>(), manual: [] };
  await fileAccess.assess(SOCKET_MODE, context, counting);
  expect(questions).toBe(0);
  await Promise.all([
    fileAccess.assess(CONFIG_MODE, context, counting),
    fileAccess.assess({ type: 'file-access', subject: 'docker-service-unit', atMost: '0644' }, context, counting),
  ]);
  expect(questions).toBe(1);
});
