import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type BlockNode, run, serve } from './block-stage.ts';

/** What the disk is to do wrong, once. */
export type DeviceFault = 'flush' | 'write';

/** A qemu-storage-daemon's monitor, spoken to through two named pipes; each call waits for its answer. */
export interface DiskMonitor {
  /** The next flush or write of the disk `top`, whose bytes are those of `base`, ends with EIO. Everything after it is well again. */
  failOnce(fault: DeviceFault): void;
  /** No fault any more. */
  mend(): void;
}

/** An image as a disk that can be made to fail; `end` gives it back, whole. */
export interface FaultyDisk extends DiskMonitor {
  readonly path: string;
  end(): void;
}

export function serveFaulty(dir: string, image: string): FaultyDisk {
  const nodes: readonly BlockNode[] = [
    { driver: 'file', 'node-name': 'base', filename: image },
    { driver: 'raw', 'node-name': 'top', file: 'base' },
  ];
  const pipe = join(dir, 'monitor');
  const pipes = [`${pipe}.in`, `${pipe}.out`];
  run('mkfifo', '-m', '0600', ...pipes);
  const disk = serve(dir, nodes, ['--chardev', `pipe,id=monitor,path=${pipe}`, '--monitor', 'chardev=monitor']);
  const monitor = openMonitor(pipe);
  const end = (): void => {
    monitor.close();
    disk.end();
    pipes.forEach((one) => rmSync(one));
  };
  return { ...monitor, path: disk.path, end };
}

function openMonitor(path: string): DiskMonitor & { close(): void } {
  const to = openSync(`${path}.in`, 'r+');
  const from = openSync(`${path}.out`, 'r+');
  const nextLine = lineReader(from);
  let faults = 0;
  const execute = (command: string, options: object = {}): void => {
    writeSync(to, `${JSON.stringify({ execute: command, arguments: options })}\n`);
    for (;;) {
      const line = nextLine();
      const answer: unknown = JSON.parse(line);
      if (typeof answer === 'object' && answer !== null && 'return' in answer) {
        return;
      }
      if (typeof answer === 'object' && answer !== null && 'error' in answer) {
        throw new Error(`${command}: ${line}`);
      }
    }
  };
  const showThrough = (node: string): void =>
    execute('blockdev-reopen', { options: [{ driver: 'raw', 'node-name': 'top', file: node }] });
  execute('qmp_capabilities');
  return {
    failOnce: (fault) => {
      faults += 1;
      const node = `faulty${faults}`;
      const rule = { event: 'none', iotype: fault, errno: 5, once: true };
      execute('blockdev-add', { driver: 'blkdebug', 'node-name': node, image: 'base', 'inject-error': [rule] });
      showThrough(node);
    },
    mend: () => {
      try {
        showThrough('base');
      } catch {
        // The exchange itself flushes, and met the fault that nobody had met.
        showThrough('base');
      }
    },
    close: () => [to, from].forEach((fd) => closeSync(fd)),
  };
}

function lineReader(fd: number): () => string {
  let text = '';
  return () => {
    while (!text.includes('\n')) {
      const chunk = Buffer.alloc(65_536);
      text += chunk.toString('utf8', 0, readSync(fd, chunk));
    }
    const end = text.indexOf('\n');
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return line;
  };
}
