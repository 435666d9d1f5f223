import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostLayer, readLayer } from './host-layer.ts';

/** Debian releases there is a root of; made by build-roots.sh. */
export const SUITES = ['bullseye', 'bookworm', 'trixie', 'forky'] as const;
export type Suite = (typeof SUITES)[number];

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Milliseconds until the whole process group is ended; default 60,000. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

/** `code` is 128 + signal where a signal ended it, and 124 after a time-out. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostOptions {
  /** The host uses the kernel's audit rules, of which there is one set for the machine: waits for its turn and starts and ends with none. */
  readonly audit?: boolean;
  /** Files or folders of this machine to be seen inside, by path inside; below /run, where they leave no trace in the layer. */
  readonly binds?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  /** What /var/lib/harden is: a small ext4 of its own (default), or nothing yet, on the overlay. */
  readonly state?: 'disk' | 'overlay';
}

/** A Debian host that exists until `dispose`, or until this process ends in any way. */
export interface TestHost {
  readonly suite: Suite;
  /** A process inside, as numbered on this machine: its namespaces are the host's. */
  readonly pid: number;
  /** An argument vector, or a text for bash. */
  run(command: readonly string[] | string, options?: RunOptions): Promise<RunResult>;
  /** Like `run`, but throws with both outputs where the code is not 0; gives stdout. */
  check(command: readonly string[] | string, options?: RunOptions): Promise<string>;
  /** Creates or replaces; missing folders are made. The mode of an existing file stays where none is given. */
  write(path: string, text: string | Uint8Array, mode?: number): Promise<void>;
  read(path: string): Promise<string>;
  exists(path: string): Promise<boolean>;
  /** Copies a file of this machine into the host. */
  install(localFile: string, path: string, mode?: number): Promise<void>;
  /** What differs from the Debian root; the same call before and after something shows what it did. */
  layer(ignore?: readonly string[]): Promise<HostLayer>;
  /** Makes an image of a static busybox (`sh`, `sleep`, `nc`, …) without a registry. */
  importBusybox(tag: string): Promise<void>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Real kernel audit and a real dockerd that the test starts by itself; nobody there manages services. */
export interface ThrowawayHost extends TestHost {
  /** Waits until the API answers; throws with the log where it does not. Flags stay for `restartDockerd`. */
  startDockerd(flags?: readonly string[]): Promise<void>;
  stopDockerd(): Promise<void>;
  restartDockerd(): Promise<void>;
  dockerdLog(): Promise<string>;
}

export interface SystemdOptions {
  readonly binds?: Readonly<Record<string, string>>;
  readonly hostname?: string;
  readonly state?: 'disk' | 'overlay';
}

const ROOTS = process.env['HARDEN_TEST_ROOTS'] ?? '/var/cache/harden-test/roots';
const AUDIT_LOCK = '/tmp/audit.lock';
const DOCKERD_LOG = '/run/dockerd-of-the-test.log';
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  // Node's pipes are sockets: bash would take itself for a remote shell and run this machine's .bashrc before each command.
  SHLVL: '1',
};

/**
 * Whether real hosts can be made here, for `describe.runIf(realHosts(…))`. Where not, says why on stderr.
 * @throws where HARDEN_TEST_REQUIRE_ALL=1 says that a missing ring is a failure.
 */
export function realHosts(...suites: readonly Suite[]): boolean {
  const reason = whyNoRealHosts(suites.length === 0 ? SUITES : suites);
  if (reason === undefined) {
    return true;
  }
  if (process.env['HARDEN_TEST_REQUIRE_ALL'] === '1') {
    throw new Error(`real hosts are required here (HARDEN_TEST_REQUIRE_ALL=1): ${reason}`);
  }
  writeSync(2, `real hosts: not run, ${reason}\n`);
  return false;
}

