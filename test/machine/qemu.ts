import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { type Socket, createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The machine's clock then counts instructions: on a busy host its time goes slower, and what is to answer within seconds still does. Costs half as much again. */
export const SLOW_HOST = process.env['HARDEN_TEST_SLOW_HOST'] === '1';

/** What a machine is made of. */
export interface Parts {
  /** Sockets, console and the emulator's own complaints go here. Short: a socket's path has at most 107 bytes. */
  readonly folder: string;
  readonly kernel: string;
  readonly initrd: string;
  /** qcow2; the machine's /dev/vda. */
  readonly disk: string;
  /** Any bytes; the machine's /dev/vdb, read only. Always of the same size where a kept state is woken. */
  readonly extra: string;
}

/** An emulator that runs. */
export interface Emulator {
  /** Settles when it has ended, by whatever. */
  readonly ended: Promise<void>;
  readonly commands: Socket;
  /** A command of QEMU's monitor protocol; its `return`. */
  readonly monitor: (execute: string, options?: object) => Promise<unknown>;
  /** The power is cut: what the guest handed over is on the disk, nothing else. */
  readonly kill: () => Promise<void>;
}

export type Start =
  | { readonly from: 'power-on'; readonly kernelOptions: readonly string[] }
  | { readonly from: 'kept'; readonly state: string };

/** Nothing of it outlives this process, however that ends. A reset of the guest ends the emulator. */
export async function startEmulator(parts: Parts, start: Start): Promise<Emulator> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...argumentsFor(parts, start)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(parts.folder, 'qemu.log'), { flags: 'a' });
  child.stderr.pipe(log);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const [commands, monitorSocket] = [
      await connected(join(parts.folder, 'commands'), child),
      await connected(join(parts.folder, 'monitor'), child),
    ];
    const monitor = monitorOf(monitorSocket);
    await monitor('qmp_capabilities');
    return { ended, commands, monitor, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

function argumentsFor({ folder, kernel, initrd, disk, extra }: Parts, start: Start): readonly string[] {
  const options = ['root=/dev/vda', 'rw', 'console=ttyS0', ...(start.from === 'power-on' ? start.kernelOptions : [])];
  const socket = (id: string): string => `socket,id=${id},path=${join(folder, id)},server=on,wait=off`;
  return [
    ...[
      '-accel',
      `tcg,thread=${SLOW_HOST ? 'single' : 'multi'},tb-size=512`,
      ...(SLOW_HOST ? ['-icount', 'shift=2'] : []),
    ],
    // Emulated, cmpxchg16b crashes newer kernels at boot (QEMU 7.2).
    ...['-cpu', 'max,-cx16', '-smp', '1', '-m', '1024', '-nodefaults', '-no-reboot', '-display', 'none'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', options.join(' ')],
    ...['-drive', `file=${disk},format=qcow2,if=virtio,cache=writeback`],
    ...['-drive', `file=${extra},format=raw,if=virtio,readonly=on`],
    ...['-serial', `file:${join(folder, 'console')}`],
    ...['-chardev', socket('commands'), '-device', 'virtio-serial-pci'],
    ...['-device', 'virtserialport,chardev=commands,name=harden.commands'],
    ...['-chardev', socket('monitor'), '-mon', 'chardev=monitor,mode=control'],
    ...(start.from === 'kept' ? ['-incoming', `exec:zstd -dcq ${start.state}`] : []),
  ];
}

async function connected(path: string, child: ChildProcess): Promise<Socket> {
  for (let tries = 0; tries < 600 && child.exitCode === null && child.signalCode === null; tries += 1) {
    if (existsSync(path)) {
      const socket = createConnection(path);
      const opened = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (opened) {
        // The other end goes away with a cut; who waits for an answer has a time limit.
        socket.on('error', () => undefined);
        return socket;
      }
    }
    await sleep(50);
  }
  throw new Error(`no answer at ${path}; see qemu.log beside it`);
}

/** One command at a time. */
function monitorOf(socket: Socket): Emulator['monitor'] {
  const answers = new Map<string, (answer: { readonly return?: unknown; readonly error?: unknown }) => void>();
  let count = 0;
  const gone = new Promise<never>((_resolve, reject) => {
    socket.once('close', () => reject(new Error('the machine is gone')));
  });
  gone.catch(() => undefined);
  eachLine(socket, (line) => {
    const message = JSON.parse(line) as { readonly id?: string; readonly return?: unknown; readonly error?: unknown };
    answers.get(message.id ?? '')?.(message);
  });
  return (execute, options = {}) => {
    const answered = new Promise((resolve, reject) => {
      const id = String((count += 1));
      answers.set(id, (answer) => {
        answers.delete(id);
        if (answer.error === undefined) {
          resolve(answer.return);
        } else {
          reject(new Error(`${execute}: ${JSON.stringify(answer.error)}`));
        }
      });
      socket.write(`${JSON.stringify({ execute, arguments: options, id })}\n`);
    });
    return Promise.race([answered, gone]);
  };
}

export function eachLine(socket: Socket, take: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    lines.forEach(take);
  });
}
