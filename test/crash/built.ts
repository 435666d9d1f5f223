import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_CE } from '../fixtures/hosts/trees.ts';
import { HARDEN, PLAIN_ENV, type ProgramResult, run } from '../helpers/program.ts';
import { type Tree, type TreeState, plantTree, treeChanges } from '../helpers/tree.ts';
import type { CrashMethod, MethodResult } from './method.ts';
import { inTurns } from './processes.ts';
import { missingForReal } from './real-world.ts';
import { type Tally, tally } from './tally.ts';
import { lackingPrograms } from './trial.ts';

/*
 * The built program on a tree, with strace(1) between it and the kernel. strace counts calls by kind and thread; the store's calls are all
 * of the main thread.
 */
const KINDS = [
  'openat',
  'write',
  'pwrite64',
  'fsync',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'rmdir',
  'chmod',
  'chown',
] as const;
const APPLY = ['-p', 'cis-docker-1.8.0/L2', '--yes', '--max-risk', 'high', '--max-impact', 'restart'];
const CODES = ['EIO', 'ENOSPC', 'EROFS', 'EPERM'];
const WORKERS = Math.max(1, availableParallelism());
const LIMIT_MS = 120_000;

/** A program that nobody builds anew meanwhile, and what it makes of a tree. */
interface Stage extends Disposable {
  readonly program: string;
  readonly old: TreeState;
  readonly new: TreeState;
}

async function stage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'harden-built-'));
  const program = join(folder, 'harden');
  copyFileSync(HARDEN, program);
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  using tree = plantTree(DOCKER_CE);
  const old = tree.state();
  const { code, stderr } = await run(program, ['apply', '--root', tree.root, ...APPLY], { timeoutMs: LIMIT_MS });
  if (code !== 0) {
    dispose();
    throw new Error(`an apply without any fault: ${code} ${stderr}`);
  }
  return { program, old, new: timeless(tree.state()), [Symbol.dispose]: dispose };
}

function timeless(state: TreeState): TreeState {
  return Object.fromEntries(Object.entries(state).map(([path, line]) => [path, line.replace(/ mtime \d+/, '')]));
}

/** Names of ours that a commit could not take away yet are no part of the state; a recovery has to. */
function stateOf({ old, new: wanted }: Stage, tree: Tree, hidden: 'seen' | 'ignored' = 'seen'): string {
  const now = Object.fromEntries(
    Object.entries(tree.state()).filter(([path]) => hidden === 'seen' || !path.includes('/.harden-')),
  );
  const fromOld = treeChanges(old, now);
  if (fromOld.length === 0) {
    return 'old';
  }
  return treeChanges(wanted, timeless(now)).length === 0 ? 'new' : `a mixture (${fromOld.join('; ')})`;
}

function traced({ program }: Stage, options: readonly string[], args: readonly string[]): Promise<ProgramResult> {
  return run('strace', ['-f', '-qq', ...options, program, ...args], { timeoutMs: LIMIT_MS });
}

type Kind = (typeof KINDS)[number];

/**
 * For each kind, the numbers (from 1) of the main thread's calls that have to do with the tree. A file that cannot be opened while the
 * host is only looked at makes another plan, not a crash: such calls do not count before the run has its folder.
 */
async function callsByKind(place: Stage): Promise<ReadonlyMap<Kind, readonly number[]>> {
  using tree = plantTree(DOCKER_CE);
  const log = join(tree.outside, 'log');
  const { code } = await traced(
    place,
    ['-y', '-o', log, '-e', `trace=${KINDS.join()}`],
    ['apply', '--root', tree.root, ...APPLY],
  );
  const lines = readFileSync(log, 'utf8').split('\n');
  const found = numbersIn(lines, tree.root);
  if (code !== 0 || [...found.values()].every((numbers) => numbers.length === 0)) {
    throw new Error(`an apply below strace: ${code}, ${lines.length} calls seen`);
  }
  return found;
}

