import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, machine, release } from 'node:os';
import type { HostIdentity } from '../model/host.ts';
import { CAPABILITIES } from './capabilities.ts';

/** Inode number of the first pid namespace, fixed since Linux 3.8 (PROC_PID_INIT_INO of include/linux/proc_ns.h). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

export function readIdentity(): HostIdentity {
  const status = textOf('/proc/self/status');
  return {
    hostname: hostname(),
    machineId: machineIdFrom(textOf('/etc/machine-id')),
    kernelRelease: release(),
    machine: machine(),
    bootId: textOf('/proc/sys/kernel/random/boot_id').trim(),
    uid: process.geteuid?.() ?? -1,
    capabilities: capabilitiesFrom(status),
    inContainer: inContainer(status),
  };
}

/** The id in the text of a machine-id file; the empty string where it holds none (empty, or `uninitialized`). */
export function machineIdFrom(text: string): string {
  return /^[0-9a-f]{32}$/m.exec(text)?.[0] ?? '';
}

/** Names of the bits of CapEff in the text of /proc/PID/status; those the table does not know are `cap-NUMBER`. */
export function capabilitiesFrom(status: string): readonly string[] {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bits & (1n << BigInt(bit))) !== 0n)
    .map((bit) => CAPABILITIES[bit] ?? `cap-${bit}`)
    .sort();
}

/** In how many nested pid namespaces, seen from this /proc, the process of that status text has a number. */
export function pidNumbers(status: string): number {
  return /^NSpid:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).length ?? 1;
}

/** A chroot shares the pid namespace of its host: it is no container. */
function inContainer(status: string): boolean {
  return pidNumbers(status) > 1 || ![FIRST_PID_NAMESPACE, ''].includes(linkTarget('/proc/self/ns/pid'));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
