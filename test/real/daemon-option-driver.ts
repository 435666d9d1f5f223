/** Run inside a throwaway host: reads a question as JSON from stdin, prints what the resource type says of this host. */
import { text as readAll } from 'node:stream/consumers';
import { gatherFacts } from '../../src/engine/facts/gather-facts.ts';
import { liveHost } from '../../src/host/live-host.ts';
import { absPath, sha256Hex } from '../../src/model/brand.ts';
import { digestOfBytes, type Json } from '../../src/model/canonical.ts';
import type { Assessment, Change } from '../../src/model/change.ts';
import type { DaemonOptionDesired } from '../../src/model/remediation.ts';
import type { Known } from '../../src/model/state.ts';
import type { FileImage } from '../../src/model/transaction.ts';
import { daemonOption, preCheck, validateCommand } from '../../src/resources/daemon-option/index.ts';
import type { Reversal, SnapshotFiles, Work } from '../../src/resources/resource-type.ts';

export interface Question {
  readonly desired: readonly DaemonOptionDesired[];
  readonly parameters?: Readonly<Record<string, Json>>;
  /** Base64 of the file before and after; null: no file. Asks for the way back of `changes`. */
  readonly revert?: {
    readonly changes: readonly Change[];
    readonly before: string | null;
    readonly after: string | null;
  };
  /** Texts of candidates to be looked at. */
  readonly candidates?: readonly string[];
}

export interface Answer {
  readonly assessments: readonly Assessment[];
  readonly changes: readonly Change[];
  /** Contents are base64 here. */
  readonly work: Work | undefined;
  readonly reversal: Reversal | undefined;
  readonly validate: readonly string[] | undefined;
  /** One list for each candidate. */
  readonly problems: readonly (readonly string[])[];
}

const question = JSON.parse(await readAll(process.stdin)) as Question;
const host = liveHost();
const facts = await gatherFacts(host);
const context = { facts, parameters: question.parameters ?? {}, willExist: new Set<never>(), manual: ['ask somebody'] };
const assessments = (
  await Promise.all(question.desired.map((desired) => daemonOption.assess(desired, context, host)))
).flat();
const changes = assessments.flatMap(({ comparison }, index) =>
  'change' in comparison ? [{ ...comparison.change, id: `c${index + 1}`, controls: ['some-control'] }] : [],
);
const answer: Answer = {
  assessments,
  changes,
  work: changes.length === 0 ? undefined : await daemonOption.work(changes, facts, host),
  reversal: question.revert === undefined ? undefined : await reversal(question.revert),
  validate: validateCommand(facts, absPath('/run/candidate.json'))?.args,
  problems: await Promise.all((question.candidates ?? []).map((text) => preCheck(text, [], facts, host))),
};
process.stdout.write(
  JSON.stringify(answer, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  ),
);

function reversal({ changes: applied, before, after }: NonNullable<Question['revert']>): Promise<Reversal> {
  const blobs = new Map(
    [before, after].flatMap((file) => (file === null ? [] : [[digestOfBytes(bytesOf(file)), bytesOf(file)] as const])),
  );
  const snapshot: SnapshotFiles = {
    id: 'abcdef01',
    before: () => imageOf(before),
    after: () => imageOf(after),
    access: () => undefined,
    bytes: (blob) => blobs.get(sha256Hex(blob)) ?? new Uint8Array(),
  };
  return daemonOption.revert(applied, snapshot, facts, host);
}

function imageOf(file: string | null): Known<FileImage> {
  if (file === null) {
    return { status: 'absent' };
  }
  const bytes = bytesOf(file);
  const value = {
    mode: 0o600,
    uid: 0,
    gid: 0,
    sha256: digestOfBytes(bytes),
    size: bytes.length,
    mtimeNs: '0',
    extended: '',
  };
  return { status: 'present', value };
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
