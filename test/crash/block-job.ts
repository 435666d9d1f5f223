import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BlockShape {
  readonly fileSystem: 'ext4' | 'xfs' | 'btrfs';
  /** Files and state on one file system, or the state (/var/lib) on one of its own. */
  readonly layout: 'one' | 'two';
  readonly mountOptions: readonly string[];
}

/**
 * What runs while the disk is recorded. `apply`: a transaction, committed. `undo`: all its steps, then an undo by the same process.
 * `rollback`: a second transaction that takes a committed one back. `killed`: an apply that dies at some call, then recovery.
 * `confirm`: an apply that waits to be kept, kept by a second process. `timer`: the same, taken back because nobody kept it.
 */
export type BlockRun = 'apply' | 'undo' | 'rollback' | 'killed' | 'confirm' | 'timer';

/** A module and the name of a function in it, of type `SysWrapper`. */
export interface WrapperName {
  readonly module: string;
  readonly name: string;
}

export interface BlockJob {
  readonly shape: BlockShape;
  readonly run: BlockRun;
  /** At each how manieth write the power is cut, and from which one on; 1 and 0 are all of them. */
  readonly every: number;
  readonly offset: number;
  /** How often unflushed writes are lost at random at each cut; 0: only whole prefixes. */
  readonly seeds: number;
  /** For `killed`: at how many calls, evenly spread. */
  readonly kills?: number;
  /** On how many of the images, evenly spread, recovery is recorded itself and cut at each write. */
  readonly cutRecoveries?: number;
  /** Around the calls of the recorded run, not of the recoveries after it. */
  readonly wrapper?: WrapperName;
  /** Ends after so many violations. */
  readonly enough?: number;
}

export interface BlockResult {
  readonly images: number;
  readonly violations: readonly string[];
  readonly seconds: number;
}

/** Carries a job out in namespaces of its own: mounts, daemon, loop devices and images go with them however it ends. */
export function inNamespaces<Result>(worker: string, job: object): Promise<Result> {
  const [command, ...args] = jailed(worker, JSON.stringify(job));
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (error !== null || line === '') {
        reject(new Error(`${JSON.stringify(job)}: ${stderr.trim()}`, { cause: error }));
        return;
      }
      // Written by the worker of the same source tree.
      resolve(JSON.parse(line) as Result);
    });
  });
}

/** The command that runs a script of this folder so. */
export function jailed(script: string, ...args: readonly string[]): readonly [string, ...string[]] {
  // Three links, so that the end of this process by any signal ends all of them.
  const jail = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const program = [process.execPath, fileURLToPath(new URL(script, import.meta.url)), ...args];
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...jail, ...program];
}

/** What a job needs and this machine lacks; undefined where it can run. */
export function lacking(fileSystems: readonly BlockShape['fileSystem'][]): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'needs root';
  }
  const device = ['/dev/fuse', '/dev/loop-control', '/dev/shm'].find((path) => !existsSync(path));
  if (device !== undefined) {
    return `needs ${device}`;
  }
  const tools = ['qemu-storage-daemon', 'setpriv', 'unshare', 'setfacl', 'setfattr', 'getfattr', 'mount'];
  const missing = [...tools, ...fileSystems.map((type) => `mkfs.${type}`)].find((tool) => !isInstalled(tool));
  return missing === undefined ? undefined : `needs ${missing}`;
}

function isInstalled(tool: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, tool)));
}
