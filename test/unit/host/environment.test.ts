import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whoElseWrote } from '../../../src/host/environment-files.ts';
import { liesAboutSync, preloadedIn, preloadedLibraries } from '../../../src/host/environment-preload.ts';
import { troubleWithProc } from '../../../src/host/environment-proc.ts';
import { steeringVariables } from '../../../src/host/environment-variables.ts';

describe('variables that steer this process', () => {
  it.each([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'LD_AUDIT',
    'LD_ANYTHING_TO_COME',
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_COMPILE_CACHE',
    'NODE_V8_COVERAGE',
    'OPENSSL_CONF',
    'GLIBC_TUNABLES',
  ])('%s is one', (name) => {
    expect(steeringVariables({ [name]: 'x', PATH: '/bin' })).toEqual([name]);
  });

  it('empty ones are none, and neither are those of a site that only look alike', () => {
    expect(
      steeringVariables({ LD_PRELOAD: '', NODE_ENV: 'production', NODE_ROLE: 'db', OLD_PATH: '/x', LDAP_URI: 'x' }),
    ).toEqual([]);
  });
});

describe('libraries a site loads into every program', () => {
  it('stand apart by white space or colons, and comments are none', () => {
    expect(preloadedIn('# ours\n/usr/lib/a.so:/usr/lib/b.so\t/c.so # d.so\n\n')).toEqual([
      '/usr/lib/a.so',
      '/usr/lib/b.so',
      '/c.so',
    ]);
    expect(preloadedLibraries('/nonexistent/ld.so.preload')).toEqual([]);
  });

  it('eatmydata is the one that makes every sync a lie', () => {
    expect(liesAboutSync(['/usr/lib/x86_64-linux-gnu/libeatmydata.so.1'])).toBe(true);
    expect(liesAboutSync(['/usr/lib/libjemalloc.so.2'])).toBe(false);
  });
});

describe('/proc', () => {
  it('is relied on here, and no other folder in its place', () => {
    expect(troubleWithProc()).toBeUndefined();
    expect(troubleWithProc('/tmp')).toBe('/tmp is not a proc file system');
    expect(troubleWithProc('/proc/self/nonexistent')).toContain('does not show the processes of this host');
  });
});

describe.runIf(process.geteuid?.() === 0)('who else could have written a file', () => {
  const OPERATOR = 4711;
  const STRANGER = 4712;
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'harden-files-'));
    file = join(folder, 'plan.json');
    writeFileSync(file, '{}', { mode: 0o600 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const reason = (owners: readonly number[] = [0], path = file): string | undefined => {
    const fd = openSync(path, 'r');
    try {
      return whoElseWrote(path, fd, owners);
    } finally {
      closeSync(fd);
    }
  };

  it('nobody, for one of root in a folder of root below a sticky one', () => {
    expect(reason()).toBeUndefined();
  });

  it('the person behind sudo is one of us in a folder of her own, a stranger is not', () => {
    chownSync(folder, OPERATOR, OPERATOR);
    chownSync(file, OPERATOR, OPERATOR);
    expect(reason([0, OPERATOR])).toBeUndefined();
    expect(reason([0])).toBe(`${file} belongs to user ${OPERATOR}`);
    chownSync(folder, STRANGER, STRANGER);
    expect(reason([0, OPERATOR])).toBe(`${folder} belongs to user ${STRANGER}`);
  });

  it.each([
    [0o602, 'may be written to by everybody'],
    [0o620, 'may be written to by group 12'],
  ])('whoever mode %o lets write', (mode, words) => {
    chownSync(file, 0, 12);
    chmodSync(file, mode);
    expect(reason()).toBe(`${file} ${words}`);
  });

  it('whoever may exchange names in a folder above', () => {
    const below = join(folder, 'plans');
    mkdirSync(below, { mode: 0o700 });
    const deep = join(below, 'plan.json');
    writeFileSync(deep, '{}', { mode: 0o600 });
    chmodSync(folder, 0o777);
    expect(reason([0], deep)).toBe(`${folder} may be written to by everybody`);
    chmodSync(folder, 0o1777);
    expect(reason([0], deep)).toBeUndefined();
  });

  it('whoever owns a link on the way, or the folder it stands in', () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    const link = join(shared, 'plan.json');
    symlinkSync(file, link);
    expect(reason([0], link)).toBeUndefined();
    chmodSync(shared, 0o777);
    expect(reason([0], link)).toBe(`${shared} may be written to by everybody`);
    chmodSync(shared, 0o700);
    chownSync(shared, STRANGER, STRANGER);
    expect(reason([0], link)).toBe(`${shared} belongs to user ${STRANGER}`);
  });

  it('nobody, for what is no regular file', () => {
    expect(reason([0], '/dev/null')).toBeUndefined();
  });
});

describe.runIf(process.geteuid?.() === 0)('a named pipe', () => {
  it('is not taken for a pipe of the caller: whoever made it decides what comes out', () => {
    const folder = mkdtempSync(join(tmpdir(), 'harden-pipe-'));
    const path = join(folder, 'plan.json');
    execFileSync('mkfifo', [path]);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      expect(whoElseWrote(path, fd, [0])).toContain('is no regular file');
    } finally {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    }
  });
});
