import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Emulator, type Parts, type Start, eachLine, startEmulator } from './qemu.ts';

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole virtual machine: boots, loses its power, boots again from the same disk. At most one of its starts runs at a time. */
export interface Machine extends AsyncDisposable {
  /** Boots from the disk and waits until every unit has started or failed. Seconds it took. */
  powerOn(...kernelOptions: readonly string[]): Promise<number>;
  /** Goes on where `keep` stopped, with the disk of that moment. The clock is set. */
  wake(state: string): Promise<void>;
  /** Writes the running state (not the disk) to a file and ends the machine, with its disk as it is. */
  keep(state: string): Promise<void>;
  /** Bash text as root; one at a time. Throws where no answer comes in time (two minutes) or the machine ends. */
  run(script: string, timeoutMs?: number): Promise<RunResult>;
  /** The same; what it printed. Throws unless it ends with 0. */
  check(script: string, timeoutMs?: number): Promise<string>;
  /** Takes the power away. */
  cut(): Promise<void>;
  /** Waits until the machine has switched itself off or begun to boot again. */
  off(timeoutMs: number): Promise<void>;
}

/**
 * Left out at boot: what a machine without hardware, network and people at its terminals does not miss. Everything that harden has
 * to do with is as Debian has it.
 */
const LEFT_OUT = [
  ...[
    'systemd-udevd.service',
    'systemd-udev-trigger.service',
    'systemd-udevd-control.socket',
    'systemd-udevd-kernel.socket',
  ],
  ...['systemd-networkd.service', 'systemd-networkd.socket', 'systemd-network-generator.service'],
  ...['systemd-logind.service', 'systemd-user-sessions.service', 'getty.target', 'ssh.service', 'sshd-keygen.service'],
  ...['apparmor.service', 'systemd-random-seed.service', 'systemd-sysusers.service', 'systemd-binfmt.service'],
  ...['systemd-tmpfiles-setup-dev.service', 'systemd-tmpfiles-setup-dev-early.service', 'kmod-static-nodes.service'],
  ...['systemd-hwdb-update.service', 'systemd-pstore.service', 'systemd-modules-load.service', 'ldconfig.service'],
  ...['systemd-journal-catalog-update.service', 'systemd-update-done.service', 'systemd-remount-fs.service'],
  ...[
    'systemd-fsck-root.service',
    'e2scrub_reap.service',
    'systemd-ask-password-console.path',
    'systemd-ask-password-wall.path',
  ],
  ...['dev-hugepages.mount', 'dev-mqueue.mount', 'run-lock.mount', 'proc-sys-fs-binfmt_misc.automount'],
  ...['sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'sys-fs-fuse-connections.mount', 'sys-kernel-config.mount'],
];
const KERNEL_OPTIONS = [
  ...['quiet', 'mitigations=off', 'nokaslr', 'apparmor=0', 'audit=1', 'systemd.show_status=false'],
  ...LEFT_OUT.map((unit) => `systemd.mask=${unit}`),
];
const BOOT_LIMIT_MS = 600_000;

/** A machine that does not run yet. Its end by any way takes the emulator with it. */
export function newMachine(parts: Parts): Machine {
  let emulator: Emulator | undefined;
  let ask: Ask | undefined;
  const start = async (from: Start): Promise<void> => {
    if (emulator !== undefined) {
      throw new Error(`the machine in ${parts.folder} runs already`);
    }
    ['commands', 'monitor', 'console'].forEach((name) => rmSync(join(parts.folder, name), { force: true }));
    emulator = await startEmulator(parts, from);
    ask = commandsOf(emulator);
  };
  const running = (): Emulator => {
    if (emulator === undefined) {
      throw new Error(`the machine in ${parts.folder} does not run`);
    }
    return emulator;
  };
  const cut = async (): Promise<void> => {
    await emulator?.kill();
    emulator = undefined;
  };
  const run = (script: string, timeoutMs = 120_000): Promise<RunResult> => {
    running();
    return ask === undefined ? Promise.reject(new Error('no channel')) : ask(script, timeoutMs);
  };
  const check = async (script: string, timeoutMs?: number): Promise<string> => {
    const { code, stdout, stderr } = await run(script, timeoutMs);
    if (code !== 0) {
      throw new Error(`exit ${code}: ${script}\n${stdout}${stderr}`);
    }
    return stdout;
  };
  return {
    run,
    check,
    cut,
    powerOn: async (...kernelOptions) => {
      const begun = performance.now();
      await start({ from: 'power-on', kernelOptions: [...KERNEL_OPTIONS, ...kernelOptions] });
      try {
        await answers(run, running().ended);
        await run('systemctl is-system-running --wait', BOOT_LIMIT_MS);
      } catch (error) {
        throw new Error(`it does not come up: ${tail(join(parts.folder, 'console'))}`, { cause: error });
      }
      return (performance.now() - begun) / 1000;
    },
    wake: async (state) => {
      await start({ from: 'kept', state });
      await reaches(running(), 'query-status', ['running', 'paused']);
      await running().monitor('cont');
      await check(`date -s @${(Date.now() / 1000).toFixed(3)}`);
    },
    keep: async (state) => {
      const { monitor } = running();
      await monitor('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
      await monitor('migrate', { uri: `exec:zstd -1q -f -o ${state}` });
      await reaches(running(), 'query-migrate', ['completed']);
      await monitor('quit').catch(() => undefined);
      await running().ended;
      emulator = undefined;
    },
    off: async (timeoutMs) => {
      await within(running().ended, timeoutMs, 'the machine goes on');
      emulator = undefined;
    },
    [Symbol.asyncDispose]: cut,
  };
}

type Ask = (script: string, timeoutMs: number) => Promise<RunResult>;

/** The owner's side of agent.pl. */
function commandsOf({ commands, ended }: Emulator): Ask {
  const waiting = new Map<string, (result: RunResult) => void>();
  let count = 0;
  eachLine(commands, (line) => {
    const [number = '', code = '', stdout = '', stderr = ''] = line.split(' ');
    const text = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8');
    waiting.get(number)?.({ code: Number(code), stdout: text(stdout), stderr: text(stderr) });
  });
  const gone = ended.then(() => {
    throw new Error('the machine is gone');
  });
  gone.catch(() => undefined);
  return async (script, timeoutMs) => {
    const number = String((count += 1));
    const answer = new Promise<RunResult>((resolve) => {
      waiting.set(number, resolve);
    });
    commands.write(`${number} ${Buffer.from(script).toString('hex')}\n`);
    try {
      return await within(Promise.race([answer, gone]), timeoutMs, `no answer: ${script.slice(0, 200)}`);
    } finally {
      waiting.delete(number);
    }
  };
}

/** What is said before the port is open at the other end may be lost: it is said again until it is answered. */
async function answers(run: Machine['run'], ended: Promise<void>): Promise<void> {
  const over = ended.then(() => 'over' as const);
  for (const end = Date.now() + BOOT_LIMIT_MS; Date.now() < end;) {
    const said = await Promise.race([over, run('exit 0', 3_000).catch(() => undefined)]);
    if (said === 'over') {
      break;
    }
    if (said !== undefined) {
      return;
    }
  }
  throw new Error('no answer');
}

async function reaches({ monitor }: Emulator, query: string, wanted: readonly string[]): Promise<void> {
  for (;;) {
    const { status } = (await monitor(query)) as { readonly status?: string };
    if (status !== undefined && wanted.includes(status)) {
      return;
    }
    if (status === 'failed') {
      throw new Error(`${query}: failed`);
    }
    await sleep(50);
  }
}

async function within<Result>(promise: Promise<Result>, timeoutMs: number, otherwise: string): Promise<Result> {
  const abort = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`after ${timeoutMs} ms: ${otherwise}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
    late.catch(() => undefined);
  }
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').split('\n').slice(-20).join('\n');
}
