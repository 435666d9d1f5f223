import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveHost } from '../../src/host/live-host.ts';
import { recordedHost } from '../../src/host/recorded-host.ts';
import { recordingReader, recordingText } from '../../src/host/recorder.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import { rootedHost } from '../../src/host/rooted-host.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import type { HostReader } from '../../src/model/host.ts';
import type { Observed } from '../../src/model/state.ts';

/** The tree below `base`; `/` of it is `root`, so that an absolute link in it can be right for the live host and for a folder. */
let base = '';
const server = createServer();
const NOTHING: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'harden-contract-')));
  const put = (path: string, content: string | Uint8Array, mode = 0o644) => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), content);
    chmodSync(join(base, path), mode);
  };
  put('etc/docker/daemon.json', '{ "icc": false }\n', 0o640);
  put('etc/empty', '');
  put('etc/latin1', Uint8Array.of(0x66, 0xfc, 0x72, 0x0a));
  put('etc/setuid', 'x', 0o4755);
  put('etc/a b\nc', 'blanks');
  put('etc/large', 'x'.repeat(1024 * 1024 + 1));
  put('etc/unreadable', 'x', 0o000);
  put('etc/closed/inside', 'x');
  mkdirSync(join(base, 'etc/z-empty-directory'));
  symlinkSync('docker/daemon.json', join(base, 'etc/relative'));
  symlinkSync('nowhere', join(base, 'etc/dangling'));
  symlinkSync('loop', join(base, 'etc/loop'));
  symlinkSync('docker', join(base, 'etc/directory-link'));
  symlinkSync('../etc/./docker/../docker/daemon.json', join(base, 'etc/dotted'));
  spawnSync('mkfifo', [join(base, 'etc/fifo')]);
  await new Promise<void>((resolve) => server.listen(join(base, 'etc/socket'), resolve));
});
afterAll(() => {
  server.close();
  rmSync(base, { recursive: true, force: true });
});

/** A host of the kind and the place of the tree's paths in it. */
interface Subject {
  readonly host: HostReader;
  readonly at: (path: string) => AbsPath;
}

const HOSTS: Readonly<Record<string, () => Subject>> = {
  live: () => ({ host: liveHost(), at: (path) => absPath(base + path) }),
  root: () => ({ host: rootedHost(base), at: absPath }),
};

/** The tests ask the same of the recording of a host as of the host: every question first goes to the host itself. */
function recordedAfterwards({ host, at }: Subject): Subject {
  const recorder = recordingReader(host);
  const answersAgain = (): HostReader =>
    recordedHost(
      parseRecording(
        recordingText(recorder.recording({ takenAt: '2026-11-22T10:00:00Z', toolVersion: '0.1.0' }).recording),
        'test',
      ),
    );
  const again =
    <A extends unknown[], R>(ask: (host: HostReader, ...args: A) => R) =>
    (...args: A): R => {
      ask(recorder.reader, ...args);
      return ask(answersAgain(), ...args);
    };
  return {
    at,
    host: {
      kind: 'recorded',
      identity: again((of) => of.identity()),
      stat: again((of, path: AbsPath) => of.stat(path)),
      read: again((of, path: AbsPath, limit?: number) => of.read(path, limit)),
      list: again((of, path: AbsPath) => of.list(path)),
      realPath: again((of, path: AbsPath) => of.realPath(path)),
      mounts: again((of) => of.mounts()),
      processes: again((of, names: readonly string[], environment: readonly string[]) =>
        of.processes(names, environment),
      ),
      attributes: async (paths) => {
        await recorder.reader.attributes(paths);
        return answersAgain().attributes(paths);
      },
      query: async (query) => {
        await recorder.reader.query(query);
        return answersAgain().query(query);
      },
      docker: async (socket, path) => {
        await recorder.reader.docker(socket, path);
        return answersAgain().docker(socket, path);
      },
    },
  };
}

const SUBJECTS: readonly (readonly [string, () => Subject])[] = Object.entries(HOSTS).flatMap(([name, make]) => [
  [name, make],
  [`recorded from ${name}`, () => recordedAfterwards(make())],
]);

const text = (content: Observed<Uint8Array>): string =>
  content.status === 'present' ? Buffer.from(content.value).toString() : content.status;
const reason = (observed: Observed<unknown>): string =>
  observed.status === 'unreadable' ? observed.reason : observed.status;
const value = <T>(observed: Observed<T>): T => {
  if (observed.status !== 'present') {
    throw new Error(reason(observed));
  }
  return observed.value;
};

