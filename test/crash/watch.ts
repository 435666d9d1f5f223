import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveSys } from '../../src/host/live-sys.ts';
import { absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import type { Sys } from '../../src/model/sys.ts';
import type { Access, StepInput } from '../../src/model/transaction.ts';
import { openStore } from '../../src/state/store.ts';
import { MUTATING } from '../support/faulty-sys.ts';
import { counting } from './counted.ts';
import type { CrashMethod, MethodResult } from './method.ts';
import { missingForReal } from './real-world.ts';
import { steps, tally } from './tally.ts';
import { lackingPrograms, specOf } from './trial.ts';

const FILE = absPath('/etc/app/file');
const OLD = 'old content\n';
const NEW = 'new content, longer\n';
/** After each change of anything the watcher gets the time for a look or two; more of it where the machine was too busy to look. */
const PAUSES_MS = [3, 12, 48, 192] as const;

const MODES = [0o600, 0o644, 0o640, 0o660, 0o755, 0o4750, 0o400] as const;
const OWNERS = [
  [0, 0],
  [12, 34],
] as const;

/** From one access to another, by a change of the content, of the access alone, or of both. */
interface Change {
  readonly from: Access;
  readonly to: Access;
  readonly how: 'write' | 'access';
}

function changes(): readonly Change[] {
  const accesses = MODES.flatMap((mode) => OWNERS.map(([uid, gid]): Access => ({ mode, uid, gid })));
  return accesses.flatMap((from) =>
    accesses
      .filter((to) => to !== from)
      .flatMap((to) => (['write', 'access'] as const).map((how): Change => ({ from, to, how }))),
  );
}

interface Sight {
  readonly name: string;
  readonly access: Access;
  readonly size: number;
}

/** What somebody without privileges saw while `work` ran. */
async function watched(
  folder: string,
  work: () => void,
): Promise<{ readonly sights: readonly Sight[]; readonly looks: number }> {
  const watcher = spawn('perl', [join(import.meta.dirname, 'watch.pl'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    uid: 65534,
    gid: 65534,
  });
  let said = '';
  watcher.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(watcher.stdout, 'data');
  try {
    work();
  } finally {
    watcher.kill('SIGTERM');
    await once(watcher, 'close');
  }
  const lines = said.trim().split('\n').slice(1);
  const looks = Number(lines.pop()?.split(' ')[1] ?? 0);
  const sights = lines.map((line): Sight => {
    const [name = '', , mode = '', uid, gid, size] = line.split(' ');
    return { name, access: { mode: Number.parseInt(mode, 8), uid: Number(uid), gid: Number(gid) }, size: Number(size) };
  });
  return { sights, looks };
}

/** The calls of the machine, each followed by a pause. */
function slowSys(root: string, pauseMs: number): Sys {
  const pause = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  return counting(liveSys(absPath(root)), { counted: MUTATING, calls: 0, after: pause });
}

function stepOf({ from, to, how }: Change): StepInput {
  return how === 'access'
    ? { kind: 'set-access', path: FILE, fileType: 'file', expected: from, access: to }
    : { kind: 'write-file', path: FILE, expected: digestOfBytes(OLD), content: Buffer.from(NEW), access: to };
}

function sameAccess(a: Access, b: Access): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

/** An object is as it was or as it will be, or of one of both owners with no bit that not both have. */
function isAllowed({ name, access }: Sight, { from, to }: Change): boolean {
  if (name === 'file' || name.endsWith('.old')) {
    const ownerIsOneOf = [from, to].some(({ uid, gid }) => access.uid === uid && access.gid === gid);
    return (
      sameAccess(access, from) || sameAccess(access, to) || (ownerIsOneOf && isWithin(access, from.mode & to.mode))
    );
  }
  // What is not in place yet is for root alone until it has its owner, and then gives no more than it will in the end.
  const isRoots = access.uid === 0 && (access.mode & 0o077) === 0;
  return isRoots || (access.uid === to.uid && access.gid === to.gid && isWithin(access, to.mode));
}

function isWithin(access: Access, mode: number): boolean {
  return (access.mode & ~mode) === 0;
}

async function watch(list: readonly Change[]): Promise<MethodResult> {
  const found = tally();
  const base = mkdtempSync(join(tmpdir(), 'harden-watch-'));
  chmodSync(base, 0o755);
  try {
    for (const [index, change] of list.entries()) {
      found.point();
      const why = `${change.how} from ${say(change.from)} to ${say(change.to)}`;
      let sawBoth = false;
      for (const pauseMs of PAUSES_MS) {
        const { sights, looks } = await watchOne(join(base, `${index}-${pauseMs}`), change, pauseMs);
        for (const sight of sights.filter((one) => !isAllowed(one, change))) {
          found.check(false, () => `${why}: ${sight.name} had ${say(sight.access)} with ${sight.size} bytes`);
        }
        sawBoth =
          looks > 10 &&
          [change.from, change.to].every((wanted) => sights.some(({ access }) => sameAccess(access, wanted)));
        if (sawBoth) {
          break;
        }
      }
      found.check(sawBoth, () => `${why}: the watcher missed it each time`);
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  return found.result();
}

function say({ mode, uid, gid }: Access): string {
  return `${mode.toString(8)} ${uid}:${gid}`;
}

async function watchOne(folder: string, change: Change, pauseMs: number): ReturnType<typeof watched> {
  const app = join(folder, 'root/etc/app');
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'file'), OLD);
  chownSync(join(app, 'file'), change.from.uid, change.from.gid);
  chmodSync(join(app, 'file'), change.from.mode);
  return watched(app, () => applyAndTakeBack(folder, change, pauseMs));
}

function applyAndTakeBack(folder: string, change: Change, pauseMs: number): void {
  const sys = slowSys(join(folder, 'root'), pauseMs);
  const store = openStore({
    stateSys: liveSys(absPath('/')),
    stateDir: absPath(join(folder, 'state')),
    lockDir: absPath(join(folder, 'lock')),
    targetSys: sys,
    targetTrust: 'strict',
    bootId: 'boot',
    uid: 0,
    holder: { pid: process.pid, command: 'harden apply' },
    allowVolatile: true,
  });
  try {
    const transaction = store.begin(specOf([stepOf(change)]));
    transaction.perform(0);
    transaction.undo();
  } finally {
    store.close();
  }
}

const ALL = changes();

export const WATCH_METHODS: readonly CrashMethod[] = [
  {
    name: 'permissions watched',
    rows: ['T59'],
    least: { quick: 12, full: 60 },
    missing: () => missingForReal() ?? lackingPrograms('perl'),
    run: (effort) => watch(steps(ALL.length, effort === 'full' ? 5 : 29).flatMap((at) => ALL.slice(at, at + 1))),
  },
];
