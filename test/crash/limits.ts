import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { absPath } from '../../src/model/brand.ts';
import type { StepInput } from '../../src/model/transaction.ts';
import { savedName, tempName } from '../../src/state/manifest.ts';
import type { CrashMethod } from './method.ts';
import { missingForReal } from './real-world.ts';
import {
  EACH_STEP,
  FILE,
  ID,
  NEW,
  OLD,
  type Place,
  type Trial,
  expectRefused,
  lackingPrograms,
  newFolder,
  plantFile,
  refusalOf,
  removal,
  rewrite,
  runTrials,
  specOf,
} from './trial.ts';

/** A small file system of its own below /etc, with the rich file in it. */
function ownFileSystem(place: Place, kind: 'ext4' | 'few inodes' | 'tmpfs'): void {
  const etc = place.on('etc');
  rmSync(join(etc, 'app'), { recursive: true });
  if (kind === 'tmpfs') {
    place.mount('-t', 'tmpfs', '-o', 'size=2m,nr_inodes=64,mode=755', 'tmpfs', etc);
  } else {
    const image = join(place.folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, 8 << 20);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m0', ...(kind === 'few inodes' ? ['-N', '48'] : []), image]);
    place.mount('-o', 'loop', image, etc);
  }
  mkdirSync(join(etc, 'app'), { recursive: true });
  plantFile(place.on(FILE));
}

/** Takes every free block, or every free inode. */
function fill(place: Place, what: 'space' | 'inodes'): void {
  try {
    for (let number = 0; ; number += 1) {
      writeFileSync(place.on(`etc/full-${number}`), what === 'space' ? Buffer.alloc(1 << 16, 1) : '');
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) {
      throw error;
    }
  }
}

function free(place: Place): void {
  readdirSync(place.on('etc'))
    .filter((name) => name.startsWith('full-'))
    .forEach((name) => unlinkSync(place.on(`etc/${name}`)));
}

const MANY = [rewrite(), newFolder()];

/** Everything about the file that has to come back, its inode and nanoseconds too. */
function exactly(place: Place): string {
  const { ino, mtimeNs } = lstatSync(place.on(FILE), { bigint: true });
  return `${place.tree()[FILE] ?? 'gone'} ${ino} ${mtimeNs}`;
}

const KINDS = ['ext4', 'few inodes', 'tmpfs'] as const;
const SHORTAGES = ['space', 'inodes'] as const;

const shortages: readonly Trial[] = KINDS.flatMap((kind) =>
  SHORTAGES.flatMap((what): readonly Trial[] => [
    {
      row: what === 'space' ? 'T43' : 'T45',
      what: `no free ${what} on ${kind} before the start`,
      run: (place) => {
        ownFileSystem(place, kind);
        fill(place, what);
        expectRefused(place, rewrite(), /^H2111 \d+ There is not enough room/);
      },
    },
    ...['undo', 'recover'].map((way): Trial => ({
      row: what === 'space' ? 'T44' : 'T45',
      what: `no free ${what} on ${kind} when it comes to the ${way}`,
      run: (place) => {
        ownFileSystem(place, kind);
        const before = exactly(place);
        const store = place.open();
        const transaction = store.begin(specOf(MANY));
        MANY.forEach((_, index) => transaction.perform(index));
        fill(place, what);
        if (way === 'undo') {
          const { failed, kept } = transaction.undo();
          place.expect(failed.length + kept.length === 0, JSON.stringify([failed, kept]));
        } else {
          store.close();
          const [report] = place.open().recover();
          place.expect(report?.outcome === 'undone', JSON.stringify(report));
        }
        free(place);
        place.expect(exactly(place) === before, `${exactly(place)} was ${before}`);
        place.expect(readdirSync(place.on('etc/app')).join() === 'file', readdirSync(place.on('etc/app')).join());
      },
    })),
  ]),
);