describe.each(SUBJECTS)('a %s host', (_, make) => {
  it('reads a file byte for byte, also through links', () => {
    const { host, at } = make();
    expect(text(host.read(at('/etc/docker/daemon.json')))).toBe('{ "icc": false }\n');
    expect(text(host.read(at('/etc/relative')))).toBe('{ "icc": false }\n');
    expect(text(host.read(at('/etc/directory-link/daemon.json')))).toBe('{ "icc": false }\n');
    expect(text(host.read(at('/etc/dotted')))).toBe('{ "icc": false }\n');
    expect(text(host.read(at('/etc/empty')))).toBe('');
    expect(text(host.read(at('/etc/a b\nc')))).toBe('blanks');
    expect(host.read(at('/etc/latin1'))).toEqual({ status: 'present', value: Uint8Array.of(0x66, 0xfc, 0x72, 0x0a) });
  });

  it('tells absent from unreadable', () => {
    const { host, at } = make();
    const questions = [
      (path: AbsPath) => host.stat(path),
      (path: AbsPath) => host.read(path),
      (path: AbsPath) => host.list(path),
      (path: AbsPath) => host.realPath(path),
    ];
    for (const ask of questions) {
      expect(ask(at('/nothing'))).toEqual({ status: 'absent' });
      expect(ask(at('/etc/nothing/below'))).toEqual({ status: 'absent' });
      expect(ask(at('/etc/empty/below-a-file'))).toEqual({ status: 'absent' });
      expect(ask(at('/etc/dangling/below'))).toEqual({ status: 'absent' });
    }
    expect(host.read(at('/etc/dangling'))).toEqual({ status: 'absent' });
    expect(host.realPath(at('/etc/dangling'))).toEqual({ status: 'absent' });
  });

  it('reports a link as a link, and what it stands for only where asked', () => {
    const { host, at } = make();
    expect(value(host.stat(at('/etc/relative'))).type).toBe('symlink');
    expect(value(host.stat(at('/etc/dangling'))).type).toBe('symlink');
    expect(value(host.stat(at('/etc/directory-link/daemon.json'))).type).toBe('file');
    expect(value(host.realPath(at('/etc/relative')))).toBe(at('/etc/docker/daemon.json'));
    expect(value(host.realPath(at('/etc/dotted')))).toBe(at('/etc/docker/daemon.json'));
    expect(value(host.realPath(at('/etc/docker')))).toBe(at('/etc/docker'));
  });

  it('ends a circle of links', () => {
    const { host, at } = make();
    expect(reason(host.read(at('/etc/loop')))).toContain('too many symbolic links');
    expect(reason(host.realPath(at('/etc/loop')))).toContain('too many symbolic links');
    expect(value(host.stat(at('/etc/loop'))).type).toBe('symlink');
  });

  it('gives mode, owner, size, identity and times as lstat does', () => {
    const { host, at } = make();
    const real = statSync(join(base, 'etc/setuid'), { bigint: true });
    expect(value(host.stat(at('/etc/setuid')))).toEqual({
      type: 'file',
      mode: 0o4755,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      size: 1,
      nlink: 1,
      dev: String(real.dev),
      ino: String(real.ino),
      mtimeNs: String(real.mtimeNs),
      ctimeNs: String(real.ctimeNs),
    });
  });

  it('never opens a FIFO or a socket, and says what is there instead of a file', () => {
    const { host, at } = make();
    expect(value(host.stat(at('/etc/fifo'))).type).toBe('fifo');
    expect(value(host.stat(at('/etc/socket'))).type).toBe('socket');
    expect(reason(host.read(at('/etc/fifo')))).toBe(`${at('/etc/fifo')}: a fifo, not a regular file`);
    expect(reason(host.read(at('/etc/socket')))).toBe(`${at('/etc/socket')}: a socket, not a regular file`);
    expect(reason(host.read(at('/etc')))).toBe(`${at('/etc')}: a directory, not a regular file`);
    expect(reason(host.list(at('/etc/fifo')))).toBe(`${at('/etc/fifo')}: a fifo, not a directory`);
  });

  it('does not read more than it was told, and says how much there is', () => {
    const { host, at } = make();
    expect(reason(host.read(at('/etc/large')))).toBe(
      `${at('/etc/large')}: 1048577 bytes, more than the 1048576 that are read`,
    );
    expect(value(host.read(at('/etc/large'), 1024 * 1024 + 1)).length).toBe(1024 * 1024 + 1);
    expect(reason(host.read(at('/etc/docker/daemon.json'), 16))).toContain('17 bytes, more than the 16');
    expect(value(host.read(at('/etc/docker/daemon.json'), 17)).length).toBe(17);
  });

  it('lists names sorted, also behind a link', () => {
    const { host, at } = make();
    expect(value(host.list(at('/etc/directory-link')))).toEqual(['daemon.json']);
    expect(value(host.list(at('/etc/z-empty-directory')))).toEqual([]);
    const names = value(host.list(at('/etc')));
    expect(names).toEqual([...names].sort());
    expect(names).toContain('a b\nc');
  });

  it('asks about flags and ACLs for all paths together, whatever their names', async () => {
    const { host, at } = make();
    const paths = [
      '/etc/a b\nc',
      '/nothing',
      '/etc/docker',
      '/etc/relative',
      '/etc/fifo',
      '/etc/docker/daemon.json',
    ].map(at);
    const found = await host.attributes(paths);
    expect([...found.keys()]).toEqual(paths);
    expect(found.get(at('/nothing'))).toEqual({ flags: null, hasAcl: null });
    expect(found.get(at('/etc/relative'))).toEqual({ flags: null, hasAcl: false });
    expect(found.get(at('/etc/fifo'))).toEqual({ flags: null, hasAcl: false });
    expect(found.get(at('/etc/a b\nc'))?.hasAcl).toBe(false);
    expect(found.get(at('/etc/docker/daemon.json'))?.hasAcl).toBe(false);
  });

  it('has no answer from a socket that is not there', async () => {
    const { host, at } = make();
    expect(await host.docker(at('/run/docker.sock'), '/info')).toMatchObject({ type: 'unreachable', code: 'absent' });
  });

  it('says who and where it is', () => {
    const identity = make().host.identity();
    expect(identity.uid).toBe(process.geteuid?.());
    expect(identity.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(identity.capabilities).toEqual([...identity.capabilities].sort());
  });
});

/** Whether this process may read whatever the mode says. */
const isRoot = process.geteuid?.() === 0;

describe.runIf(isRoot)('what a user may not read', () => {
  it('is unreadable, not absent, for a live host and for a folder', () => {
    chmodSync(join(base, 'etc/closed'), 0o700);
    chmodSync(base, 0o755);
    const module = (name: string) => JSON.stringify(join(import.meta.dirname, '../../src/host', name));
    const script = `
      const { liveHost } = await import(${module('live-host.ts')});
      const { rootedHost } = await import(${module('rooted-host.ts')});
      process.setgid(65534);
      process.setuid(65534);
      const base = ${JSON.stringify(base)};
      const ask = (host, prefix) => [host.read(prefix + '/etc/unreadable'), host.stat(prefix + '/etc/closed/inside'), host.list(prefix + '/etc/closed')];
      console.log(JSON.stringify([ask(liveHost(), base), ask(rootedHost(base), '')]));`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: NOTHING,
    });
    const [live, rooted] = JSON.parse(child.stdout) as [Observed<unknown>[], Observed<unknown>[]];
    expect(live.map(reason)).toEqual(
      ['/etc/unreadable', '/etc/closed/inside', '/etc/closed'].map((path) => `${base}${path}: permission denied`),
    );
    expect(rooted.map(reason)).toEqual(
      ['/etc/unreadable', '/etc/closed/inside', '/etc/closed'].map((path) => `${path}: permission denied`),
    );
  });
});

