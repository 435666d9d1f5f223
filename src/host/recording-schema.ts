import * as z from 'zod';
import { type AbsPath, cleanPath } from '../model/brand.ts';
import type { Json } from '../model/canonical.ts';

/** See snapshots/README.md. A minor version only adds members, a major one changes the name. */
export const RECORDING_SCHEMA = 'urn:harden:recording:1';
export const RECORDING_MINOR = 0;

// Schemas are made when first used (z.lazy): most commands read none of these files, and making all would be a tenth of their time.
/** An absolute path as AbsPath means it. */
const Path = () =>
  z.custom<AbsPath>((value) => typeof value === 'string' && cleanPath(value) === value, 'not a clean absolute path');
const Reason = () => z.string();
const Absent = () => z.strictObject({ status: z.literal('absent') });
const Unreadable = () => z.strictObject({ status: z.literal('unreadable'), reason: Reason() });
const Digits = () => z.string().regex(/^\d+$/, 'not a decimal number');
const Count = () => z.int().min(0);

const Stat = z.lazy(() =>
  z.strictObject({
    type: z.enum(['file', 'directory', 'symlink', 'socket', 'fifo', 'character-device', 'block-device']),
    mode: z.int().min(0).max(0o7777),
    uid: Count(),
    gid: Count(),
    size: Count(),
    nlink: Count(),
    dev: Digits(),
    ino: Digits(),
    mtimeNs: z.string().regex(/^-?\d+$/, 'not a decimal number'),
    ctimeNs: z.string().regex(/^-?\d+$/, 'not a decimal number'),
  }),
);

const Content = z.lazy(() => z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.base64() })]));

const FileRecord = z.lazy(() =>
  z.strictObject({
    stat: observed(Stat).optional(),
    content: observed(Content).optional(),
    entries: observed(z.array(z.string())).optional(),
    realPath: observed(Path()).optional(),
    attributes: z.strictObject({ flags: z.string().nullable(), hasAcl: z.boolean().nullable() }).optional(),
  }),
);

const MountRecord = z.lazy(() =>
  z.strictObject({
    mountPoint: Path(),
    fsType: z.string(),
    source: z.string(),
    options: z.array(z.string()),
    ontoItself: z.literal(true).optional(),
  }),
);

const ProcessRecord = z.lazy(() =>
  z.strictObject({
    pid: Count(),
    name: z.string(),
    exe: observed(Path()),
    argv: z.array(z.string()),
    uid: Count(),
    startTicks: Digits(),
    environment: z.record(z.string(), z.string()),
  }),
);

/** Answer about one name, and the variables that were asked for with it. */
const ProcessesOfName = z.lazy(() =>
  z.strictObject({
    environment: z.array(z.string()),
    found: observed(z.array(ProcessRecord)),
  }),
);

const Outcome = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('exited'), code: z.int(), stdout: z.string(), stderr: z.string() }),
    z.strictObject({ type: z.literal('killed'), signal: z.string(), stdout: z.string(), stderr: z.string() }),
    z.strictObject({ type: z.literal('timed-out'), afterMs: Count() }),
    z.strictObject({ type: z.literal('not-found') }),
    z.strictObject({ type: z.literal('not-started'), reason: Reason() }),
  ]),
);

const QueryRecord = z.lazy(() =>
  z.strictObject({
    tool: z.enum(['auditctl', 'systemctl']),
    args: z.array(z.string()),
    outcome: Outcome,
  }),
);

/** It comes from JSON.parse, which makes nothing but JSON: looking at each value again would cost more than all the rest. */
const Body = () => z.custom<Json>((value) => value !== undefined, 'is missing');

const Answer = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('answered'), status: z.int(), body: Body() }),
    z.strictObject({
      type: z.literal('unreachable'),
      reason: Reason(),
      code: z.enum(['absent', 'refused', 'denied', 'timed-out', 'other']),
    }),
  ]),
);

export const RecordingSchema = z.lazy(() =>
  z.strictObject({
    schema: z.literal(RECORDING_SCHEMA),
    schemaMinor: z.int().min(0),
    takenAt: z.iso.datetime(),
    tool: z.strictObject({ name: z.literal('harden'), version: z.string() }),
    host: z.strictObject({
      hostname: z.string(),
      machineId: z.string().regex(/^([0-9a-f]{64})?$/, 'not a keyed machine id (64 hex digits, or empty)'),
      kernelRelease: z.string(),
      machine: z.string(),
      bootId: z.string(),
      uid: z.int(),
      capabilities: z.array(z.string()),
      inContainer: z.boolean(),
    }),
    files: z.record(Path(), FileRecord),
    mounts: observed(z.array(MountRecord)).optional(),
    processes: z.record(z.string(), ProcessesOfName),
    queries: z.array(QueryRecord),
    api: z.record(Path(), z.record(z.string(), Answer)),
  }),
);

/** What one host answered to every question that was asked of it. */
export type Recording = z.infer<typeof RecordingSchema>;
export type RecordedFile = z.infer<typeof FileRecord>;
export type RecordedContent = z.infer<typeof Content>;
export type RecordedProcess = z.infer<typeof ProcessRecord>;
export type RecordedQuery = z.infer<typeof QueryRecord>;

function observed<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('status', [
    z.strictObject({ status: z.literal('present'), value }),
    Absent(),
    Unreadable(),
  ]);
}
