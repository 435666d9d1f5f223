import type { z } from 'zod';
import type { AbsPath, ResourceAddress } from '../model/brand.ts';
import type { Json } from '../model/canonical.ts';
import type { Assessment, Change, Comparison, ResourceTypeName } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import type { Desired } from '../model/remediation.ts';
import type { Evidence, Known, Observed } from '../model/state.ts';
import type { SnapshotFiles, StepInput, TransactionSpec, Trouble, UndoPhase } from '../model/transaction.ts';

export type { SnapshotFiles } from '../model/transaction.ts';

/** What an assessment may know besides the resource itself. */
export interface AssessContext {
  readonly facts: HostFacts;
  /** Values the profile gives to the remediation's parameters. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** Files that changes found so far in this plan will create. */
  readonly willExist: ReadonlySet<AbsPath>;
  /** The remediation's own steps for a person. */
  readonly manual: readonly string[];
}

/** Where on this host a wanted state applies, or why nowhere. */
export type Targets<T> =
  | { readonly status: 'found'; readonly targets: readonly T[] }
  | {
      readonly status: 'none';
      readonly verdict: 'not-applicable' | 'not-checked';
      readonly reason: string;
      readonly evidence: readonly Evidence[];
    };

/** What a transaction is to do for a set of changes of one type. */
export interface Work {
  readonly steps: readonly StepInput[];
  readonly undoPhases: readonly UndoPhase[];
}

/** One committed run: what it found and left, and which of its changes a later rollback took back; what one left alone is not among them. */
export interface PastRun {
  readonly purpose: TransactionSpec['purpose'];
  readonly files: SnapshotFiles;
  readonly takenBack: readonly Change[];
}

/** A snapshot that is to be taken back, with all that this host keeps. */
export interface AppliedSnapshot extends SnapshotFiles {
  /** Every committed run, oldest first, this one and rollbacks among them. Absent: nothing is known of others. */
  readonly runs?: readonly PastRun[];
}

/** Changed by somebody else since, and left alone; or, with `until`, by those later applies of ours: it goes back with them. */
export interface KeptChange extends Trouble {
  readonly address: ResourceAddress;
  readonly until?: readonly string[];
}

/** How a set of applied changes is taken back on the host as it is now. */
export interface Reversal extends Work {
  readonly kept: readonly KeptChange[];
  /** Back already. */
  readonly already: readonly ResourceAddress[];
}

/** One kind of thing on a host: how it is found, observed, compared and changed. `D` wanted, `T` one target, `S` its state. */
export interface ResourceType<D extends Desired, T, S> {
  readonly name: ResourceTypeName;
  /** Strict: an unknown key is a mistake. */
  readonly schema: z.ZodType<D>;
  /** Pure. */
  targets(desired: D, context: AssessContext): Targets<T>;
  address(target: T): ResourceAddress;
  observe(target: T, context: AssessContext, host: HostReader): Promise<Observed<S>>;
  /** Pure. */
  compare(desired: D, target: T, state: Known<S>, context: AssessContext): Comparison;
  /** The steps that carry out `changes` (all of this type, in plan order). Reads files again; the transaction checks that they stay so. */
  work(changes: readonly Change[], facts: HostFacts, host: HostReader): Promise<Work>;
  /** The steps that take `changes` back as far as nobody else changed their targets since. */
  revert(changes: readonly Change[], snapshot: AppliedSnapshot, facts: HostFacts, host: HostReader): Promise<Reversal>;
}

/** A resource type with its parameters closed over: what the engine and the catalogue handle. */
export interface AnyResourceType extends Pick<
  ResourceType<Desired, unknown, unknown>,
  'name' | 'schema' | 'work' | 'revert'
> {
  assess(desired: Desired, context: AssessContext, host: HostReader): Promise<readonly Assessment[]>;
}

export function defineResourceType<D extends Desired, T, S>(type: ResourceType<D, T, S>): AnyResourceType {
  return {
    name: type.name,
    schema: type.schema,
    work: (changes, facts, host) => type.work(changes, facts, host),
    revert: (changes, snapshot, facts, host) => type.revert(changes, snapshot, facts, host),
    assess: async (desired, context, host) => {
      if (!isFor(type, desired)) {
        throw new TypeError(`${type.name} was handed a ${desired.type}`);
      }
      const where = type.targets(desired, context);
      if (where.status === 'none') {
        const { verdict, reason, evidence } = where;
        return [{ address: noTarget(type.name, desired), comparison: { verdict, reason, evidence } }];
      }
      return Promise.all(
        where.targets.map(async (target) => {
          const address = type.address(target);
          const state = await type.observe(target, context, host);
          if (state.status === 'unreadable') {
            return { address, comparison: { verdict: 'not-checked' as const, reason: state.reason, evidence: [] } };
          }
          return { address, comparison: type.compare(desired, target, state, context) };
        }),
      );
    },
  };
}

/** The catalogue parsed each wanted state with the schema of the type it names; doing so again would double the time of a plan. */
function isFor<D extends Desired, T, S>(type: ResourceType<D, T, S>, desired: Desired): desired is D {
  return desired.type === type.name;
}

function noTarget(name: ResourceTypeName, desired: Desired): ResourceAddress {
  const what = 'subject' in desired ? desired.subject : 'key' in desired ? desired.key : desired.about;
  return `${name}:${what}` as ResourceAddress;
}
