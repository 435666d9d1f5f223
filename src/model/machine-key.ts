import { createHash } from 'node:crypto';

/** Fixed: it only keeps the id of a machine from being read off, or matched with other programs' files. */
const APPLICATION_KEY = Buffer.from('harden machine id, version 1');
const BLOCK = 64;

/**
 * HMAC-SHA256 (RFC 2104) of a machine id (32 hex digits) as 64 hex digits. What is keyed already stays, so that a live
 * host and a recording of it have one key. The empty id has the empty key.
 */
export function machineKey(machineId: string): string {
  if (machineId === '' || /^[0-9a-f]{64}$/.test(machineId)) {
    return machineId;
  }
  const inner = sha256(pad(0x36), Buffer.from(machineId));
  return sha256(pad(0x5c), inner).toString('hex');
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function pad(byte: number): Buffer {
  return Buffer.from(Array.from({ length: BLOCK }, (_, index) => (APPLICATION_KEY[index] ?? 0) ^ byte));
}
