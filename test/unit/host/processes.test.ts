import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capabilitiesFrom, machineIdFrom, pidNumbers, readIdentity } from '../../../src/host/identity.ts';
import { readProcesses } from '../../../src/host/processes.ts';
import type { ProcessInfo } from '../../../src/model/host.ts';

let folder = '';
let children: ChildProcess[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'harden-processes-')));
  children = [];
});
afterEach(() => {
  children.forEach((child) => child.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});

/** A running copy of sleep under another name. */
async function running(name: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  copyFileSync('/bin/sleep', join(folder, name));
  return started(spawn(join(folder, name), ['60'], { env, stdio: 'ignore' }), name);
}

async function started(child: ChildProcess, name: string): Promise<ChildProcess> {
  children.push(child);
  await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim()).toBe(name.slice(0, 15));
  return child;
}

function found(names: readonly string[], environment: readonly string[] = []): readonly ProcessInfo[] {
  const processes = readProcesses(names, environment);
  if (processes.status !== 'present') {
    throw new Error(JSON.stringify(processes));
  }
  return processes.value;
}

describe('processes', () => {
  it('are found by name, with program, arguments, owner, start and the variables asked for', async () => {
    const child = await running('hdn-dockerd', { HTTP_PROXY: 'http://p:1', OTHER: 'x', EMPTY: '' });
    expect(found(['hdn-dockerd'], ['HTTP_PROXY', 'EMPTY', 'UNSET'])).toEqual([
      {
        pid: child.pid,
        name: 'hdn-dockerd',
        exe: { status: 'present', value: join(folder, 'hdn-dockerd') },
        argv: [join(folder, 'hdn-dockerd'), '60'],
        uid: process.geteuid?.(),
        startTicks: readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[21],
        environment: { HTTP_PROXY: 'http://p:1', EMPTY: '' },
      },
    ]);
    expect(found(['hdn-docker', 'hdn-dockerd-x'])).toEqual([]);
  });

  it('are told apart beyond the fifteen letters the kernel keeps', async () => {
    const shim = await running('hdn-containerd-shim-v2');
    await running('hdn-containerd-shim-v1');
    expect(found(['hdn-containerd-shim-v2']).map(({ pid, name }) => [pid, name])).toEqual([
      [shim.pid, 'hdn-containerd-shim-v2'],
    ]);
    expect(found(['hdn-containerd-'])).toEqual([]);
    expect(found(['hdn-containerd-shim-v1', 'hdn-containerd-shim-v2'])).toHaveLength(2);
  });

  it('keep the path of a program that was replaced meanwhile', async () => {
    await running('hdn-replaced');
    rmSync(join(folder, 'hdn-replaced'));
    expect(found(['hdn-replaced'])[0]?.exe).toEqual({ status: 'present', value: join(folder, 'hdn-replaced') });
  });

  it('do not count once they are dead and only not yet collected', async () => {
    writeFileSync(join(folder, 'hdn-zombie'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const parent = spawn('/bin/sh', ['-c', `${join(folder, 'hdn-zombie')} & exec sleep 60`], { stdio: 'ignore' });
    await started(parent, 'sleep');
    const zombies = () =>
      readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
        .trim()
        .split(' ')
        .map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    await expect.poll(() => zombies()[0]).toContain('(hdn-zombie) Z');
    expect(found(['hdn-zombie'])).toEqual([]);
  });

  it('with blanks, parentheses and no arguments in their names are read right', async () => {
    const child = await running('hdn ) R 1 (x');
    expect(found(['hdn ) R 1 (x']).map(({ pid, startTicks }) => [pid, /^\d+$/.test(startTicks)])).toEqual([
      [child.pid, true],
    ]);
  });
});

describe('identity', () => {
  it('says whether this is the first pid namespace of the machine', () => {
    expect(readIdentity().inContainer).toBe(readlinkSync('/proc/self/ns/pid') !== 'pid:[4026531836]');
    expect(pidNumbers('Name:\tx\nNSpid:\t4711\t12\t1\n')).toBe(3);
    expect(pidNumbers('Name:\tx\nNSpid:\t4711\n')).toBe(1);
  });

  it('names capabilities by their bits, also those newer than the table', () => {
    expect(capabilitiesFrom('CapEff:\t0000000000000000\n')).toEqual([]);
    expect(capabilitiesFrom('CapEff:\t0000000040000401\n')).toEqual(['audit_control', 'chown', 'net_bind_service']);
    expect(capabilitiesFrom('CapEff:\t8000000000000000\n')).toEqual(['cap-63']);
    expect(capabilitiesFrom('CapEff:\t000001ffffffffff\n')).toHaveLength(41);
  });

  it('takes only a machine id for one', () => {
    expect(machineIdFrom(`${'0123456789abcdef'.repeat(2)}\n`)).toBe('0123456789abcdef'.repeat(2));
    expect(machineIdFrom('uninitialized\n')).toBe('');
    expect(machineIdFrom('')).toBe('');
  });
});