const statePlaces: readonly Trial[] = [
  {
    row: 'T46',
    what: 'the state folder on tmpfs',
    run: (place) => {
      mkdirSync(join(place.folder, 'state'), { mode: 0o700 });
      place.mount('-t', 'tmpfs', '-o', 'mode=0700', 'tmpfs', join(place.folder, 'state'));
      expectVolatileRefused(place, 'tmpfs');
    },
  },
  {
    row: 'T46',
    what: 'the state folder on overlay',
    run: (place) => {
      for (const name of ['lower', 'upper', 'work', 'state']) {
        mkdirSync(join(place.folder, name), { mode: 0o700 });
      }
      const parts = ['lower', 'upper', 'work'].map((name) => `${name}dir=${join(place.folder, name)}`);
      place.mount('-t', 'overlay', '-o', parts.join(), 'overlay', join(place.folder, 'state'));
      expectVolatileRefused(place, 'overlay');
    },
  },
  ...(
    [
      ['others can read it', (state: string) => execFileSync('chmod', ['0755', state]), /^H2101 .*read by others/],
      ['somebody else owns it', (state: string) => execFileSync('chown', ['7', state]), /^H2101 .*belongs to user 7/],
      [
        'it is a link',
        (state: string) => {
          renameSync(state, `${state}-real`);
          symlinkSync('state-real', state);
        },
        /^H2101 .*symbolic link/,
      ],
    ] as const
  ).map(([what, change, reason]): Trial => ({
    row: 'T70',
    what: `the state folder where ${what}`,
    run: (place) => {
      const state = join(place.folder, 'state');
      mkdirSync(state, { mode: 0o700 });
      change(state);
      const said = refusalOf(() => place.open());
      place.expect(said !== undefined && reason.test(said), said ?? 'not refused');
    },
  })),
];

function expectVolatileRefused(place: Place, type: string): void {
  const said = refusalOf(() => place.open({ volatile: false }));
  place.expect(said?.startsWith('H2102') === true, said ?? 'not refused');
  place.expect(place.open({ volatile: true }).remark?.includes(type) === true, 'nothing is said of it');
}

const mounts: readonly Trial[] = [
  ...Object.entries(EACH_STEP).map(([name, step]): Trial => ({
    row: 'T47',
    what: `a read-only mount over the folder: ${name}`,
    run: (place) => {
      place.mount('--bind', place.on('etc/app'), place.on('etc/app'));
      execFileSync('mount', ['-o', 'remount,ro,bind', place.on('etc/app')]);
      expectRefused(place, step, /read-only/);
    },
  })),
  ...(['write', 'remove', 'mode'] as const).map((name): Trial => ({
    row: 'T48',
    what: `a mount over the file itself: ${name}`,
    run: (place) => {
      plantFile(place.on('etc/other'));
      place.mount('--bind', place.on('etc/other'), place.on(FILE));
      expectRefused(place, EACH_STEP[name] ?? rewrite(), /mount point/);
    },
  })),
];

function flag(place: Place, change: string, path: string): void {
  execFileSync('chattr', [change, place.on(path)]);
  place.finally(() => execFileSync('chattr', [change.replace('+', '-'), place.on(path)]));
}

const flags: readonly Trial[] = [
  ...(['write', 'mode', 'remove'] as const).flatMap((name) =>
    (['+i', '+a'] as const).map((change): Trial => ({
      row: 'T49',
      what: `chattr ${change} on the file: ${name}`,
      run: (place) => {
        flag(place, change, FILE);
        refusedOrUndone(place, name);
        const kept = execFileSync('lsattr', ['-d', place.on(FILE)], { encoding: 'utf8' });
        place.expect(kept.slice(0, 20).includes(change.slice(1)), `the flag is gone: ${kept}`);
      },
    })),
  ),
  ...(['write', 'remove', 'folder'] as const).map((name): Trial => ({
    row: 'T49',
    what: `chattr +i on the folder: ${name}`,
    run: (place) => {
      flag(place, '+i', 'etc/app');
      refusedOrUndone(place, name);
    },
  })),
  ...(['write', 'mode', 'remove'] as const).flatMap((name) =>
    (['+i', '+a'] as const).map((change): Trial => ({
      row: 'T50',
      what: `chattr ${change} between plan and apply: ${name}`,
      run: (place) => {
        const before = exactly(place);
        const step = EACH_STEP[name] ?? rewrite();
        const transaction = place.open().begin(specOf([step]));
        flag(place, change, FILE);
        const said = refusalOf(() => transaction.perform(0));
        place.expect(said?.startsWith('H2130') === true, said ?? 'was performed');
        const { failed, kept } = transaction.undo();
        place.expect(failed.length + kept.length === 0, JSON.stringify([failed, kept]));
        place.expect(exactly(place) === before, `${exactly(place)} was ${before}`);
      },
    })),
  ),
];

/** What the kernel lets pass until the last moment is undone then. */
function refusedOrUndone(place: Place, name: string): void {
  const before = JSON.stringify(place.tree());
  const store = place.open();
  const step = EACH_STEP[name] ?? rewrite();
  const said = refusalOf(() => {
    const transaction = store.begin(specOf([step]));
    const failure = refusalOf(() => transaction.perform(0));
    const { failed, kept } = transaction.undo();
    place.expect(failure !== undefined, 'was performed');
    place.expect(failed.length + kept.length === 0, JSON.stringify([failed, kept]));
  });
  place.expect(said === undefined || said.startsWith('H2110'), said ?? '');
  place.expect(JSON.stringify(place.tree()) === before, 'something changed');
}

