import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { BlockShape } from './block-job.ts';
import { type BlockLog, openBlockLog } from './block-log.ts';

/** A private tmpfs for images: only inside a mount namespace of our own. */
export interface Stage {
  readonly dir: string;
  /** New, empty file systems in one image. */
  format(image: string): void;
  /** Mounted as a machine after its boot, /var/lib apart where the shape says so. Unmounted again, however `use` ends. */
  mounted<T>(image: string, use: (root: string) => T): T;
  /** The same, with every request to the disk written down. The image ends as the disk does. */
  recorded<T>(image: string, log: string, use: (root: string, log: BlockLog) => T): T;
}

const SIZES: Readonly<Record<BlockShape['fileSystem'], number>> = { ext4: 32 << 20, xfs: 300 << 20, btrfs: 112 << 20 };
const LOG_SIZE = 2 ** 30;
const STATE_PARENT = 'var/lib';

export function openStage(shape: BlockShape): Stage {
  const dir = '/dev/shm';
  run('mount', '-t', 'tmpfs', '-o', 'size=6g,mode=0700', 'images', dir);
  const root = join(dir, 'root');
  mkdirSync(root);
  const mounted = <T>(image: string, use: (root: string) => T): T => {
    mountAll(shape, image, root);
    try {
      return use(root);
    } finally {
      run('umount', '--recursive', root);
    }
  };
  return {
    dir,
    format: (image) => format(shape, image),
    mounted,
    recorded: (image, log, use) =>
      recorded({ dir, image, log }, (disk, reader) => mounted(disk, () => use(root, reader))),
  };
}

export function run(tool: string, ...args: readonly string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: CLEAN });
}

export const CLEAN = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** A copy with holes where the original has them. */
export function copyImage(from: string, to: string): void {
  run('cp', '--sparse=always', '--', from, to);
}

function halves({ layout, fileSystem }: BlockShape): readonly { readonly at: string; readonly offset: number }[] {
  const first = { at: '', offset: 0 };
  return layout === 'one' ? [first] : [first, { at: STATE_PARENT, offset: SIZES[fileSystem] }];
}

function format(shape: BlockShape, image: string): void {
  const size = SIZES[shape.fileSystem];
  const parts = halves(shape);
  writeFileSync(image, '');
  truncateSync(image, size * parts.length);
  for (const { offset } of parts) {
    const part = `${image}.part`;
    writeFileSync(part, '');
    truncateSync(part, size);
    run(`mkfs.${shape.fileSystem}`, ...FORMAT_OPTIONS[shape.fileSystem], part);
    run('dd', `if=${part}`, `of=${image}`, 'bs=1M', 'conv=notrunc,sparse', `seek=${offset >> 20}`);
    rmSync(part);
  }
}

/** All of it done at once: nothing is left to be initialised in the background. */
const FORMAT_OPTIONS: Readonly<Record<BlockShape['fileSystem'], readonly string[]>> = {
  ext4: ['-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['-q', '-f'],
  btrfs: ['-q', '-f', '-m', 'single', '-d', 'single'],
};

function mountAll(shape: BlockShape, image: string, root: string): void {
  for (const { at, offset } of halves(shape)) {
    const point = join(root, at);
    mkdirSync(point, { recursive: true });
    // With `loop` the device goes away with the mount.
    const loop = ['loop', `offset=${offset}`, `sizelimit=${SIZES[shape.fileSystem]}`];
    const options = [...loop, ...(shape.fileSystem === 'xfs' ? ['nouuid'] : []), ...shape.mountOptions];
    try {
      run('mount', '-t', shape.fileSystem, '-o', options.join(','), image, point);
    } catch (error) {
      if (point !== root) {
        run('umount', root);
      }
      throw error;
    }
  }
}

interface Files {
  readonly dir: string;
  readonly image: string;
  readonly log: string;
}

function recorded<T>({ dir, image, log }: Files, use: (disk: string, log: BlockLog) => T): T {
  writeFileSync(log, '');
  truncateSync(log, LOG_SIZE);
  const nodes = [
    { driver: 'file', 'node-name': 'base', filename: image },
    { driver: 'file', 'node-name': 'log', filename: log },
    { driver: 'blklogwrites', 'node-name': 'top', file: 'base', log: 'log', 'log-sector-size': 512 },
  ];
  return served(dir, nodes, [], (disk) => {
    const reader = openBlockLog(log);
    try {
      return use(disk, reader);
    } finally {
      reader.close();
    }
  });
}

export type BlockNode = Readonly<Record<string, unknown>>;

/** A file that is the block node `top` of a qemu-storage-daemon, for as long as `use` runs. */
export function served<T>(
  dir: string,
  nodes: readonly BlockNode[],
  options: readonly string[],
  use: (disk: string) => T,
): T {
  const disk = serve(dir, nodes, options);
  try {
    return use(disk.path);
  } finally {
    disk.end();
  }
}

/** The same until `end`. */
export function serve(
  dir: string,
  nodes: readonly BlockNode[],
  options: readonly string[],
): { readonly path: string; readonly end: () => void } {
  const path = join(dir, 'disk');
  const pidFile = join(dir, 'daemon.pid');
  writeFileSync(path, '');
  const shown = { type: 'fuse', id: 'shown', 'node-name': 'top', mountpoint: path, writable: true };
  run(
    'qemu-storage-daemon',
    ...nodes.flatMap((node) => ['--blockdev', JSON.stringify(node)]),
    ...options,
    ...['--export', JSON.stringify(shown), '--pidfile', pidFile, '--daemonize'],
  );
  const end = (): void => {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
    waitUntil(() => !existsSync(pidFile) && statSync(path).size === 0);
  };
  return { path, end };
}

export function waitUntil(isTrue: () => boolean): void {
  for (let tries = 0; !isTrue(); tries += 1) {
    if (tries > 2000) {
      throw new Error('waited for 10 s in vain');
    }
    pause(5);
  }
}

/** Blocks the whole process. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Hands out a descriptor of a file for as long as `use` runs. */
export function withFile<T>(path: string, flags: 'r' | 'r+', use: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
