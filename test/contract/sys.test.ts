import { mkdtempSync, readFileSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveSys } from '../../src/host/live-sys.ts';
import { memoryDisk, put } from '../../src/host/memory-disk.ts';
import { memorySys } from '../../src/host/memory-sys.ts';
import { absPath } from '../../src/model/brand.ts';
import type { Fd, Sys } from '../../src/model/sys.ts';

interface Place {
  readonly sys: Sys;
  /** A place with a folder `/d` that holds a file `f` ("hello", 0644), a folder `sub` and a link `l` to `f`. */
  readonly end: () => void;
}

function memoryPlace(): Place {
  const disk = memoryDisk();
  put(disk, absPath('/d/f'), 'file', { content: 'hello' });
  put(disk, absPath('/d/sub'), 'directory');
  put(disk, absPath('/d/l'), 'symlink', { content: 'f' });
  put(disk, absPath('/dl'), 'symlink', { content: 'd' });
  const run = () => ({ type: 'exited' as const, code: 0, stdout: '', stderr: '' });
  return { sys: memorySys(disk, { run }), end: () => undefined };
}

function livePlace(): Place {
  const root = mkdtempSync(join(tmpdir(), 'harden-sys-'));
  mkdirSync(join(root, 'd/sub'), { recursive: true });
  writeFileSync(join(root, 'd/f'), 'hello', { mode: 0o644 });
  symlinkSync('f', join(root, 'd/l'));
  symlinkSync('d', join(root, 'dl'));
  return { sys: liveSys(absPath(root)), end: () => rmSync(root, { recursive: true }) };
}

