import * as z from 'zod';
import { canonicalJson, digestOfBytes } from '../model/canonical.ts';
import type { RevertDue } from '../model/revert.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { type Manifest, manifestFrom } from './manifest.ts';
import { READ_LIMIT, holding } from './held.ts';

export const JOURNAL = 'journal';
const HASH_LENGTH = 64;

export type JournalRecord =
  /** The second copy of the manifest. `size`: of the whole journal file as it was laid out. */
  | { readonly type: 'begin'; readonly size: number; readonly manifest: Manifest }
  | { readonly type: 'intent'; readonly step: number; readonly names: readonly string[] }
  | { readonly type: 'done'; readonly step: number }
  /** The undo of a command is about to run; later it may find nothing to undo. */
  | { readonly type: 'undoing'; readonly step: number }
  /** All of it is done and proven. In this boot it waits to be kept, in another one it is undone. */
  | ({ readonly type: 'waiting' } & RevertDue)
  /** `unproven`: all of it is done, and a look at the host afterwards did not find all of it. */
  | { readonly type: 'commit'; readonly unproven?: true | undefined }
  /** Everything from here on is undo. `everything`: records were damaged, so each step counts as begun. */
  | { readonly type: 'abort'; readonly everything: boolean }
  | { readonly type: 'rolled-back' };

/** Bytes from the start, and what the hash of a record there begins with. */
export interface Position {
  readonly offset: number;
  readonly chain: string;
}

export interface DecodedJournal {
  readonly records: readonly JournalRecord[];
  /** Where the next record goes. */
  readonly next: Position;
  /** Where the last record stands; the beginning where there is none. */
  readonly last: Position;
  /** Nothing but zeros after `end`, and none missing. */
  readonly intact: boolean;
}

/** An open journal. A record is durable when `append` returns; when it throws, the next one takes its place. */
export interface Journal {
  records(): readonly JournalRecord[];
  intact(): boolean;
  append(record: JournalRecord): void;
  /** Writes the last record once more and syncs: what a dead run saw may never have reached the disk. */
  confirm(): void;
  close(): void;
}

/** One line: the hash of the chain so far and the body, a space, the body as canonical JSON. */
export function encodeRecord(
  chain: string,
  record: JournalRecord,
): { readonly bytes: Uint8Array; readonly chain: string } {
  const body = canonicalJson(record);
  const hash = digestOfBytes(chain + body);
  return { bytes: new TextEncoder().encode(`${hash} ${body}\n`), chain: hash };
}

/** The chain of a journal begins with the transaction it belongs to. */
export function firstChain(id: string): string {
  return digestOfBytes(`harden journal ${id}`);
}

/** Records up to the first that is not whole and genuine. */
export function decodeJournal(id: string, bytes: Uint8Array): DecodedJournal {
  const records: JournalRecord[] = [];
  let next: Position = { offset: 0, chain: firstChain(id) };
  let last = next;
  for (;;) {
    const read = readRecord(bytes, next);
    if (read === undefined) {
      break;
    }
    records.push(read.record);
    last = next;
    next = read.next;
  }
  const first = records[0];
  const whole = first?.type !== 'begin' || bytes.length >= first.size;
  return { records, next, last, intact: whole && bytes.subarray(next.offset).every((byte) => byte === 0) };
}

/** Lays out a journal of `size` zeros, so that later records need no space. */
export function createJournal(sys: Sys, directory: Fd, id: string, size: number): Journal {
  const file = sys.createFile(directory, JOURNAL);
  try {
    sys.chmod(file, 0o600);
    sys.write(file, new Uint8Array(size), 0);
    sys.sync(file);
    return writer(sys, file, { decoded: decodeJournal(id, sys.read(file, READ_LIMIT)), length: size });
  } catch (error) {
    sys.close(file);
    throw error;
  }
}

