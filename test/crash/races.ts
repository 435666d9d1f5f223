import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveSys } from '../../src/host/live-sys.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import type { Sys } from '../../src/model/sys.ts';
import { type ObjectState, type ObjectStep, absent, savedName } from '../../src/state/manifest.ts';
import { performObjectStep } from '../../src/state/perform.ts';
import { Refusal, errnoName } from '../../src/state/trouble.ts';
import type { CrashMethod, MethodResult } from './method.ts';
import { missingForReal } from './real-world.ts';
import { tally } from './tally.ts';
import { lackingPrograms } from './trial.ts';

const OLD = 'old content\n';
const NEW = 'new content\n';
const ID = 'cccccccc';
/** For the attacker to win once against a careless program; far fewer are needed. */
const MOST_CARELESS_TRIES = 400_000;

type Primitive = 'write' | 'remove' | 'access' | 'folder';
type Swapped = 'leaf' | 'parent';

const RACES: readonly (readonly [Primitive, Swapped])[] = [
  ['access', 'leaf'],
  ['access', 'parent'],
  ['write', 'leaf'],
  ['write', 'parent'],
  ['remove', 'leaf'],
  ['remove', 'parent'],
  // Its name is free: only the folder can be exchanged.
  ['folder', 'parent'],
];

/** A target, a victim that looks exactly the same, and somebody who exchanges a name on the way to the target for a link to the victim. */
interface Arena extends Disposable {
  readonly root: string;
  /** The target's folder, whatever its name is now. */
  readonly held: string;
  /** All that a change of the victim would show in: its times of change too. */
  victim(): string;
  readonly names: readonly [string, string];
}