const objects: readonly Trial[] = [
  ...(['write', 'remove'] as const).map((name): Trial => ({
    row: 'T54',
    what: `a second name: ${name}`,
    run: (place) => {
      linkSync(place.on(FILE), place.on('etc/second'));
      expectRefused(place, EACH_STEP[name] ?? rewrite(), /has 2 names/);
    },
  })),
  ...Object.entries({
    'a link': (at: string) => symlinkSync('../other', at),
    'a dangling link': (at: string) => symlinkSync('nowhere', at),
    'a link to a device': (at: string) => symlinkSync('/dev/null', at),
    'a device': (at: string) => execFileSync('mknod', [at, 'c', '1', '3']),
    'a FIFO': (at: string) => execFileSync('mkfifo', [at]),
    'a folder': (at: string) => mkdirSync(at),
  }).flatMap(([kind, make]) =>
    (['write', 'mode', 'remove'] as const).map((name): Trial => ({
      row: 'T55',
      what: `${kind} in the place of the file: ${name}`,
      run: (place) => {
        renameSync(place.on(FILE), place.on('etc/other'));
        make(place.on(FILE));
        expectRefused(place, EACH_STEP[name] ?? rewrite(), /^H21(10|11) /);
      },
    })),
  ),
  ...Object.entries({
    'a file': (at: string) => writeFileSync(at, 'foreign'),
    'a link': (at: string) => symlinkSync('file', at),
    'a folder': (at: string) => mkdirSync(at),
    'a FIFO': (at: string) => execFileSync('mkfifo', [at]),
  }).flatMap(([kind, make]) =>
    [tempName(ID, 0), savedName(ID, 0)].flatMap((hidden) =>
      [false, true].map((late): Trial => ({
        row: 'T58',
        what: `${kind} of somebody else named ${hidden}${late ? ', after the snapshot' : ''}`,
        run: (place) => planted(place, { hidden, make, late }),
      })),
    ),
  ),
];

function planted(
  place: Place,
  { hidden, make, late }: { readonly hidden: string; readonly make: (at: string) => void; readonly late: boolean },
): void {
  const at = place.on(`etc/app/${hidden}`);
  const stateOf = (): string => {
    const { ino, mode, nlink } = lstatSync(at);
    return `${ino} ${mode} ${nlink}`;
  };
  const file = exactly(place);
  const store = place.open();
  if (!late) {
    make(at);
  }
  let foreign = late ? '' : stateOf();
  const said = refusalOf(() => {
    const transaction = store.begin(specOf([rewrite()]));
    make(late ? at : place.on('etc/unused'));
    foreign = late ? stateOf() : foreign;
    place.expect(refusalOf(() => transaction.perform(0)) !== undefined, 'was performed');
    place.expect(stateOf() === foreign, 'what somebody else put there was touched before the undo');
    transaction.undo();
  });
  place.expect(late || said !== undefined, 'began');
  place.expect(exactly(place) === file, 'the file is not as before');
}

