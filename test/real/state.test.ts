import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveSys } from '../../src/host/live-sys.ts';
import { byGetfattr, byTar } from '../../src/host/sys-extended.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import { digestOfBytes } from '../../src/model/canonical.ts';
import { HardenError } from '../../src/model/errors.ts';
import type { Sys } from '../../src/model/sys.ts';
import type { Access, StepInput, TransactionSpec } from '../../src/model/transaction.ts';
import { type Store, openStore } from '../../src/state/store.ts';
import { eachCall } from '../support/each-call.ts';

const FILE = absPath('/etc/app/file');
const OLD = 'old content\n';
const NEW = 'new content, a little longer\n';

let folder: string;
let stores: Store[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-state-'));
  stores = [];
  mkdirSync(join(folder, 'etc/app'), { recursive: true });
  chmodSync(folder, 0o755);
  writeFileSync(on(FILE), OLD);
  execFileSync('setfacl', ['-m', 'u:65534:r', on(FILE)]);
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'mine', on(FILE)]);
  execFileSync('setfattr', ['-n', 'trusted.note', '-v', 'root', on(FILE)]);
  chownSync(on(FILE), 12, 34);
  chmodSync(on(FILE), 0o6754);
  execFileSync('touch', ['-d', '2020-01-02 03:04:05.123456789', on(FILE)]);
});
afterEach(() => {
  stores.forEach((store) => store.close());
  rmSync(folder, { recursive: true, force: true });
});

function on(path: string): string {
  return join(folder, path);
}

function open(sys: Sys = liveSys(absPath(folder)), targetTrust: 'strict' | 'relaxed' = 'strict'): Store {
  const store = openStore({
    stateSys: liveSys(absPath('/')),
    stateDir: absPath(on('state')),
    lockDir: absPath(on('lock')),
    targetSys: sys,
    targetTrust,
    bootId: 'boot',
    uid: 0,
    holder: { pid: process.pid, command: 'a test' },
    allowVolatile: true,
  });
  stores.push(store);
  return store;
}

function spec(steps: readonly StepInput[], id = 'aaaaaaa1'): TransactionSpec {
  return {
    id,
    purpose: 'apply',
    createdAt: '2026-01-01T00:00:00Z',
    bootId: 'boot',
    about: null,
    steps,
    undoPhases: [],
  };
}

function rewrite(access?: Access, path = FILE): StepInput {
  return { kind: 'write-file', path, expected: digestOfBytes(OLD), content: Buffer.from(NEW), access };
}

/** Everything a restore has to bring back. */
function all(path: string): string {
  const { ino, mode, uid, gid, nlink } = lstatSync(path);
  const { mtimeNs } = lstatSync(path, { bigint: true });
  const attributes = execFileSync('getfattr', ['-d', '-m', '-', '-e', 'hex', '--absolute-names', path], {
    encoding: 'utf8',
  });
  return [ino, mode, uid, gid, nlink, mtimeNs, attributes, readFileSync(path, 'utf8')].join(' ');
}

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof HardenError) {
      return `${error.code} ${error.exit} ${error.message}`;
    }
    throw error;
  }
  return 'no error';
}