describe('what a process would block on or trip over', () => {
  it('is left alone on the live host: devices are looked at, not opened', () => {
    const host = liveHost();
    expect(reason(host.read(absPath('/dev/null')))).toBe('/dev/null: a character-device, not a regular file');
    expect(value(host.stat(absPath('/dev/null'))).type).toBe('character-device');
  });

  it('is read as far as it goes where a file of the kernel has no size', () => {
    const host = liveHost();
    expect(text(host.read(absPath('/proc/self/comm')))).not.toBe('');
    expect(reason(host.read(absPath('/proc/self/status'), 10))).toContain('more than the 10 bytes');
  });
});

describe('a folder taken as /', () => {
  let root = '';
  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'harden-root-')));
    mkdirSync(join(root, 'etc/deep'), { recursive: true });
    writeFileSync(join(root, 'etc/hostname'), '# a comment\nimage-01\n');
    writeFileSync(join(root, 'etc/machine-id'), `${'ab'.repeat(16)}\n`);
    symlinkSync('/etc/hostname', join(root, 'etc/absolute'));
    symlinkSync('../../../../../../etc/hostname', join(root, 'etc/deep/climbing'));
    symlinkSync('/', join(root, 'etc/top'));
    symlinkSync('/etc/shadow', join(root, 'etc/outside'));
    symlinkSync('/proc/self/root/etc/hostname', join(root, 'etc/magic'));
    symlinkSync('/etc/deep', join(root, 'link-to-deep'));
    writeFileSync(join(root, 'etc/deep/file'), 'deep');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('keeps absolute links and `..` inside', () => {
    const host = rootedHost(root);
    for (const path of [
      '/etc/absolute',
      '/etc/deep/climbing',
      '/etc/top/etc/hostname',
      '/etc/top/etc/top/etc/absolute',
    ]) {
      expect(text(host.read(absPath(path)))).toBe('# a comment\nimage-01\n');
      expect(value(host.realPath(absPath(path)))).toBe('/etc/hostname');
    }
    expect(value(host.realPath(absPath('/etc/top')))).toBe('/');
    expect(value(host.list(absPath('/etc/top')))).toEqual(['etc', 'link-to-deep']);
    expect(value(host.realPath(absPath('/link-to-deep/file')))).toBe('/etc/deep/file');
  });

  it('does not see this machine through a link', () => {
    const host = rootedHost(root);
    expect(host.read(absPath('/etc/outside'))).toEqual({ status: 'absent' });
    expect(host.read(absPath('/etc/magic'))).toEqual({ status: 'absent' });
    expect(host.realPath(absPath('/etc/outside'))).toEqual({ status: 'absent' });
  });

  it('asks about flags of what is inside, never of what a link names outside', async () => {
    const host = rootedHost(root);
    const found = await host.attributes(['/', '/etc/outside', '/link-to-deep/file'].map(absPath));
    expect(found.get(absPath('/etc/outside'))).toEqual({ flags: null, hasAcl: false });
    expect(found.get(absPath('/link-to-deep/file'))?.hasAcl).toBe(false);
    expect(found.get(absPath('/'))?.hasAcl).toBe(false);
  });

  it('has the name and the id of the image, and runs nothing', async () => {
    const host = rootedHost(root);
    expect(host.identity()).toMatchObject({ hostname: 'image-01', machineId: 'ab'.repeat(16) });
    expect(host.processes(['dockerd'], [])).toEqual({ status: 'present', value: [] });
    expect(await host.query({ tool: 'auditctl', args: ['-l'] })).toEqual({ type: 'not-found' });
    expect(await host.docker(absPath('/run/docker.sock'), '/info')).toEqual({
      type: 'unreachable',
      code: 'absent',
      reason: 'a folder, not a running host',
    });
    expect(reason(host.mounts())).toContain('a folder, not a running host');
  });

  it('is refused where it is no folder', () => {
    expect(() => rootedHost(join(root, 'etc/hostname'))).toThrow('cannot be taken as a root folder');
    expect(() => rootedHost(join(root, 'nothing'))).toThrow('cannot be taken as a root folder');
  });

  it('cannot be left while somebody swaps a folder for a link to the outside', () => {
    const place = mkdtempSync(join(tmpdir(), 'harden-swap-'));
    const module = join(import.meta.dirname, '../../src/host/rooted-host.ts');
    const swapped = spawnSync(process.execPath, ['--input-type=module', '-e', raceScript(place, module)], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    rmSync(place, { recursive: true });
    expect(swapped.status, swapped.stderr).toBe(0);
    const seen = JSON.parse(swapped.stdout) as { inside: number; outside: number; careless: number };
    expect(seen.outside).toBe(0);
    expect(seen.inside).toBeGreaterThan(0);
    // The swap did happen: whoever lets the kernel follow links was led outside.
    expect(seen.careless).toBeGreaterThan(0);
  });
});