export function openJournal(sys: Sys, directory: Fd, id: string): Journal {
  const file = sys.openFile(directory, JOURNAL);
  try {
    const bytes = sys.read(file, READ_LIMIT);
    return writer(sys, file, { decoded: decodeJournal(id, bytes), length: bytes.length });
  } catch (error) {
    sys.close(file);
    throw error;
  }
}

/** Records of a journal that is only looked at; undefined where the file is missing. */
export function readJournal(sys: Sys, directory: Fd, id: string): DecodedJournal | undefined {
  return sys.statAt(directory, JOURNAL) === undefined
    ? undefined
    : holding(sys, sys.openObject(directory, JOURNAL), (fd) => decodeJournal(id, sys.read(fd, READ_LIMIT)));
}

function writer(sys: Sys, file: Fd, start: { readonly decoded: DecodedJournal; readonly length: number }): Journal {
  const { decoded } = start;
  const records = [...decoded.records];
  let { next, last } = decoded;
  /** Up to here there may be something that is not a record; the next one is followed by zeros as far. */
  let doubtful = decoded.intact ? next.offset : start.length;
  const place = (record: JournalRecord, at: Position): void => {
    const { bytes, chain } = encodeRecord(at.chain, record);
    const after = at.offset + bytes.length;
    const block = new Uint8Array(Math.max(after, doubtful) - at.offset);
    block.set(bytes);
    doubtful = at.offset + block.length;
    sys.write(file, block, at.offset);
    sys.sync(file);
    doubtful = after;
    last = at;
    next = { offset: after, chain };
  };
  return {
    records: () => records,
    intact: () => decoded.intact,
    append: (record) => {
      place(record, next);
      records.push(record);
    },
    confirm: () => {
      const record = records.at(-1);
      if (record !== undefined) {
        place(record, last);
      }
    },
    close: () => sys.close(file),
  };
}

function readRecord(
  bytes: Uint8Array,
  at: Position,
): { readonly record: JournalRecord; readonly next: Position } | undefined {
  const newline = bytes.indexOf(0x0a, at.offset);
  if (newline < 0 || bytes[at.offset] === 0) {
    return undefined;
  }
  const head = new TextDecoder('latin1').decode(bytes.subarray(at.offset, at.offset + HASH_LENGTH + 1));
  const body = bytes.subarray(at.offset + HASH_LENGTH + 1, newline);
  const chain = digestOfBytes(Buffer.concat([Buffer.from(at.chain), body]));
  if (head !== `${chain} `) {
    return undefined;
  }
  const record = recordFrom(body);
  return record === undefined ? undefined : { record, next: { offset: newline + 1, chain } };
}

function recordFrom(body: Uint8Array): JournalRecord | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
    const parsed = recordSchema.safeParse(value);
    if (!parsed.success) {
      return undefined;
    }
    if (parsed.data.type !== 'begin') {
      return parsed.data;
    }
    const decoded = manifestFrom(parsed.data.manifest);
    return decoded.type === 'valid' ? { type: 'begin', size: parsed.data.size, manifest: decoded.manifest } : undefined;
  } catch {
    return undefined;
  }
}

const step = () => z.int().nonnegative();
const recordSchema = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('begin'), size: z.int().positive(), manifest: z.unknown() }),
    z.strictObject({ type: z.literal('intent'), step: step(), names: z.array(z.string()).readonly() }),
    z.strictObject({ type: z.literal('done'), step: step() }),
    z.strictObject({ type: z.literal('undoing'), step: step() }),
    z.strictObject({
      type: z.literal('waiting'),
      bootId: z.string(),
      dueMs: z.int().nonnegative(),
      withinMs: z.int().positive(),
      clock: z.string(),
    }),
    z.strictObject({ type: z.literal('commit'), unproven: z.literal(true).optional() }),
    z.strictObject({ type: z.literal('abort'), everything: z.boolean() }),
    z.strictObject({ type: z.literal('rolled-back') }),
  ]),
);