function arena(swapped: Swapped): Arena {
  const base = mkdtempSync(join(tmpdir(), 'harden-race-'));
  chmodSync(base, 0o755);
  const root = join(base, 'root');
  const victim = join(root, 'victim');
  const app = join(root, 'etc/app');
  for (const folder of [victim, app]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'file'), OLD, { mode: 0o644 });
  }
  const other = swapped === 'leaf' ? join(app, 'other') : join(root, 'etc/other');
  symlinkSync(swapped === 'leaf' ? join(victim, 'file') : victim, other);
  const fd = openSync(app, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    root,
    held: `/proc/self/fd/${fd}`,
    victim: () => {
      const show = (path: string): string => {
        const { ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
        return [ino, mode, uid, gid, nlink, size, mtimeNs, ctimeNs].join(' ');
      };
      return [
        readdirSync(victim).join(),
        show(victim),
        ...readdirSync(victim).map((name) => show(join(victim, name))),
      ].join('\n');
    },
    names: [swapped === 'leaf' ? join(app, 'file') : app, other],
    [Symbol.dispose]: () => {
      closeSync(fd);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Runs `work` while the two names are exchanged without end; gives how often they were. */
async function whileExchanging(names: readonly [string, string], work: () => void): Promise<number> {
  const attacker = spawn('perl', [join(import.meta.dirname, 'attack.pl'), ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  attacker.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(attacker.stdout, 'data');
  try {
    work();
  } finally {
    attacker.kill('SIGTERM');
    await once(attacker, 'close');
  }
  return Number(said.trim().split('\n').at(-1));
}

/** The calls about names are the machine's own. What programs do with held descriptors takes too long for thousands of tries. */
function quickSys(root: string): Sys {
  return { ...liveSys(absPath(root)), extendedMetadata: () => '', copyMetadata: () => undefined };
}

function fileState(content: string, mode: number): ObjectState {
  const sha256 = digestOfBytes(content);
  return {
    kind: 'object',
    fileType: 'file',
    access: { mode, uid: 0, gid: 0 },
    content: { sha256, size: content.length, mtimeNs: null, extended: null },
  };
}

function tryOnce(sys: Sys, primitive: Primitive): boolean {
  const path = absPath(primitive === 'folder' ? '/etc/app/new' : '/etc/app/file');
  const { step, input } = stepFor(primitive, path);
  const ground = {
    targets: { sys, trust: 'strict' as const },
    id: ID,
    listed: new Set<string>(),
    holdingSaved: () => {
      throw new Error('nothing is restored here');
    },
  };
  try {
    performObjectStep(ground, { index: 0, step, input, seen: undefined }, () => undefined);
    return true;
  } catch (error) {
    if (error instanceof Refusal || errnoName(error) !== undefined) {
      return false;
    }
    throw error;
  }
}

type Input = Parameters<typeof performObjectStep>[1]['input'];

function stepFor(primitive: Primitive, path: AbsPath): { readonly step: ObjectStep; readonly input: Input } {
  const before = fileState(OLD, 0o644);
  const root = { uid: 0, gid: 0 };
  const access = { mode: 0o600, ...root };
  switch (primitive) {
    case 'write':
      return {
        step: { kind: 'write-file', path, before, after: fileState(NEW, 0o600) },
        input: { kind: 'write-file', path, expected: digestOfBytes(OLD), content: Buffer.from(NEW), access },
      };
    case 'remove':
      return {
        step: { kind: 'remove-file', path, before, after: absent },
        input: { kind: 'remove-file', path, expected: digestOfBytes(OLD) },
      };
    case 'access': {
      const bare = (mode: number): ObjectState => ({
        kind: 'object',
        fileType: 'file',
        access: { mode, ...root },
        content: null,
      });
      return {
        step: { kind: 'set-access', path, before: bare(0o644), after: bare(0o600) },
        input: { kind: 'set-access', path, fileType: 'file', expected: { mode: 0o644, ...root }, access },
      };
    }
    case 'folder':
      return {
        step: {
          kind: 'make-directory',
          path,
          before: absent,
          after: { kind: 'object', fileType: 'directory', access, content: null },
        },
        input: { kind: 'make-directory', path, access },
      };
  }
}

/** Everything in the target's folder as before the try. */
function putInOrder({ held, root }: Arena, swapped: Swapped): void {
  const saved = join(held, savedName(ID, 0));
  if (existsSync(saved)) {
    renameSync(saved, join(held, 'file'));
  }
  if (existsSync(join(held, 'new'))) {
    rmdirSync(join(held, 'new'));
  }
  for (const name of readdirSync(held).filter((one) => one.startsWith('.harden-'))) {
    rmSync(join(held, name), { recursive: true });
  }
  while (!inOrder(held, swapped)) {
    writeFileSync(join(held, 'fresh'), OLD, { mode: 0o644 });
    renameSync(join(held, 'fresh'), join(held, 'file'));
    if (swapped === 'leaf') {
      symlinkSync(join(root, 'victim/file'), join(held, 'fresh'));
      renameSync(join(held, 'fresh'), join(held, 'other'));
    }
  }
}

/** The names may be exchanged at this very moment: what counts is that the right two objects are there. */
function inOrder(held: string, swapped: Swapped): boolean {
  if (swapped === 'parent') {
    return isOriginal(join(held, 'file'));
  }
  const originals = ['file', 'other'].filter((name) => isOriginal(join(held, name)));
  const isLink = (name: string): boolean =>
    lstatSync(join(held, name), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const links = ['file', 'other'].filter(isLink);
  // Seen between two exchanges, both may look the same once.
  return originals.length > 0 && links.length > 0;
}

function isOriginal(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o7777) === 0o644 && stat.size === OLD.length;
}

async function race(primitive: Primitive, swapped: Swapped, tries: number): Promise<MethodResult> {
  using place = arena(swapped);
  const found = tally();
  const before = place.victim();
  const sys = quickSys(place.root);
  const why = `${primitive} while the ${swapped} is exchanged`;
  let done = 0;
  let tried = 0;
  // On a busy machine the attacker may have to wait for its turn: both ends have to be seen.
  const goesOn = (): boolean => tried < tries || (tried < 100 * tries && (done === 0 || done === tried));
  const exchanges = await whileExchanging(place.names, () => {
    for (; goesOn(); tried += 1) {
      found.point();
      done += tryOnce(sys, primitive) ? 1 : 0;
      putInOrder(place, swapped);
      if (place.victim() !== before) {
        found.check(false, () => `${why}: the victim was changed at try ${tried}`);
        return;
      }
    }
  });
  found.check(done > 0 && done < tried, () => `${why}: ${done} of ${tried} went through, so nothing was tried`);
  found.check(exchanges * 10 >= tries, () => `${why}: only ${exchanges} exchanges in ${tried} tries`);
  return found.result();
}

/** What a careless program does; one change of the victim is enough. */
const CARELESS: Readonly<Record<Swapped, (path: string) => void>> = {
  leaf: (path) => {
    if (lstatSync(path).isFile()) {
      chmodSync(path, 0o600);
    }
  },
  parent: (path) => {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    fchmodSync(fd, 0o600);
    closeSync(fd);
  },
};

/** Without this the races above could pass because the attacker never came in between. */
async function control(swapped: Swapped): Promise<MethodResult> {
  using place = arena(swapped);
  const found = tally();
  found.point();
  const before = place.victim();
  let won = false;
  await whileExchanging(place.names, () => {
    for (let number = 0; number < MOST_CARELESS_TRIES && !won; number += 1) {
      try {
        CARELESS[swapped](join(place.root, 'etc/app/file'));
      } catch (error) {
        if (errnoName(error) === undefined) {
          throw error;
        }
      }
      won = place.victim() !== before;
    }
  });
  found.check(won, () => `the attacker never won against a careless program (${swapped}), so the races show nothing`);
  return found.result();
}

function raceMethod(swapped: Swapped, row: string): CrashMethod {
  const own = RACES.filter((one) => one[1] === swapped);
  return {
    name: `race: ${swapped} exchanged`,
    rows: [row],
    counts: 'tries',
    least: { quick: own.length * 200 + 1, full: own.length * 20_000 + 1 },
    missing: () => missingForReal() ?? lackingPrograms('perl'),
    run: async (effort) => {
      const found = tally();
      found.add(await control(swapped));
      for (const [primitive] of own) {
        found.add(await race(primitive, swapped, effort === 'full' ? 20_000 : 200));
      }
      return found.result();
    },
  };
}

export const RACE_METHODS: readonly CrashMethod[] = [raceMethod('leaf', 'T56'), raceMethod('parent', 'T57')];