/** A host in well under a second: an overlay over the suite's root in namespaces of its own, without a service manager. */
export async function throwawayHost(suite: Suite, options: HostOptions = {}): Promise<ThrowawayHost> {
  const releaseLock = options.audit === true ? await auditTurn() : undefined;
  try {
    const keeper = await startKeeper('plain', suite, options);
    const enter = ['-t', String(keeper.inside), '-m', '-n', '-u', '-i'];
    return withDockerd(testHost({ suite, keeper, enter, after: releaseLock }));
  } catch (error) {
    releaseLock?.();
    throw error;
  }
}

/** A host with a real systemd as PID 1, docker.service and docker.socket active; no kernel audit. Takes some seconds. */
export async function systemdHost(suite: Suite, options: SystemdOptions = {}): Promise<TestHost> {
  const keeper = await startKeeper('systemd', suite, options);
  const host = testHost({ suite, keeper, enter: ['-t', String(keeper.inside), '-a'], after: undefined });
  let seen = '';
  try {
    await waitFor('systemd and docker', 60_000, async () => {
      const state = await host.run('systemctl is-system-running; systemctl is-active docker.service', {
        timeoutMs: 5_000,
      });
      seen = `${state.code} ${state.stdout}${state.stderr}`;
      return /^(running|degraded)\nactive$/m.test(state.stdout);
    });
  } catch (error) {
    const jobs = await host.run('systemctl --no-pager list-jobs; journalctl -n 20 --no-pager', { timeoutMs: 5_000 });
    const uptime = readFileSync('/proc/loadavg', 'utf8');
    await host.dispose();
    throw new Error(`${suite}: systemd did not come up: ${seen}\nload ${uptime}${jobs.stdout}${jobs.stderr}`, {
      cause: error,
    });
  }
  return host;
}

function whyNoRealHosts(suites: readonly Suite[]): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'this is not root';
  }
  const missing = suites.filter((suite) => !existsSync(join(ROOTS, `${suite}.ok`)));
  if (missing.length > 0) {
    return `no root of ${missing.join(', ')} below ${ROOTS} (test/real/build-roots.sh makes them)`;
  }
  const tools = ['unshare', 'nsenter', 'flock', 'systemd-nspawn', 'getfattr', 'ip', 'mkfs.ext4'].filter(
    (tool) => whereIs(tool) === undefined,
  );
  if (tools.length > 0) {
    return `not installed: ${tools.join(', ')}`;
  }
  if (ownCgroupRoot() === undefined) {
    return 'no cgroup v2 hierarchy is mounted';
  }
  const probe = spawnSync('unshare', ['--mount', '--net', '--uts', '--ipc', 'true'], { encoding: 'utf8' });
  return probe.status === 0 ? undefined : `namespaces cannot be made: ${probe.stderr.trim()}`;
}

function whereIs(tool: string): string | undefined {
  return ENVIRONMENT.PATH.split(':')
    .map((folder) => join(folder, tool))
    .find((path) => existsSync(path));
}

function ownCgroupRoot(): string | undefined {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find(
    (path) => existsSync(join(path, 'cgroup.procs')) && isCgroup2(path),
  );
}

function isCgroup2(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === path && line.split(' ')[2] === 'cgroup2');
}

/** The process that owns the host's namespaces and takes everything down when its input ends. */
interface Keeper {
  readonly process: ChildProcessWithoutNullStreams;
  readonly inside: number;
  readonly base: string;
  readonly root: string;
  readonly cgroup: string;
}

async function startKeeper(kind: 'plain' | 'systemd', suite: Suite, options: HostOptions): Promise<Keeper> {
  const reason = whyNoRealHosts([suite]);
  const cgroupRoot = ownCgroupRoot();
  if (reason !== undefined || cgroupRoot === undefined) {
    throw new Error(`no ${suite} host here: ${reason ?? 'no cgroup v2'}`);
  }
  const root = join(ROOTS, suite);
  const base = mkdtempSync(join(tmpdir(), 'harden-host-'));
  const cgroup = join(cgroupRoot, `harden-test-${randomBytes(4).toString('hex')}`);
  const script = join(import.meta.dirname, 'throwaway-keeper.sh');
  const binds = Object.entries(options.binds ?? {}).map(([inside, outside]) => `${outside}:${inside}`);
  const audit = options.audit === true ? 'yes' : 'no';
  const argv = ['--mount', '--net', '--uts', '--ipc', '--propagation', 'private', 'bash', script];
  argv.push(kind, base, root, cgroup, options.hostname ?? suite, audit, options.state ?? 'disk', ...binds);
  // Detached: a Ctrl-C at the terminal reaches us, not the keeper, which then sees its input end.
  const child = spawn('unshare', argv, { env: ENVIRONMENT, detached: true, stdio: 'pipe' });
  return { process: child, inside: await insidePid(child), base, root, cgroup };
}