describe('a file with owner, set-id bits, ACL and attributes', () => {
  it('keeps them when its content is replaced, and has all of it back after an undo, inode and nanoseconds too', () => {
    const before = all(on(FILE));
    const transaction = open().begin(spec([rewrite()]));
    transaction.perform(0);
    const after = all(on(FILE));
    expect(after).toContain(NEW);
    const attributes = (text: string): string | undefined => /system\.posix[^]*user\.note=\S+/.exec(text)?.[0];
    expect(attributes(after)).toBe(attributes(before));
    expect(lstatSync(on(FILE))).toMatchObject({ uid: 12, gid: 34, mode: 0o106754 });
    expect(transaction.undo()).toMatchObject({ kept: [], failed: [] });
    expect(all(on(FILE))).toBe(before);
    expect(readdirSync(on('/etc/app'))).toEqual(['file']);
  });

  it('has them back from the snapshot in a later rollback, but for the inode', () => {
    const before = all(on(FILE)).split(' ').slice(1).join(' ');
    const store = open();
    const apply = store.begin(spec([rewrite({ mode: 0o600, uid: 0, gid: 0 })]));
    apply.perform(0);
    expect(apply.commit()).toEqual({ pending: [] });
    expect(store.snapshots.verify('aaaaaaa1')).toEqual([]);
    const restoreFrom = { snapshot: 'aaaaaaa1', blob: digestOfBytes(OLD) };
    const content = store.snapshots.read('aaaaaaa1').files.bytes(restoreFrom.blob);
    const step: StepInput = {
      kind: 'write-file',
      path: FILE,
      expected: digestOfBytes(NEW),
      content,
      access: undefined,
      restoreFrom,
    };
    const rollback = store.begin({ ...spec([step], 'aaaaaaa2'), purpose: 'rollback' });
    rollback.perform(0);
    rollback.commit();
    expect(all(on(FILE)).split(' ').slice(1).join(' ')).toBe(before);
  });

  it('has its access changed and back with the ACL it had', () => {
    const before = all(on(FILE));
    const access = { mode: 0o600, uid: 0, gid: 0 };
    const expected = { mode: 0o6754, uid: 12, gid: 34 };
    const transaction = open().begin(spec([{ kind: 'set-access', path: FILE, fileType: 'file', expected, access }]));
    transaction.perform(0);
    expect(lstatSync(on(FILE))).toMatchObject({ uid: 0, gid: 0, mode: 0o100600 });
    transaction.undo();
    expect(all(on(FILE))).toBe(before);
  });

  it('is read the same with getfattr and, where that is missing, with tar', () => {
    const sys = liveSys(absPath(folder));
    const parent = sys.openDirectory(absPath('/etc/app'));
    const fd = sys.openObject(parent, 'file');
    const sorted = (list: readonly (readonly [string, string])[] | undefined): unknown =>
      list?.map((one) => one.join('=')).sort();
    expect(sorted(byGetfattr(fd))).toHaveLength(3);
    expect(sorted(byTar(fd))).toEqual(sorted(byGetfattr(fd)));
    [fd, parent].forEach((one) => sys.close(one));
  });
});

describe('a target that must not be changed', () => {
  const refusal = (steps: readonly StepInput[]): string => reasonOf(() => open().begin(spec(steps)));

  it('is refused with its reason, and nothing is left behind', () => {
    linkSync(on(FILE), on('/etc/app/second'));
    expect(refusal([rewrite()])).toMatch(/^H2110 5 .*has 2 names/);
    rmSync(on('/etc/app/second'));
    renameSync(on('/etc/app'), on('/etc/real'));
    symlinkSync('real', on('/etc/app'));
    stores.pop()?.close();
    expect(refusal([rewrite()])).toMatch(/H2110 5 .*\/etc\/app is a symbolic link/);
    rmSync(on('/etc/app'));
    renameSync(on('/etc/real'), on('/etc/app'));
    chmodSync(on('/etc/app'), 0o777);
    stores.pop()?.close();
    expect(refusal([rewrite()])).toMatch(/written to by everybody/);
    chmodSync(on('/etc/app'), 0o755);
    execFileSync('chattr', ['+i', on(FILE)]);
    stores.pop()?.close();
    const immutable = refusal([rewrite()]);
    execFileSync('chattr', ['-i', on(FILE)]);
    expect(immutable).toMatch(/not permitted; it may be immutable/);
    expect(readdirSync(on('/etc/app'))).toEqual(['file']);
    expect(readdirSync(on('state/tx'))).toEqual([]);
  });

  it('is refused while it is a mount point of its own', () => {
    writeFileSync(on('/etc/other'), OLD);
    execFileSync('mount', ['--bind', on('/etc/other'), on(FILE)]);
    try {
      expect(refusal([rewrite()])).toMatch(/mount point/);
    } finally {
      execFileSync('umount', [on(FILE)]);
    }
  });

  it('is put back where it turns append-only after the plan', () => {
    const transaction = open().begin(spec([rewrite()]));
    execFileSync('chattr', ['+a', on(FILE)]);
    const failure = reasonOf(() => transaction.perform(0));
    const report = transaction.undo();
    execFileSync('chattr', ['-a', on(FILE)]);
    expect(failure).toMatch(/H2130 6 .*not permitted/);
    expect(report.failed).toEqual([]);
    expect(readFileSync(on(FILE), 'utf8')).toBe(OLD);
  });
});

