import type { Command, CommandOutcome, FileStat } from '../../model/host.ts';
import type { Sys } from '../../model/sys.ts';
import type { Inode } from '../memory-disk.ts';
import { memorySys } from '../memory-sys.ts';
import { sysError } from '../sys-process.ts';
import { type RecordedTree, deviceOf } from './recorded-tree.ts';
import { statOf } from './tree-reader.ts';

/** Memory's own calls on the recorded tree. Content that was not recorded cannot be read; its size and place on the disk are the recorded ones. */
export function simulatedSys(tree: RecordedTree, run: (command: Command) => CommandOutcome): Sys {
  const sys = memorySys(tree.disk, { run });
  const byNumber = new Map<string, Inode>([...tree.objects.keys()].map((inode) => [inode.ino.toString(), inode]));
  const completed = (stat: FileStat): FileStat => {
    const inode = byNumber.get(stat.ino);
    return inode === undefined ? { ...stat, dev: deviceOf({ id: stat.dev }) } : statOf(tree, inode);
  };
  return {
    ...sys,
    stat: (fd) => completed(sys.stat(fd)),
    statAt: (directory, name) => {
      const stat = sys.statAt(directory, name);
      return stat === undefined ? undefined : completed(stat);
    },
    read: (file, limit) => {
      const inode = byNumber.get(sys.stat(file).ino);
      const gap = inode === undefined || inode.data.length > 0 ? undefined : tree.objects.get(inode)?.content;
      if (gap !== undefined && inode?.type === 'file') {
        throw sysError('EIO', 'its content is not in the recording');
      }
      return sys.read(file, limit);
    },
  };
}
