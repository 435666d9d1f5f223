import * as z from 'zod';
import { type AbsPath, type Sha256, absPath, cleanPath, parentPath, sha256Hex } from '../model/brand.ts';
import { type Json, canonicalJson, digestOfBytes } from '../model/canonical.ts';
import type { FileType } from '../model/host.ts';
import type { Access, Activation, StepInput, TransactionSpec } from '../model/transaction.ts';

/** Raised when a reader of this version could take a newer manifest for something it is not. */
const FORMAT = 1;
const DIGEST_LENGTH = 64;

/** `extended` null: not known beforehand, not compared. `mtimeNs` null: whenever it is written. */
export interface ContentState {
  readonly sha256: Sha256;
  readonly size: number;
  readonly mtimeNs: string | null;
  readonly extended: string | null;
}

/** `content` null: not looked at (only the access is changed, or it is no regular file). */
export type ObjectState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'object';
      readonly fileType: FileType;
      readonly access: Access;
      readonly content: ContentState | null;
    };

export type ObjectStepKind = Exclude<StepInput['kind'], 'command' | 'activate'>;

export interface ObjectStep {
  readonly kind: ObjectStepKind;
  readonly path: AbsPath;
  readonly before: ObjectState;
  readonly after: ObjectState;
}

export type ManifestStep = ObjectStep | Extract<StepInput, { kind: 'command' | 'activate' }>;

/** A path the transaction touches, as it was. `volatile`: gone with the next boot. */
export interface ManifestObject {
  readonly path: AbsPath;
  readonly before: ObjectState;
  readonly volatile: boolean;
}

export interface ManifestPhase {
  readonly path: AbsPath;
  /** The blob of that digest; null: the restored file as it is. */
  readonly content: Sha256 | null;
  readonly activation: Activation;
  readonly after?: Activation['action'];
}

/** What a transaction will do and what it needs to be undone, fixed before the first change. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly id: string;
  readonly purpose: TransactionSpec['purpose'];
  readonly createdAt: string;
  readonly bootId: string;
  readonly about: Json;
  /** Each path once, in the order of their first steps. */
  readonly objects: readonly ManifestObject[];
  readonly steps: readonly ManifestStep[];
  readonly undoPhases: readonly ManifestPhase[];
}

export type DecodedManifest =
  | { readonly type: 'valid'; readonly manifest: Manifest }
  | { readonly type: 'damaged'; readonly reason: string }
  | { readonly type: 'newer' };

/** The sha256 of the rest in hex, then canonical JSON and a newline. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const body = `${canonicalJson(manifest)}\n`;
  return new TextEncoder().encode(digestOfBytes(body) + body);
}

export function decodeManifest(bytes: Uint8Array): DecodedManifest {
  const digest = new TextDecoder('latin1').decode(bytes.subarray(0, DIGEST_LENGTH));
  const body = bytes.subarray(DIGEST_LENGTH);
  if (digestOfBytes(body) !== digest) {
    return { type: 'damaged', reason: 'its checksum is wrong' };
  }
  try {
    return manifestFrom(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)));
  } catch (error) {
    return { type: 'damaged', reason: error instanceof Error ? error.message : 'not JSON' };
  }
}

/** From parsed JSON. */
export function manifestFrom(value: unknown): DecodedManifest {
  const format = z.looseObject({ format: z.int().positive() }).safeParse(value);
  if (format.success && format.data.format > FORMAT) {
    return { type: 'newer' };
  }
  const parsed = manifestSchema.safeParse(value);
  return parsed.success
    ? { type: 'valid', manifest: parsed.data }
    : { type: 'damaged', reason: z.prettifyError(parsed.error).split('\n')[0] ?? 'unknown shape' };
}

export function isObjectStep(step: ManifestStep): step is ObjectStep {
  return step.kind !== 'command' && step.kind !== 'activate';
}

export const absent: ObjectState = { kind: 'absent' };

/** True where `now` is what `wanted` says, as far as it says it; the mtime does not count. */
export function sameState(now: ObjectState, wanted: ObjectState): boolean {
  if (now.kind === 'absent' || wanted.kind === 'absent') {
    return now.kind === wanted.kind;
  }
  return (
    now.fileType === wanted.fileType &&
    sameAccess(now.access, wanted.access) &&
    sameContent(now.content, wanted.content)
  );
}

export function sameAccess(a: Access, b: Access): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function sameContent(now: ContentState | null, wanted: ContentState | null): boolean {
  if (wanted === null) {
    return true;
  }
  return now?.sha256 === wanted.sha256 && (wanted.extended === null || now.extended === wanted.extended);
}

