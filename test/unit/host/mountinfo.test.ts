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

  it.each(['', 'garbage', '1 2 3:4 / /x rw tmpfs none rw', '1 2 3:4 / relative rw - tmpfs none rw'])(
    'leaves out what has another form: %j',
    (line) => {
      expect(parseMountinfo(line)).toEqual([]);
    },
  );
});