function insidePid(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    const timer = setTimeout(() => {
      child.stdin.end();
      reject(new Error(`the host was not ready after 30 s: ${complaint}`));
    }, 30_000);
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the host could not be made (${String(code)}): ${complaint}`));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const ready = /^ready (\d+)$/m.exec(said);
      if (ready?.[1] !== undefined) {
        clearTimeout(timer);
        resolve(Number(ready[1]));
      }
    });
  });
}

interface HostParts {
  readonly suite: Suite;
  readonly keeper: Keeper;
  /** Arguments of nsenter. */
  readonly enter: readonly string[];
  readonly after: (() => void) | undefined;
}

function testHost(parts: HostParts): TestHost {
  const { suite, keeper } = parts;
  let ended: Promise<void> | undefined;
  const dispose = () => (ended ??= end(parts));
  const run = (command: readonly string[] | string, options: RunOptions = {}) => runInside(parts, command, options);
  const check = async (command: readonly string[] | string, options: RunOptions = {}) => {
    const result = await run(command, options);
    if (result.code !== 0) {
      const what = typeof command === 'string' ? command : command.join(' ');
      throw new Error(`${suite}: ${what}: exit ${result.code}\n${result.stdout}${result.stderr}`);
    }
    return result.stdout;
  };
  const write = async (path: string, text: string | Uint8Array, mode?: number) => {
    const chmod = mode === undefined ? '' : ' && chmod "$2" -- "$1"';
    const argv = [
      'bash',
      '-c',
      `mkdir -p -- "$(dirname -- "$1")" && cat > "$1"${chmod}`,
      'bash',
      path,
      (mode ?? 0).toString(8),
    ];
    await check(argv, { input: text });
  };
  return {
    suite,
    pid: keeper.inside,
    run,
    check,
    write,
    read: (path) => check(['cat', '--', path]),
    exists: async (path) => (await run(['test', '-e', path])).code === 0,
    install: (localFile, path, mode) => write(path, readFileSync(localFile), mode ?? statSync(localFile).mode & 0o777),
    layer: (ignore = []) => readLayer({ keeperPid: keeperPid(keeper), base: keeper.base, root: keeper.root }, ignore),
    importBusybox: (tag) => importBusybox(check, tag),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** The keeper's own namespace is the one where the layer's folders are seen; unshare becomes bash without a fork. */
function keeperPid(keeper: Keeper): number {
  if (keeper.process.pid === undefined) {
    throw new Error('the keeper has no pid');
  }
  return keeper.process.pid;
}

async function end({ keeper, after }: HostParts): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    if (keeper.process.exitCode !== null || keeper.process.signalCode !== null) {
      resolve();
    }
    keeper.process.once('exit', () => resolve());
  });
  keeper.process.stdin.end();
  const timer = setTimeout(() => keeper.process.kill('SIGKILL'), 30_000);
  await gone;
  clearTimeout(timer);
  after?.();
  if (existsSync(keeper.base)) {
    throw new Error(`the keeper left ${keeper.base} behind`);
  }
}

/** Runs below the host's cgroup, so that whatever it leaves in the background ends with the host. */
function runInside(
  { keeper, enter }: HostParts,
  command: readonly string[] | string,
  options: RunOptions,
): Promise<RunResult> {
  const argv = typeof command === 'string' ? ['bash', '-c', command] : command;
  const place = options.cwd === undefined ? [] : [`--wdns=${options.cwd}`];
  const enterCgroup = 'echo 0 > "$0/cgroup.procs" && exec nsenter "$@"';
  const args = ['-c', enterCgroup, keeper.cgroup, ...enter, ...place, '--', ...argv];
  return new Promise((resolve, reject) => {
    const child = spawn('bash', args, {
      env: { ...ENVIRONMENT, ...options.env },
      detached: true,
      stdio: 'pipe',
      cwd: '/',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
    }, options.timeoutMs ?? 60_000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // The command may end before it read all of its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const ended = code ?? 128 + signalNumber(signal);
      resolve({
        code: timedOut ? 124 : ended,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
  return numbers[signal ?? ''] ?? 0;
}

function endGroup(pid: number | undefined): void {
  if (pid !== undefined) {
    process.kill(-pid, 'SIGKILL');
  }
}

/** A turn with the machine's one set of audit rules; given back by the call it resolves to, or by the end of this process. */
function auditTurn(): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const holder = spawn('flock', [AUDIT_LOCK, 'bash', '-c', 'echo locked; cat >/dev/null'], {
      env: ENVIRONMENT,
      detached: true,
      stdio: 'pipe',
    });
    holder.once('error', reject);
    holder.once('exit', (code) => reject(new Error(`flock ended with ${String(code)} before it had ${AUDIT_LOCK}`)));
    holder.stdout.once('data', () => resolve(() => holder.stdin.end()));
  });
}

async function importBusybox(check: TestHost['check'], tag: string): Promise<void> {
  const links = [
    'sh',
    'sleep',
    'nc',
    'wget',
    'id',
    'cat',
    'ls',
    'true',
    'echo',
    'touch',
    'grep',
    'ping',
    'httpd',
    'ip',
  ];
  await check(
    `set -e; image=$(mktemp -d); mkdir -p "$image/bin" "$image/tmp" "$image/etc"
    cp /bin/busybox.static "$image/bin/busybox"
    for link in ${links.join(' ')}; do ln -s busybox "$image/bin/$link"; done
    tar -C "$image" -c . | docker import - "$0"; rm -r "$image"`.replaceAll('"$0"', `'${tag}'`),
  );
}

function withDockerd(host: TestHost): ThrowawayHost {
  let flags: readonly string[] = [];
  const startDockerd = async (wanted: readonly string[] = flags) => {
    flags = wanted;
    // In the background and in a session of its own, as a service manager would start it: no wrapper shell remains in between.
    await host.check(['bash', '-c', `setsid -f dockerd "$@" </dev/null >>${DOCKERD_LOG} 2>&1`, 'bash', ...flags]);
    // Between setsid and the program it starts, on a busy machine, no process has its name yet.
    let missed = 0;
    await waitFor('dockerd', 30_000, async () => {
      if ((await host.run('docker version', { timeoutMs: 5_000 })).code === 0) {
        return true;
      }
      const found =
        (await host.run(['pgrep', '--ns', String(host.pid), '--nslist', 'mnt', '-x', 'dockerd'])).code === 0;
      missed = found ? 0 : missed + 1;
      if (missed === 10) {
        throw new Error(`${host.suite}: dockerd ended\n${await dockerdLog()}`);
      }
      return false;
    });
  };
  const stopDockerd = async () => {
    await host.check(`
      pid=$(cat /run/docker.pid 2>/dev/null || cat /var/run/docker.pid) || exit 0
      kill "$pid" 2>/dev/null || exit 0
      for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || exit 0; sleep 0.05; done
      exit 1`);
  };
  const dockerdLog = async () => (await host.run(['cat', DOCKERD_LOG])).stdout;
  const restartDockerd = async () => {
    await stopDockerd();
    await startDockerd();
  };
  return { ...host, startDockerd, stopDockerd, restartDockerd, dockerdLog };
}

async function waitFor(what: string, timeoutMs: number, ready: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await ready())) {
    if (Date.now() > end) {
      throw new Error(`${what}: not ready after ${timeoutMs / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