const edits: readonly Trial[] = [
  ...[0, 0o077, 0o777].map((mask): Trial => ({
    row: 'T61',
    what: `umask ${mask.toString(8)}`,
    run: (place) => {
      const steps: readonly StepInput[] = [
        newFolder('/etc/app/new'),
        {
          kind: 'write-file',
          path: absPath('/etc/app/new/a'),
          expected: null,
          content: Buffer.from(NEW),
          access: { mode: 0o664, uid: 3, gid: 4 },
        },
        rewrite(FILE, { mode: 0o2755, uid: 0, gid: 0 }),
      ];
      const old = process.umask(mask);
      place.finally(() => process.umask(old));
      const transaction = place.open().begin(specOf(steps));
      steps.forEach((_, index) => transaction.perform(index));
      transaction.commit();
      const modes = ['etc/app/new', 'etc/app/new/a', FILE].map((path) =>
        (lstatSync(place.on(path)).mode & 0o7777).toString(8),
      );
      place.expect(modes.join() === '755,664,2755', modes.join());
      const state = lstatSync(join(place.folder, 'state')).mode & 0o7777;
      place.expect(state === 0o700, `the state folder has ${state.toString(8)}`);
    },
  })),
  ...(['write', 'remove'] as const).flatMap((name) =>
    (['undo', 'recover'] as const).map((way): Trial => ({
      row: 'T62',
      what: `edited by somebody else between ${name} and ${way}`,
      run: (place) => {
        const store = place.open();
        const transaction = store.begin(specOf([EACH_STEP[name] ?? rewrite()]));
        transaction.perform(0);
        writeFileSync(place.on(FILE), 'foreign edit\n');
        store.close();
        const [report] = place.open().recover();
        place.expect(report?.undo.kept.length === 1, JSON.stringify(report));
        place.expect(readFileSync(place.on(FILE), 'utf8') === 'foreign edit\n', 'the edit is gone');
        const copies = join(place.folder, 'state/conflicts', ID);
        const [copy] = existsSync(copies) ? readdirSync(copies) : [];
        place.expect(
          copy !== undefined && readFileSync(join(copies, copy), 'utf8') === 'foreign edit\n',
          'no copy of it',
        );
      },
    })),
  ),
  ...(['write', 'mode', 'remove'] as const).map((name): Trial => ({
    row: 'T63',
    what: `edited by somebody else between plan and ${name}`,
    run: (place) => {
      const transaction = place.open().begin(specOf([EACH_STEP[name] ?? rewrite()]));
      if (name === 'mode') {
        execFileSync('chmod', ['0700', place.on(FILE)]);
      } else {
        writeFileSync(place.on(FILE), 'foreign edit\n');
      }
      const before = exactly(place);
      place.expect(refusalOf(() => transaction.perform(0))?.startsWith('H2130') === true, 'was performed');
      transaction.undo();
      place.expect(exactly(place) === before, 'the edit was touched');
    },
  })),
];

const ownRow: readonly Trial[] = [
  ...(['write', 'mode', 'remove'] as const).map((name): Trial => ({
    row: 'T52',
    what: `ACL, three kinds of attributes, set-id bits and owner: ${name}, undo, again and rollback`,
    run: (place) => {
      const before = exactly(place);
      const step = EACH_STEP[name] ?? rewrite();
      const undone = place.open().begin(specOf([step]));
      undone.perform(0);
      if (name === 'write') {
        const kept = (text: string): string => text.replace(JSON.stringify(OLD), '').replace(/mtime=\d+/, '');
        const now = (place.tree()[FILE] ?? '').replace(JSON.stringify(NEW), '');
        place.expect(kept(now) === kept(before).split(' ').slice(0, -2).join(' '), `${now} was ${before}`);
      }
      undone.undo();
      place.expect(exactly(place) === before, `${exactly(place)} was ${before}`);
    },
  })),
  {
    row: 'T53',
    what: 'inode and nanoseconds after an undo by the saved inode',
    run: (place) => {
      const before = exactly(place);
      const store = place.open();
      store.begin(specOf([rewrite(FILE, { mode: 0o600, uid: 0, gid: 0 })])).perform(0);
      store.close();
      place.expect(place.open().recover()[0]?.outcome === 'undone', 'not undone');
      place.expect(exactly(place) === before, `${exactly(place)} was ${before}`);
    },
  },
  {
    row: 'T53',
    what: 'nanoseconds where only the copy is left',
    run: (place) => {
      const before = place.tree()[FILE];
      const store = place.open();
      store.begin(specOf([removal()])).perform(0);
      store.close();
      readdirSync(place.on('etc/app')).forEach((name) => rmSync(place.on(`etc/app/${name}`)));
      const [report] = place.open().recover();
      place.expect(report?.outcome === 'undone', JSON.stringify(report));
      place.expect(place.tree()[FILE] === before, `${place.tree()[FILE] ?? 'gone'} was ${before ?? ''}`);
    },
  },
];

const ALL: readonly Trial[] = [...shortages, ...statePlaces, ...mounts, ...flags, ...objects, ...edits, ...ownRow];

export const LIMIT_METHODS: readonly CrashMethod[] = [
  {
    name: 'limits of a real disk',
    rows: [...new Set(ALL.map(({ row }) => row))].sort(),
    least: { quick: Math.floor(ALL.length / 3), full: ALL.length },
    missing: () =>
      missingForReal() ??
      lackingPrograms('mkfs.ext4', 'mount', 'umount', 'chattr', 'lsattr', 'setfacl', 'setfattr', 'getfattr', 'mkfifo'),
    // A third of each kind of trouble: they stand side by side.
    run: (effort) => Promise.resolve(runTrials(effort === 'full' ? ALL : ALL.filter((_, index) => index % 3 === 0))),
  },
];