const NOTHING = new Uint8Array();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe.each([
  ['in memory', memoryPlace],
  ['of this machine', livePlace],
])('the calls %s', (_, make) => {
  let place: Place;
  let sys: Sys;
  let d: Fd;
  const code = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'an error without a code';
    }
    return 'no error';
  };

  beforeEach(() => {
    place = make();
    sys = place.sys;
    d = sys.openDirectory(absPath('/d'));
  });
  afterEach(() => {
    sys.close(d);
    place.end();
  });

  it('never walk through a link', () => {
    expect(code(() => sys.openDirectory(absPath('/dl')))).toBe('ENOTDIR');
    expect(code(() => sys.openDirectory(absPath('/dl/sub')))).toBe('ENOTDIR');
    expect(code(() => sys.openDirectory(absPath('/none')))).toBe('ENOENT');
    expect(code(() => sys.openFile(d, 'l'))).toBe('ELOOP');
    const link = sys.openObject(d, 'l');
    expect(sys.stat(link).type).toBe('symlink');
    expect(code(() => sys.chmod(link, 0o600))).toBe('ELOOP');
    expect(code(() => sys.chown(link, 0, 0))).toBe('ELOOP');
    expect(code(() => sys.read(link, 10))).toBe('ELOOP');
    expect(code(() => sys.statAt(link, 'x'))).toBe('ENOTDIR');
    sys.close(link);
  });

  it('refuse names that lead elsewhere', () => {
    for (const name of ['', '.', '..', 'sub/x', '/etc']) {
      expect(code(() => sys.openObject(d, name))).toBe('EINVAL');
      expect(code(() => sys.unlink(d, name))).toBe('EINVAL');
      expect(code(() => sys.rename(d, 'f', name))).toBe('EINVAL');
    }
  });

  it('read whole files up to a limit, and nothing else', () => {
    const f = sys.openObject(d, 'f');
    expect(text(sys.read(f, 5))).toBe('hello');
    expect(code(() => sys.read(f, 4))).toBe('EFBIG');
    expect(code(() => sys.write(f, bytes('x'), 0))).toBe('EBADF');
    expect(code(() => sys.read(d, 10))).toBe('EINVAL');
    sys.close(f);
    expect(code(() => sys.stat(f))).toBe('EBADF');
  });

  it('create a file that must not exist, for its owner alone, and write at a position', () => {
    const made = sys.createFile(d, 'new');
    sys.write(made, bytes('abcdef'), 0);
    sys.write(made, bytes('XY'), 2);
    sys.write(made, NOTHING, 0);
    sys.truncate(made, 5);
    sys.sync(made);
    expect(sys.statAt(d, 'new')).toMatchObject({ type: 'file', mode: 0o600, size: 5, nlink: 1 });
    expect(text(sys.read(made, 100))).toBe('abXYe');
    expect(code(() => sys.createFile(d, 'new'))).toBe('EEXIST');
    expect(code(() => sys.createFile(d, 'l'))).toBe('EEXIST');
    sys.close(made);
  });

  it('change names within a folder', () => {
    sys.link(d, 'f', 'g');
    expect(sys.statAt(d, 'g')?.ino).toBe(sys.statAt(d, 'f')?.ino);
    expect(sys.statAt(d, 'g')?.nlink).toBe(2);
    expect(code(() => sys.link(d, 'f', 'g'))).toBe('EEXIST');
    sys.rename(d, 'f', 'g');
    expect(sys.list(d)).toEqual(expect.arrayContaining(['f', 'g']));
    sys.unlink(d, 'g');
    expect(sys.statAt(d, 'g')).toBeUndefined();
    expect(code(() => sys.unlink(d, 'sub'))).toMatch(/EISDIR|EPERM/);
    expect(code(() => sys.link(d, 'sub', 'sub2'))).toBe('EPERM');
    expect(code(() => sys.rename(d, 'none', 'x'))).toBe('ENOENT');
  });

  it('replace a file by a rename, and never a full folder', () => {
    sys.close(sys.createFile(d, 'new'));
    const { ino } = sys.statAt(d, 'new') ?? { ino: '' };
    sys.rename(d, 'new', 'f');
    expect(sys.statAt(d, 'f')?.ino).toBe(ino);
    expect(code(() => sys.rename(d, 'f', 'sub'))).toBe('EISDIR');
    sys.makeDirectory(d, 'other', 0o700);
    const sub = sys.openObject(d, 'sub');
    sys.close(sys.createFile(sub, 'x'));
    expect(code(() => sys.rename(d, 'other', 'sub'))).toBe('ENOTEMPTY');
    expect(code(() => sys.removeDirectory(d, 'sub'))).toBe('ENOTEMPTY');
    expect(code(() => sys.removeDirectory(d, 'f'))).toBe('ENOTDIR');
    sys.move(sub, 'x', d, 'y');
    sys.sync(sub);
    sys.sync(d);
    expect(sys.statAt(d, 'y')?.type).toBe('file');
    sys.removeDirectory(d, 'sub');
    expect(code(() => sys.makeDirectory(d, 'other', 0o700))).toBe('EEXIST');
    sys.close(sub);
  });

  it('change and copy metadata by descriptor, leaving the content', () => {
    const f = sys.openObject(d, 'f');
    sys.chmod(f, 0o4755);
    expect(sys.stat(f).mode).toBe(0o4755);
    const { uid, gid } = sys.stat(f);
    const made = sys.createFile(d, 'copy');
    sys.write(made, bytes('own'), 0);
    sys.copyMetadata(f, made, true);
    expect(sys.stat(made)).toMatchObject({ mode: 0o4755, uid, gid, mtimeNs: sys.stat(f).mtimeNs, size: 3 });
    expect(sys.extendedMetadata(made)).toBe(sys.extendedMetadata(f));
    sys.chmod(made, 0o600);
    sys.copyMetadata(f, made, false);
    expect(sys.stat(made).mode).toBe(0o4755);
    expect(text(sys.read(made, 10))).toBe('own');
    sys.sync(f);
    sys.close(made);
    sys.close(f);
  });

  it('say where an object is and whether it could be written', () => {
    const f = sys.openObject(d, 'f');
    expect(sys.mountId(f)).toBe(sys.mountId(d));
    expect(code(() => sys.checkWritable(f))).toBe('no error');
    const { type, freeBytes, freeInodes } = sys.fileSystem(d);
    expect(type).toMatch(/^[a-z0-9]+$/);
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeInodes).toBeGreaterThan(0);
    sys.close(f);
  });

  it('take a lock once', () => {
    const one = sys.createFile(d, 'lock');
    expect(sys.lock(one)).toBe(true);
    expect(sys.lock(one)).toBe(true);
    sys.close(one);
    const two = sys.openFile(d, 'lock');
    expect(sys.lock(two)).toBe(true);
    sys.close(two);
  });
});

describe('the live lock', () => {
  it('belongs to this process, as the kernel says', () => {
    const { sys, end } = livePlace();
    const d = sys.openDirectory(absPath('/d'));
    const file = sys.createFile(d, 'lock');
    sys.lock(file);
    expect(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8')).toMatch(/FLOCK\s+ADVISORY\s+WRITE/);
    const other = sys.openFile(d, 'lock');
    expect(sys.lock(other)).toBe(false);
    [other, file, d].forEach((fd) => sys.close(fd));
    end();
  });
});
