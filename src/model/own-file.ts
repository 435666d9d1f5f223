import { type AbsPath, absPath } from './brand.ts';

/** Says what the running dockerd was started with, for the time when its file says something else. A reboot takes it away. */
export const START_NOTE: AbsPath = absPath('/run/harden/dockerd-started-with.json');

/** What a file is that harden keeps for itself among those of the host; undefined for all others. */
export function ownFileRemark(path: string): string | undefined {
  return path === START_NOTE
    ? "harden's own note of what this dockerd was started with, so that what is not live yet can be told; gone after a reboot"
    : undefined;
}
