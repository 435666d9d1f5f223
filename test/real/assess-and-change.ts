import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { gatherFacts } from '../../src/engine/facts/gather-facts.ts';
import { liveHost } from '../../src/host/live-host.ts';
import type { AbsPath, Sha256 } from '../../src/model/brand.ts';
import { digestOfBytes, type Json } from '../../src/model/canonical.ts';
import type { Assessment, Change } from '../../src/model/change.ts';
import type { Desired } from '../../src/model/remediation.ts';
import type { FileImage, StepInput } from '../../src/model/transaction.ts';
import { fileAccess } from '../../src/resources/file-access/index.ts';
import { report } from '../../src/resources/report/index.ts';
import type { AnyResourceType, SnapshotFiles } from '../../src/resources/resource-type.ts';

/**
 * Runs inside a test host: assesses, carries out and takes back changes of one resource type with its own code. The steps are done
 * plainly, without the transaction: that has tests of its own.
 * Standard input: `{"op": "assess" | "apply" | "revert", "desired": […], "parameters": {…}}`; standard output: JSON.
 */
interface Order {
  readonly op: 'assess' | 'apply' | 'revert';
  readonly desired: readonly Desired[];
  readonly parameters: Readonly<Record<string, Json>>;
}

interface Kept {
  readonly changes: readonly Change[];
  readonly before: Readonly<Record<string, string | null>>;
  readonly after: Readonly<Record<string, string | null>>;
}

const NOTES = '/run/assess-and-change.json';
const types: readonly AnyResourceType[] = [fileAccess, report];
const host = liveHost();

const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
process.stdout.write(JSON.stringify(await carryOut(order)));

async function carryOut({ op, desired, parameters }: Order): Promise<unknown> {
  switch (op) {
    case 'assess':
      return { assessments: await assess(desired, parameters) };
    case 'apply': {
      const assessments = await assess(desired, parameters);
      const changes = changesIn(assessments);
      const facts = await gatherFacts(host);
      const work = await fileAccess.work(changes, facts, host);
      const files = filesOf(work.steps);
      const before = textsOf(files);
      work.steps.forEach(perform);
      const kept: Kept = { changes, before, after: textsOf(files) };
      writeFileSync(NOTES, JSON.stringify(kept));
      return { assessments, steps: work.steps.map(shown), after: await assess(desired, parameters) };
    }
    case 'revert': {
      const kept = JSON.parse(readFileSync(NOTES, 'utf8')) as Kept;
      const facts = await gatherFacts(host);
      const reversal = await fileAccess.revert(kept.changes, snapshotOf(kept), facts, host);
      reversal.steps.forEach(perform);
      return {
        kept: reversal.kept,
        already: reversal.already,
        steps: reversal.steps.map(shown),
        after: await assess(desired, parameters),
      };
    }
  }
}

async function assess(desired: readonly Desired[], parameters: Order['parameters']): Promise<readonly Assessment[]> {
  const facts = await gatherFacts(host);
  const context = { facts, parameters, willExist: new Set<AbsPath>(), manual: ['the step of the remediation'] };
  const found: Assessment[] = [];
  for (const one of desired) {
    const type = types.find(({ name }) => name === one.type);
    found.push(...((await type?.assess(one, context, host)) ?? []));
  }
  return found;
}

function changesIn(assessments: readonly Assessment[]): readonly Change[] {
  return assessments.flatMap(({ comparison }, index) =>
    'change' in comparison ? [{ ...comparison.change, id: `c${index + 1}`, controls: ['a-control'] }] : [],
  );
}

function perform(step: StepInput): void {
  switch (step.kind) {
    case 'set-access': {
      const { mode, uid, gid } = lstatSync(step.path);
      const now = { mode: mode & 0o7777, uid, gid };
      if (JSON.stringify(now) !== JSON.stringify(step.expected)) {
        throw new Error(`${step.path}: ${JSON.stringify(now)} is not what was expected`);
      }
      chownSync(step.path, step.access.uid, step.access.gid);
      chmodSync(step.path, step.access.mode);
      return;
    }
    case 'make-directory':
      mkdirSync(step.path, { mode: step.access.mode });
      return;
    case 'write-file':
      writeFileSync(step.path, step.content, { mode: step.access?.mode ?? 0o600 });
      return;
    case 'remove-file':
      unlinkSync(step.path);
      return;
    case 'remove-directory':
      rmdirSync(step.path);
      return;
    case 'command':
      execFileSync(step.run.tool, step.run.args);
      return;
    case 'activate':
      throw new Error('no type that is tested here activates anything');
  }
}

function filesOf(steps: readonly StepInput[]): readonly AbsPath[] {
  return steps.flatMap((step) => (step.kind === 'write-file' ? [step.path] : []));
}

function textsOf(files: readonly AbsPath[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    files.map((path) => [
      path,
      lstatSync(path, { throwIfNoEntry: false }) === undefined ? null : readFileSync(path, 'utf8'),
    ]),
  );
}

function snapshotOf(kept: Kept): SnapshotFiles {
  const image = (text: string | null | undefined): ReturnType<SnapshotFiles['before']> => {
    if (text === undefined) {
      return undefined;
    }
    return text === null ? { status: 'absent' } : { status: 'present', value: imageOf(text) };
  };
  const bytes = (blob: Sha256): Uint8Array => {
    const text = Object.values(kept.before).find(
      (candidate) => candidate !== null && digestOfBytes(candidate) === blob,
    );
    return new TextEncoder().encode(text ?? '');
  };
  return {
    id: 'abcdef0123456789',
    before: (path) => image(kept.before[path]),
    after: (path) => image(kept.after[path]),
    access: () => undefined,
    bytes,
  };
}

function imageOf(text: string): FileImage {
  return { mode: 0o644, uid: 0, gid: 0, sha256: digestOfBytes(text), size: text.length, mtimeNs: '0', extended: '' };
}

function shown(step: StepInput): unknown {
  return step.kind === 'write-file' ? { ...step, content: new TextDecoder().decode(step.content) } : step;
}
