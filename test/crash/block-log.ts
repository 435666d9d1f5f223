import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { numbers } from './tally.ts';

/**
 * The log of QEMU's `blklogwrites`, the format of Linux's dm-log-writes: a super block of one sector, then for each request a sector
 * with sector, count, flags and length (u64, little endian) and the data, if it is a write. The count in the super block lags behind;
 * the end is a sector of zeros.
 */
export const SECTOR = 512;
const FLUSH = 1n;
const DISCARD = 4n;

export interface LogEntry {
  readonly flush: boolean;
  readonly discard: boolean;
  /** Bytes in the image. */
  readonly offset: number;
  readonly length: number;
  /** Where the bytes stand in the log. */
  readonly dataAt: number;
}

export interface BlockLog {
  /** All requests so far. */
  entries(): readonly LogEntry[];
  bytes(entry: LogEntry): Buffer;
  close(): void;
}

export function openBlockLog(path: string): BlockLog {
  const fd = openSync(path, 'r');
  const entries: LogEntry[] = [];
  let at = SECTOR;
  return {
    entries: () => {
      for (let entry = readEntry(fd, at); entry !== undefined; entry = readEntry(fd, at)) {
        entries.push(entry);
        at = entry.dataAt + (entry.discard ? 0 : entry.length);
      }
      return [...entries];
    },
    bytes: ({ dataAt, length }) => {
      const bytes = Buffer.alloc(length);
      readSync(fd, bytes, 0, length, dataAt);
      return bytes;
    },
    close: () => closeSync(fd),
  };
}

function readEntry(fd: number, at: number): LogEntry | undefined {
  const header = Buffer.alloc(SECTOR);
  readSync(fd, header, 0, SECTOR, at);
  const [sector, count, flags] = [0, 8, 16].map((offset) => header.readBigUInt64LE(offset));
  if (sector === undefined || count === undefined || flags === undefined || sector + count + flags === 0n) {
    return undefined;
  }
  return {
    flush: (flags & FLUSH) !== 0n,
    discard: (flags & DISCARD) !== 0n,
    offset: Number(sector) * SECTOR,
    length: Number(count) * SECTOR,
    dataAt: at + SECTOR,
  };
}

/** How many of `entries` are surely on the disk when it has taken the first `cut` of them. */
export function flushedBefore(entries: readonly LogEntry[], cut: number): number {
  return entries.slice(0, cut).findLastIndex(({ flush }) => flush) + 1;
}

/** Which part of a write the disk kept: all, nothing, or its beginning. */
export type Keep = (length: number) => number;

export function writeEntry(image: number, log: BlockLog, entry: LogEntry, keep: Keep = (length) => length): void {
  const kept = keep(entry.length);
  if (kept === 0) {
    return;
  }
  const bytes = entry.discard ? Buffer.alloc(kept) : log.bytes(entry).subarray(0, kept);
  writeSync(image, bytes, 0, bytes.length, entry.offset);
}

/** Pages a disk writes whole or not at all. */
const PAGE = 4096;

/** A disk that lost its cache: each write it had not been told to keep is there, lost, or there in part. The same for the same seed. */
export function losing(seed: number): Keep {
  const random = numbers(seed);
  return (length) => {
    const chance = random();
    if (chance < 0.5) {
      return length;
    }
    return chance < 0.65 ? Math.floor((random() * length) / PAGE) * PAGE : 0;
  };
}
