import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../../src/host/mountinfo.ts';

describe('parseMountinfo', () => {
  it('joins the options of the mount and of its file system, sorted, each once', () => {
    expect(parseMountinfo('36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n')).toEqual([
      { mountPoint: '/mnt2', fsType: 'ext3', source: '/dev/root', options: ['errors=continue', 'noatime', 'rw'] },
    ]);
  });

  it.each([
    ['none', '27 1 254:0 / / rw - ext4 /dev/vda rw'],
    ['one', '27 1 254:0 / / rw shared:1 - ext4 /dev/vda rw'],
    ['several', '27 1 254:0 / / rw shared:2 master:1 propagate_from:3 unbindable - ext4 /dev/vda rw'],
  ])('reads past optional fields: %s', (_, line) => {
    expect(parseMountinfo(line)).toEqual([{ mountPoint: '/', fsType: 'ext4', source: '/dev/vda', options: ['rw'] }]);
  });

  it('undoes the octal escapes of blanks, tabs, newlines, backslashes and hashes', () => {
    const [mount] = parseMountinfo(String.raw`30 25 0:27 / /a\040b\011c\012d\134e\043f rw - tmpfs a\040source rw`);
    expect(mount?.mountPoint).toBe('/a b\tc\nd\\e#f');
    expect(mount?.source).toBe('a source');
  });

  it('takes a mount point that is a dash for what it is, and an empty source too', () => {
    expect(
      parseMountinfo('30 25 0:27 / /- rw - tmpfs  rw').map(({ mountPoint, source }) => [mountPoint, source]),
    ).toEqual([['/-', '']]);
  });

  it('keeps the order, so that a mount over another one comes later', () => {
    const text = '1 0 0:1 / /x rw - tmpfs one rw\n2 1 0:2 / /x ro - tmpfs two rw\n';
    expect(parseMountinfo(text).map(({ source }) => source)).toEqual(['one', 'two']);
  });

  it.each([
    ['a folder onto itself', '/var/lib/docker/1.1', '8:1', '/var/lib/docker/1.1', true],
    ['another folder of that file system', '/var/lib/docker/1.1', '8:1', '/srv', false],
    ['the same folder of another one', '/var/lib/docker/1.1', '8:2', '/var/lib/docker/1.1', false],
    ['below a mount of its own', '/data/x', '8:3', '/vol/x', true],
    ['the root of that mount again', '/data/x', '8:3', '/vol', false],
    ['a folder whose name goes on', '/database', '8:3', '/volbase', false],
  ] as const)('tells %s', (...[, point, device, root, own]) => {
    const text = ['1 0 8:1 / / rw - ext4 /dev/a rw', '2 1 8:3 /vol /data rw - ext4 /dev/b rw'];
    const parent = point.startsWith('/data') ? '2' : '1';
    const mounts = parseMountinfo([...text, `3 ${parent} ${device} ${root} ${point} rw - ext4 /dev/a rw`].join('\n'));
    expect(mounts.map(({ ontoItself }) => ontoItself)).toEqual([undefined, undefined, own ? true : undefined]);
  });

  it.each(['', 'garbage', '1 2 3:4 / /x rw tmpfs none rw', '1 2 3:4 / relative rw - tmpfs none rw'])(
    'leaves out what has another form: %j',
    (line) => {
      expect(parseMountinfo(line)).toEqual([]);
    },
  );
});