/** Names, in the folder of the object, of what is not in place yet, of the folder it is made in and of what is kept; all are free before the transaction. */
export function tempName(id: string, mark: number | string): string {
  return `.harden-${id}-${mark}.new`;
}

export function shelterName(id: string, mark: number | string): string {
  return `.harden-${id}-${mark}.dir`;
}

export function savedName(id: string, mark: number | string): string {
  return `.harden-${id}-${mark}.old`;
}

/** All of one step or one object. */
export function hiddenNames(id: string, mark: number | string): readonly string[] {
  return [tempName(id, mark), shelterName(id, mark), savedName(id, mark)];
}

/** Every name the transaction may ever create beside its targets, by folder. */
export function listedNames(manifest: Manifest): ReadonlyMap<AbsPath, readonly string[]> {
  const names = new Map<AbsPath, string[]>();
  const add = (path: AbsPath, mark: number | string): void => {
    const folder = parentPath(path);
    names.set(folder, [...(names.get(folder) ?? []), ...hiddenNames(manifest.id, mark)]);
  };
  manifest.steps.forEach((step, index) => {
    if (isObjectStep(step)) {
      add(step.path, index);
    }
  });
  manifest.objects.forEach(({ path }, index) => {
    add(path, phaseMark(index));
    add(path, undoMark(index));
  });
  return names;
}

/** Marks of the names used while old values are said to a service, and while a blob is put back. */
export function phaseMark(objectIndex: number): string {
  return `p${objectIndex}`;
}

export function undoMark(objectIndex: number): string {
  return `u${objectIndex}`;
}

export const TRANSACTION_ID = /^[0-9a-f]{8,32}$/;

// Schemas are made when first used (z.lazy): most commands read none of these files, and making all would be a tenth of their time.
const pathSchema = () =>
  z
    .string()
    .refine((raw) => cleanPath(raw) === raw)
    .transform((raw) => absPath(raw));
const digestSchema = () =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .transform((raw) => sha256Hex(raw));
const count = () => z.int().nonnegative();
const accessSchema = () => z.strictObject({ mode: count().max(0o7777), uid: count(), gid: count() });
const contentSchema = z.lazy(() =>
  z.strictObject({
    sha256: digestSchema(),
    size: count(),
    mtimeNs: z
      .string()
      .regex(/^-?\d+$/)
      .nullable(),
    extended: z.string().nullable(),
  }),
);
const stateSchema = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('absent') }),
    z.strictObject({
      kind: z.literal('object'),
      fileType: z.enum(['file', 'directory', 'symlink', 'socket', 'fifo', 'character-device', 'block-device']),
      access: accessSchema(),
      content: contentSchema.nullable(),
    }),
  ]),
);
const args = () => z.array(z.string()).readonly();
const commandSchema = z.lazy(() =>
  z.discriminatedUnion('tool', [
    z.strictObject({ tool: z.literal('auditctl'), args: args() }),
    z.strictObject({ tool: z.literal('systemctl'), args: args() }),
    z.strictObject({
      tool: z.literal('dockerd'),
      exe: pathSchema(),
      args: z.tuple([z.literal('--validate')], z.string()).readonly(),
    }),
  ]),
);
const activationSchema = z.lazy(() =>
  z.strictObject({
    service: z.literal('docker'),
    action: z.enum(['reload', 'restart']),
    commands: z.array(commandSchema).readonly(),
    timeoutMs: z.number().positive(),
    settleMs: z.number().positive().exactOptional(),
  }),
);
const manifestSchema = z.lazy(() =>
  z.strictObject({
    format: z.literal(FORMAT),
    id: z.string().regex(TRANSACTION_ID),
    purpose: z.enum(['apply', 'rollback']),
    createdAt: z.string(),
    bootId: z.string(),
    about: z.json(),
    objects: z.array(z.strictObject({ path: pathSchema(), before: stateSchema, volatile: z.boolean() })).readonly(),
    steps: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({
            kind: z.enum(['write-file', 'remove-file', 'make-directory', 'remove-directory', 'set-access']),
            path: pathSchema(),
            before: stateSchema,
            after: stateSchema,
          }),
          z.strictObject({
            kind: z.literal('command'),
            what: z.string(),
            run: commandSchema,
            undo: commandSchema,
            timeoutMs: z.number().positive(),
          }),
          z.strictObject({ kind: z.literal('activate'), activation: activationSchema }),
        ]),
      )
      .readonly(),
    undoPhases: z
      .array(
        z.strictObject({
          path: pathSchema(),
          content: digestSchema().nullable(),
          activation: activationSchema,
          after: z.enum(['reload', 'restart']).exactOptional(),
        }),
      )
      .readonly(),
  }),
);
