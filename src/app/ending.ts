import type { DrivenTransaction, StepsOutcome } from '../engine/execute.ts';
import type { ChangeProof } from '../engine/prove.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HealthReport } from '../model/health.ts';
import { stoppedBy } from '../model/stop.ts';
import type { Trouble } from '../model/transaction.ts';
import type { Ui } from './ui.ts';

/** How the work between BEGIN and COMMIT ended. `failed`: everything is to be put back. */
export type TransactionEnd =
  | {
      readonly type: 'proven';
      readonly proofs: readonly ChangeProof[];
      /** Controls that pass now; of an apply. */
      readonly met?: readonly string[];
      readonly health?: HealthReport | undefined;
    }
  | { readonly type: 'failed'; readonly at: string; readonly reason: string; readonly signal: string | undefined };

/**
 * Runs `work` and commits where it proved, or does what is given `instead` of it. Whatever is thrown on the way, a bug of ours too, is a reason to put everything back;
 * only where nobody can tell whether the commit was made is nothing touched.
 * @throws HardenError H2132
 */
export async function endOf(
  transaction: DrivenTransaction,
  work: () => Promise<TransactionEnd>,
  instead?: () => Promise<void>,
): Promise<TransactionEnd> {
  try {
    const end = await work();
    if (end.type === 'proven' && instead !== undefined) {
      await instead();
    } else if (end.type === 'proven') {
      transaction.commit(end.proofs.some(({ proof }) => proof === 'failed') ? 'unproven' : undefined);
    }
    return end;
  } catch (error) {
    if (error instanceof HardenError && error.code === 'H2132') {
      throw error;
    }
    if (error instanceof Stopped) {
      return { type: 'failed', at: 'the last moment', reason: error.message, signal: error.signal };
    }
    return { type: 'failed', at: 'the work itself', reason: wordsOf(error), signal: undefined };
  }
}

export function failureOf(
  outcome: Exclude<StepsOutcome, { type: 'done' }>,
): Extract<TransactionEnd, { type: 'failed' }> {
  switch (outcome.type) {
    case 'stopped':
      return { type: 'failed', at: 'between steps', reason: stoppedBy(outcome.signal), signal: outcome.signal };
    case 'failed':
      return { type: 'failed', at: outcome.at, reason: outcome.reason, signal: undefined };
  }
}

/** A signal that came when everything was proven and nothing final. */
export class Stopped extends Error {
  readonly signal: string;

  constructor(signal: string) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

const UNTOUCHED = { still: 'Nothing was changed.', next: 'To see how this host stands: harden status' };

/** All troubles in one sentence. */
export function reasonOf(troubles: readonly Trouble[]): string {
  return troubles.map(({ what, reason }) => `${what}: ${reason}`).join('; ');
}

/** Something asked to stop before anything was begun; `still`: how the host stands. @throws HardenError exit 130 or 143 */
export function refuseStopped(
  ui: Pick<Ui, 'stopRequested'>,
  { still, next }: { readonly still: string; readonly next: string } = UNTOUCHED,
): void {
  const signal = ui.stopRequested();
  if (signal !== undefined) {
    throw new HardenError({
      code: signal === 'timeout' ? 'H0131' : 'H0130',
      exit: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
      message: `${stoppedBy(signal)}. ${still}`,
      hint: next,
    });
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