/** One thread swaps `swapped` between a folder and a link to /etc of this machine, another one reads below it in two ways. */
function raceScript(root: string, module: string): string {
  return `
    import { Worker } from 'node:worker_threads';
    import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
    const { rootedHost } = await import(${JSON.stringify(module)});
    const root = ${JSON.stringify(root)};
    mkdirSync(root + '/real');
    writeFileSync(root + '/real/passwd', 'inside');
    symlinkSync('../../../../../../../../etc', root + '/link');
    const worker = new Worker(\`
      const { renameSync } = process.getBuiltinModule('node:fs');
      const root = ${JSON.stringify(root)};
      const end = Date.now() + 1500;
      while (Date.now() < end) {
        for (const name of ['/real', '/link']) {
          renameSync(root + name, root + '/swapped');
          renameSync(root + '/swapped', root + name);
        }
      }\`, { eval: true });
    let running = true;
    worker.on('exit', () => { running = false; });
    const host = rootedHost(root);
    const seen = { inside: 0, outside: 0, careless: 0 };
    while (running) {
      for (let i = 0; i < 200; i += 1) {
        const read = host.read('/swapped/passwd');
        if (read.status === 'present') {
          seen[Buffer.from(read.value).toString() === 'inside' ? 'inside' : 'outside'] += 1;
        }
        try {
          seen.careless += readFileSync(root + '/swapped/passwd', 'utf8') === 'inside' ? 0 : 1;
        } catch {}
      }
      await new Promise(setImmediate);
    }
    console.log(JSON.stringify(seen));`;
}
