import { constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path/posix';
import type { Fd } from '../model/sys.ts';
import { runHelper, sysError } from './sys-process.ts';
import { O_PATH, fdPath, withFd } from './tree.ts';

/** Belong to the content, not to the object: they never survive a copy. */
const OF_CONTENT = new Set(['security.ima', 'security.evm']);

/**
 * ACLs, labels and file capabilities are extended attributes to the kernel, so one list tells all: `name=hex` lines, sorted.
 * `getfattr` sees every one of them. Where it is missing `tar` does, which Debian always has and whose answer is the same text.
 * Without both, `ls` marks only that there is an ACL and which label; user attributes stay unseen then.
 */
export function extendedMetadataOf(fd: Fd): string {
  const stats = fstatSync(fd);
  if (!stats.isFile() && !stats.isDirectory()) {
    return '';
  }
  const attributes = byGetfattr(fd) ?? byTar(fd);
  if (attributes === undefined) {
    return byLs(fd);
  }
  return attributes
    .filter(([name]) => !OF_CONTENT.has(name))
    .map(([name, hex]) => `${name}=${hex}`)
    .sort()
    .join('\n');
}

type Attribute = readonly [name: string, hex: string];

export function byGetfattr(fd: Fd): readonly Attribute[] | undefined {
  const result = runHelper(
    'getfattr',
    ['-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', '/proc/self/fd/3'],
    [fd],
  );
  if (result === undefined) {
    return undefined;
  }
  if (result.status !== 0) {
    throw sysError('EIO', `getfattr failed: ${result.stderr}`);
  }
  return result.stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => {
      const cut = line.indexOf('=');
      const name = cut < 0 ? line : line.slice(0, cut);
      const value = cut < 0 ? '' : line.slice(cut + 1);
      return [unescapeOctal(name), value.replace(/^0x/, '').replace(/^""$/, '')];
    });
}

/** `tar` reads attributes by a name in a directory only, so the object is looked for where the kernel says it is, and checked to be it. */
export function byTar(fd: Fd): readonly Attribute[] | undefined {
  const path = readlinkSync(fdPath(fd));
  const [folder, name] = path === '/' ? ['/', '.'] : [dirname(path), basename(path)];
  return withFd(openSync(folder, O_PATH | constants.O_DIRECTORY), (directory) => {
    const there = lstatSync(`${fdPath(directory)}/${name}`, { bigint: true });
    const held = fstatSync(fd, { bigint: true });
    if (there.ino !== held.ino || there.dev !== held.dev) {
      throw sysError('ESTALE', `${path} is another object now`);
    }
    const result = runHelper(
      'tar',
      [
        '--format=posix',
        '--xattrs',
        '--xattrs-include=*',
        '--no-recursion',
        '-C',
        '/proc/self/fd/3',
        '-cf',
        '-',
        '--',
        `./${name}`,
      ],
      [directory],
    );
    return result === undefined ? undefined : attributesInArchive(result.stdout);
  });
}

const BLOCK = 512;

/** The attributes in the extended header that begins a one-file archive in POSIX format; the archive may be cut off after it. */
export function attributesInArchive(archive: Buffer): readonly Attribute[] {
  if (archive.length < BLOCK || archive.toString('latin1', 257, 262) !== 'ustar') {
    throw sysError('EIO', 'tar gave no archive');
  }
  if (archive.toString('latin1', 156, 157) !== 'x') {
    return [];
  }
  const size = Number.parseInt(archive.toString('latin1', 124, 136), 8);
  const header = archive.subarray(BLOCK, BLOCK + size);
  if (header.length !== size) {
    throw sysError('E2BIG', 'more extended attributes than can be kept');
  }
  return [...paxRecords(header)];
}

/** Records are `LENGTH KEY=VALUE\n`, the length counting all of it. */
function* paxRecords(header: Buffer): Generator<Attribute> {
  const prefix = 'SCHILY.xattr.';
  for (let at = 0; at < header.length;) {
    const space = header.indexOf(0x20, at);
    const length = Number.parseInt(header.toString('latin1', at, space), 10);
    if (space < 0 || !(length > 0)) {
      throw sysError('EIO', 'tar gave a header that cannot be read');
    }
    const equals = header.indexOf(0x3d, space);
    const key = header.toString('latin1', space + 1, equals);
    if (key.startsWith(prefix)) {
      const name = key.slice(prefix.length).replaceAll('%3D', '=').replaceAll('%25', '%');
      yield [name, header.subarray(equals + 1, at + length - 1).toString('hex')];
    }
    at += length;
  }
}

function byLs(fd: Fd): string {
  const result = runHelper('ls', ['-ldL', '--', '/proc/self/fd/3'], [fd]);
  if (result?.status !== 0) {
    throw sysError('ENOTSUP', 'neither getfattr nor tar nor ls can say which extended attributes there are');
  }
  const marker = result.stdout.toString('latin1').charAt(10);
  return marker === '+' ? 'limited:acl' : marker === '.' ? 'limited:label' : '';
}

function unescapeOctal(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