function numbersIn(lines: readonly string[], root: string): ReadonlyMap<Kind, readonly number[]> {
  const [main] = lines[0]?.split(' ') ?? [];
  const counts = new Map<string, number>();
  const found = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
  let hasFolder = false;
  for (const line of lines.filter((one) => one.split(' ')[0] === main)) {
    const kind = /^\d+ +(\w+)\(/.exec(line)?.[1] ?? '';
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    hasFolder ||= kind === 'mkdir' && /\/[0-9a-f]{8}"/.test(line);
    const ours = line.includes('/proc/self/fd/') || line.includes(`<${root}`);
    if (ours && (hasFolder || kind !== 'openat')) {
      found.get(kind as Kind)?.push(number);
    }
  }
  return found;
}

interface Injection {
  readonly kind: string;
  /** As strace takes it: `signal=KILL:when=3`. */
  readonly fault: string;
}

/** Some of the calls of each kind, spread over all of them. */
async function injections(
  place: Stage,
  perKind: number,
  fault: (index: number) => string,
): Promise<readonly Injection[]> {
  const calls = await callsByKind(place);
  return [...calls].flatMap(([kind, numbers]) => {
    const stride = Math.max(1, Math.floor(numbers.length / perKind));
    return numbers
      .filter((_, index) => index % stride === stride >> 1)
      .map((number, index) => ({ kind, fault: `${fault(index)}:when=${number}` }));
  });
}

interface Wanted {
  /** What the tree may be when the program has ended, before anything is recovered. */
  readonly atOnce: (result: ProgramResult) => readonly string[] | undefined;
  /** What it may be after a recovery. */
  readonly after: (result: ProgramResult) => readonly string[];
}

async function inject(found: Tally, place: Stage, { kind, fault }: Injection, wanted: Wanted): Promise<void> {
  using tree = plantTree(DOCKER_CE);
  const why = `${kind}:${fault}`;
  found.point();
  const options = ['-o', '/dev/null', '-e', `trace=${kind}`, '-e', `inject=${kind}:${fault}`];
  const result = await traced(place, options, ['apply', '--root', tree.root, ...APPLY]);
  const end = `exit ${result.code ?? 'none'}: ${result.stderr.slice(-300)}`;
  const before = stateOf(place, tree, result.code === 0 ? 'ignored' : 'seen');
  const allowed = wanted.atOnce(result);
  found.check(allowed?.includes(before) !== false, () => `${why}: ${before} at once, ${end}`);
  const recovered = await run(place.program, ['recover', '--root', tree.root], { timeoutMs: LIMIT_MS });
  found.check(
    recovered.code === 0,
    () => `${why}: recover ended with ${recovered.code ?? 'none'}: ${recovered.stderr}`,
  );
  const state = stateOf(place, tree);
  found.check(wanted.after(result).includes(state), () => `${why}: ${state} after a recovery, ${end}`);
  const leftOver = existsSync(join(tree.root, 'var/lib/harden/tx'))
    ? readdirSync(join(tree.root, 'var/lib/harden/tx'))
    : [];
  found.check(leftOver.length === 0, () => `${why}: ${leftOver.join()} is still open`);
}

const EITHER = ['old', 'new'];
const killed: Wanted = { atOnce: () => undefined, after: () => EITHER };
/** It ended by itself, so its exit code is the truth. */
const truthful: Wanted = {
  atOnce: ({ code }) => (code === 0 ? ['new'] : code === 7 ? undefined : ['old']),
  after: ({ code }) => (code === 0 ? ['new'] : code === 7 ? EITHER : ['old']),
};

async function sweep(perKind: number, fault: (index: number) => string, wanted: Wanted): Promise<MethodResult> {
  using place = await stage();
  const found = tally();
  await inTurns(await injections(place, perKind, fault), WORKERS, (one) => inject(found, place, one, wanted));
  return found.result();
}

/** fsync(2) that does nothing, or takes its time: without a crash nobody may see a difference. */
async function oddSyncs(): Promise<MethodResult> {
  using place = await stage();
  const found = tally();
  for (const fault of ['retval=0', 'delay_enter=2000000:when=9', 'delay_exit=150000']) {
    await inject(found, place, { kind: 'fsync', fault }, { atOnce: () => ['new'], after: () => ['new'] });
  }
  return found.result();
}

/** The program cannot reach anything by descriptor there: it says so, and changes nothing. */
async function withoutProc(): Promise<MethodResult> {
  using place = await stage();
  const found = tally();
  for (const [script, wanted] of [
    ['mount -t tmpfs none /proc && exec "$@"', 'old'],
    ['mount -o remount,hidepid=2 /proc && exec "$@"', 'new'],
  ] as const) {
    found.point();
    using tree = plantTree(DOCKER_CE);
    const args = ['-m', '-p', '-f', '--mount-proc', '--', 'sh', '-c', script, 'sh'];
    const { code, stderr } = await run('unshare', [...args, place.program, 'apply', '--root', tree.root, ...APPLY], {
      timeoutMs: LIMIT_MS,
    });
    const state = stateOf(place, tree);
    found.check(
      state === wanted && (code === 0) === (wanted === 'new'),
      () => `${script}: ${state}, exit ${code ?? 'none'} ${stderr}`,
    );
  }
  return found.result();
}

/** Nobody reads what it says any more. */
async function deafListener(): Promise<MethodResult> {
  using place = await stage();
  const found = tally();
  for (const closed of [['stdout'], ['stderr'], ['stdout', 'stderr']] as const) {
    found.point();
    using tree = plantTree(DOCKER_CE);
    const child = spawn(place.program, ['apply', '--root', tree.root, ...APPLY], {
      env: PLAIN_ENV,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    closed.forEach((stream) => child[stream].destroy());
    child.stdout.resume();
    child.stderr.resume();
    const code = await new Promise((resolve) => void child.once('close', resolve));
    const state = stateOf(place, tree);
    // That the report could not be written has an exit code of its own; the apply itself is whole either way.
    found.check(
      EITHER.includes(state) && (code !== 0 || state === 'new'),
      () => `${closed.join()} closed: ${state}, exit ${String(code)}`,
    );
  }
  return found.result();
}

/** What stands in the place of a program that is started: it is killed, fails, says nonsense, or never ends. */
const BROKEN: Readonly<Record<string, string>> = {
  killed: 'kill -9 $$',
  failing: 'echo "no, not today" >&2; exit 3',
  babbling: 'echo "%%% = no & line"; exit 0',
  hanging: 'exec sleep 300',
};

async function brokenPrograms(isFull: boolean): Promise<MethodResult> {
  using place = await stage();
  const found = tally();
  const each = ['cp', 'getfattr', 'flock'].flatMap((name) => Object.keys(BROKEN).map((how) => ({ name, how })));
  // Each one that hangs costs its whole time limit.
  const chosen = each.filter(({ how }) => isFull || how === 'killed');
  await inTurns(chosen, WORKERS, async ({ name, how }) => {
    found.point();
    using tree = plantTree(DOCKER_CE);
    const stub = join(tree.outside, name);
    writeFileSync(stub, `#!/bin/sh\n${BROKEN[how] ?? ''}\n`, { mode: 0o755 });
    const script = 'program=$(readlink -f "/usr/bin/$1"); mount --bind "$2" "$program" && shift 2 && exec "$@"';
    const start = ['-m', '--', 'sh', '-c', script, 'sh', name, stub];
    const result = await run('unshare', [...start, place.program, 'apply', '--root', tree.root, ...APPLY], {
      timeoutMs: LIMIT_MS,
    });
    const end = `${name} ${how}: exit ${result.code ?? 'none'} ${result.stderr.slice(-300)}`;
    const allowed = truthful.atOnce(result);
    const before = stateOf(place, tree);
    found.check(result.code !== null && allowed?.includes(before) !== false, () => `${end}: ${before} at once`);
    const recovered = await run(place.program, ['recover', '--root', tree.root], { timeoutMs: LIMIT_MS });
    const after = stateOf(place, tree);
    found.check(
      recovered.code === 0 && truthful.after(result).includes(after),
      () => `${end}: ${after} after a recovery`,
    );
  });
  return found.result();
}

const SIGNALS = ['TERM', 'INT', 'HUP', 'PIPE'];

function built(about: Omit<CrashMethod, 'missing'>): CrashMethod {
  const lacking = (): string | undefined => (isBuilt() ? undefined : 'dist/harden is not there: npm run build');
  return { ...about, missing: () => missingForReal() ?? lackingPrograms('strace', 'unshare') ?? lacking() };
}

function isBuilt(): boolean {
  return statSync(HARDEN, { throwIfNoEntry: false })?.isFile() === true;
}

export const BUILT_METHODS: readonly CrashMethod[] = [
  built({
    name: 'strace: kill',
    rows: ['T03'],
    least: { quick: 8, full: 50 },
    run: (effort) => sweep(effort === 'full' ? 6 : 1, () => 'signal=KILL', killed),
  }),
  built({
    name: 'strace: error',
    rows: ['T13', 'T14', 'T15', 'T19'],
    least: { quick: 8, full: 50 },
    run: (effort) =>
      sweep(effort === 'full' ? 6 : 1, (index) => `error=${CODES[index % CODES.length] ?? 'EIO'}`, truthful),
  }),
  built({
    name: 'strace: signals',
    rows: ['T07'],
    least: { quick: 8, full: 25 },
    run: async (effort) => {
      const found = tally();
      found.add(
        await sweep(
          effort === 'full' ? 3 : 1,
          (index) => `signal=${SIGNALS[index % SIGNALS.length] ?? 'TERM'}`,
          truthful,
        ),
      );
      found.add(await deafListener());
      return found.result();
    },
  }),
  built({
    name: 'broken programs',
    rows: ['T10'],
    least: { quick: 3, full: 12 },
    run: (effort) => brokenPrograms(effort === 'full'),
  }),
  built({
    name: 'strace: odd syncs, no proc',
    rows: ['T24', 'T25', 'T51'],
    least: { quick: 5, full: 5 },
    run: async () => {
      const found = tally();
      found.add(await oddSyncs());
      found.add(await withoutProc());
      return found.result();
    },
  }),
];
