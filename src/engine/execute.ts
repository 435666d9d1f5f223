import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { AbsPath } from '../model/brand.ts';
import { HEALTH_LIMITS } from '../model/health.ts';
import type { HostReader } from '../model/host.ts';
import type { StepInput, UndoReport } from '../model/transaction.ts';
import { stepText } from './steps-text.ts';

/** The part of a transaction this drives. Each call is synchronous; a failed `perform` throws. */
export interface DrivenTransaction {
  readonly id: string;
  perform(index: number): void;
  commit(proof?: 'unproven'): void;
  undo(): UndoReport;
}

/** What the driver reports and asks while it works. */
export interface Driver {
  /** @param limitMs of an activation: it is given up after that, and until then nothing is heard of it. */
  started(index: number, what: string, limitMs?: number): void;
  done(index: number, what: string): void;
  failed(index: number, what: string, reason: string): void;
  /** A reason to stop and undo, asked between steps. */
  stop(): string | undefined;
}

export type StepsOutcome =
  | { readonly type: 'done' }
  | { readonly type: 'stopped'; readonly signal: string }
  | { readonly type: 'failed'; readonly at: string; readonly reason: string };

/** A reload is a signal: dockerd takes it up after `systemctl reload` has come back. */
const RELOAD_TAKEN_UP_MS = 5_000;
/** A list on a terminal is drawn every tenth of a second; what takes long shall stand there before it begins. */
const DRAWN_MS = 200;

/** Performs all steps in order; after an activation the engine must answer before the next one. Does not undo and does not commit. */
export async function performSteps(
  transaction: DrivenTransaction,
  steps: readonly StepInput[],
  engine: { readonly host: HostReader; readonly socket: AbsPath; readonly backMs?: number | undefined },
  driver: Driver,
): Promise<StepsOutcome> {
  for (const [index, step] of steps.entries()) {
    const what = stepText(step);
    const backMs = engine.backMs ?? HEALTH_LIMITS.engineMs;
    // Said first: a step holds up everything, drawing too, until it is done.
    if (step.kind === 'activate') {
      driver.started(index, what, step.activation.timeoutMs + backMs);
      await sleep(DRAWN_MS);
    } else {
      driver.started(index, what);
      await breathe();
    }
    const signal = driver.stop();
    if (signal !== undefined) {
      return { type: 'stopped', signal };
    }
    try {
      transaction.perform(index);
      if (step.kind === 'activate') {
        await engineAnswers(engine.host, engine.socket, backMs);
        if (step.activation.action === 'reload' && steps.slice(index + 1).some(restarts)) {
          await containersCanStay(engine.host, engine.socket);
        }
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      driver.failed(index, what, reason);
      return { type: 'failed', at: what, reason };
    }
    driver.done(index, what);
  }
  return { type: 'done' };
}

function restarts(step: StepInput): boolean {
  return step.kind === 'activate' && step.activation.action === 'restart';
}

/**
 * A reload before a restart is there to switch live-restore on. What went wrong with it stands only in dockerd's journal, so the
 * daemon itself is asked before it is restarted.
 * @throws Error where the restart would stop the containers.
 */
async function containersCanStay(host: HostReader, socket: AbsPath): Promise<void> {
  const until = performance.now() + RELOAD_TAKEN_UP_MS;
  while (!(await liveRestoreIsOn(host, socket))) {
    if (performance.now() > until) {
      throw new Error('dockerd was reloaded, but live-restore is not on, so it is not restarted');
    }
    await sleep(100);
  }
}

async function liveRestoreIsOn(host: HostReader, socket: AbsPath): Promise<boolean> {
  const { body } = { body: undefined, ...(await host.docker(socket, '/info')) };
  return (
    typeof body === 'object' && body !== null && 'LiveRestoreEnabled' in body && body['LiveRestoreEnabled'] === true
  );
}

/** @throws Error where the engine gives no answer within `limitMs`. */
export async function engineAnswers(host: HostReader, socket: AbsPath, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  for (;;) {
    const answer = await host.docker(socket, '/version');
    if (answer.type === 'answered' && answer.status === 200) {
      return;
    }
    if (performance.now() > until) {
      const why = answer.type === 'answered' ? `status ${answer.status}` : answer.reason;
      throw new Error(`the engine did not answer within ${limitMs / 1000} s: ${why}`);
    }
    await sleep(200);
  }
}