describe('a swap of a folder for a link at any call', () => {
  it('never leads to the victim', () => {
    mkdirSync(on('/victim'));
    writeFileSync(on('/victim/file'), 'victim', { mode: 0o644 });
    const before = all(on('/victim/file'));
    for (let at = 0; at < 120; at += 2) {
      const inner = liveSys(absPath(folder));
      let calls = 0;
      const swapping = eachCall(inner, ({ call, proceed }) => {
        if (call !== 'close' && calls++ === at) {
          renameSync(on('/etc/app'), on('/etc/aside'));
          symlinkSync('../victim', on('/etc/app'));
        }
        return proceed();
      });
      const store = open(swapping, 'relaxed');
      try {
        const id = `bbbb${at.toString(16).padStart(4, '0')}`;
        const transaction = store.begin(spec([rewrite()], id));
        reasonOf(() => transaction.perform(0));
        if (existsSync(on('/etc/aside'))) {
          rmSync(on('/etc/app'));
          renameSync(on('/etc/aside'), on('/etc/app'));
        }
        transaction.undo();
      } catch (error) {
        expect(error).toBeInstanceOf(HardenError);
      }
      if (existsSync(on('/etc/aside'))) {
        rmSync(on('/etc/app'));
        renameSync(on('/etc/aside'), on('/etc/app'));
      }
      store.recover();
      store.close();
      stores.pop();
      expect(all(on('/victim/file'))).toBe(before);
      expect(readdirSync(on('/victim'))).toEqual(['file']);
      expect(readFileSync(on(FILE), 'utf8')).toBe(OLD);
    }
  });
});

describe('the state folder', () => {
  const refusal = (): string => reasonOf(() => open());

  it('is refused where others can read it, own it or lead it elsewhere', () => {
    mkdirSync(on('state'), { mode: 0o755 });
    expect(refusal()).toMatch(/^H2101 77 .*read by others \(mode 0755\)/);
    chmodSync(on('state'), 0o700);
    chownSync(on('state'), 1, 0);
    expect(refusal()).toMatch(/belongs to user 1/);
    rmSync(on('state'), { recursive: true });
    mkdirSync(on('elsewhere'), { mode: 0o700 });
    symlinkSync('elsewhere', on('state'));
    expect(refusal()).toMatch(/symbolic link/);
  });

  it('is refused on a tmpfs unless that is accepted', () => {
    mkdirSync(on('state'), { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0700', 'tmpfs', on('state')]);
    try {
      const options = {
        stateSys: liveSys(absPath('/')),
        targetSys: liveSys(absPath(folder)),
        targetTrust: 'strict' as const,
      };
      const places = { stateDir: absPath(on('state')), lockDir: absPath(on('lock')), bootId: 'boot', uid: 0 };
      const holder = { pid: 1, command: 'x' };
      expect(reasonOf(() => openStore({ ...options, ...places, holder }))).toMatch(/^H2102 65 .*tmpfs/);
      openStore({ ...options, ...places, holder, allowVolatile: true }).close();
    } finally {
      execFileSync('umount', [on('state')]);
    }
  });
});

describe('the lock', () => {
  it('turns a second run away with the pid of the first, and falls when that is killed', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'state-holder.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(reasonOf(() => open())).toBe(
      `H2104 9 Another run is at work: process ${child.pid} (harden apply) holds the lock. Nothing was changed.`,
    );
    rmSync(on('lock/lock'));
    expect(reasonOf(() => open())).toMatch(/^H2104 9/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(reasonOf(() => open())).toBe('no error');
  });

  it('is not handed on to programs that are started', () => {
    open();
    const held = readdirSync('/proc/self/fd').filter(
      (fd) =>
        existsSync(`/proc/self/fdinfo/${fd}`) && readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').includes('FLOCK'),
    );
    expect(held).toHaveLength(2);
    const inChild = execFileSync('/bin/sh', ['-c', 'grep -l FLOCK /proc/$$/fdinfo/* || true'], { encoding: 'utf8' });
    expect(inChild).toBe('');
  });
});

describe('a command', () => {
  it('that hangs is ended with all its children, and one that babbles is cut off', async () => {
    // Below a folder that only root can write to: nothing else is run.
    const own = mkdtempSync('/root/harden-run-');
    try {
      const script = (name: string, text: string): AbsPath => {
        writeFileSync(join(own, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
        return absPath(join(own, name));
      };
      const sys = liveSys(absPath('/'));
      const hanging = script('hanging', `sleep 300 & echo $! > ${own}/pid; sleep 300`);
      expect(sys.run({ tool: 'dockerd', exe: hanging, args: ['--validate'] }, 500)).toEqual({
        type: 'timed-out',
        afterMs: 500,
      });
      const exe = `/proc/${readFileSync(join(own, 'pid'), 'utf8').trim()}/exe`;
      await expect.poll(() => existsSync(exe), { timeout: 3000 }).toBe(false);
      const babbling = script('babbling', 'exec yes');
      expect(sys.run({ tool: 'dockerd', exe: babbling, args: ['--validate'] }, 5000)).toMatchObject({ type: 'killed' });
      const asking = script('asking', 'env; exit 3');
      const asked = sys.run({ tool: 'dockerd', exe: asking, args: ['--validate'] }, 5000);
      expect(asked).toMatchObject({ type: 'exited', code: 3 });
      expect(asked.type === 'exited' ? asked.stdout : '').not.toContain('HOME');
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
