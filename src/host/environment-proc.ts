import { readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { wordsFor } from './errno.ts';

/** PROC_SUPER_MAGIC of linux/magic.h. */
const PROC = 0x9fa0;

/**
 * Why /proc cannot be relied on; undefined where it can. Every change goes through /proc/self/fd, and who runs what is read there.
 * What counts is what can be seen: `hidepid` hides nothing from a root that may look into other processes.
 */
export function troubleWithProc(root = '/proc'): string | undefined {
  try {
    if (statfsSync(root).type !== PROC) {
      return `${root} is not a proc file system`;
    }
    if (readlinkSync(`${root}/self`) !== String(process.pid)) {
      return `${root} belongs to another process namespace`;
    }
    readFileSync(`${root}/1/stat`);
    return undefined;
  } catch (error) {
    return `${root} does not show the processes of this host (${wordsFor(error)}); it may be mounted with hidepid`;
  }
}
