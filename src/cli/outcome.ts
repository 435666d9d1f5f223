import { printableJson } from '../render/printable.ts';
import type { RunOutcome } from '../app/outcome.ts';
import type { ChangeProof } from '../engine/prove.ts';
import { EXIT, type ExitCode } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { RESULT_SCHEMA, RESULT_SCHEMA_MINOR, type Run } from '../model/result.ts';
import { pendingText, takenBackText } from '../render/keep-text.ts';
import { doneText, onlyWaivedText, rolledBackText } from '../render/outcome-text.ts';
import { isNothing, planText, rollbackPlanText } from '../render/plan-text.ts';
import { commandPlace } from './place.ts';
import { healthWords, wordsAgain } from './said-words.ts';
import { scheduledText } from '../render/scheduled-text.ts';
import type { Terminal } from './terminal.ts';

/** `urn:harden:result:1`: how a run ended, with its plan. */
export function outcomeJson(outcome: RunOutcome, run: Run): string {
  const head = { schema: RESULT_SCHEMA, schemaMinor: RESULT_SCHEMA_MINOR, exit: outcomeExit(outcome), run };
  return printableJson({ ...head, ...outcome });
}

export function outcomeExit(outcome: RunOutcome): ExitCode {
  switch (outcome.type) {
    case 'dry-run':
    case 'scheduled':
      return EXIT.ok;
    case 'nothing-to-do':
      return waiversExit(outcome);
    case 'declined':
      return EXIT.declined;
    case 'done':
      return outcome.proofs.some((proof) => proof.proof === 'failed')
        ? EXIT.needsAttention
        : outcome.kept.length > 0
          ? EXIT.notAsItShouldBe
          : waiversExit(outcome);
    case 'reverted':
      return outcome.notAsBefore.length > 0 ? EXIT.needsAttention : EXIT.ok;
    case 'rolled-back':
      return outcome.notAsBefore.length > 0 ? EXIT.needsAttention : backExit(outcome.signal);
  }
}

/** One that was asked for and could not be written. */
function waiversExit({
  waiversGiven = [],
}: Pick<Extract<RunOutcome, { readonly type: 'done' }>, 'waiversGiven'>): ExitCode {
  return waiversGiven.some(({ problem }) => problem !== undefined) ? EXIT.cannotWriteOutput : EXIT.ok;
}

/** The host is as before; who reached the limit of --timeout reads the same as after any other failure. */
function backExit(signal: string | undefined): ExitCode {
  if (signal === undefined || signal === 'timeout') {
    return EXIT.rolledBack;
  }
  return signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
}

/** `unfold`: the command that shows what the plan of a way back folds. */
export function outcomeText(
  outcome: RunOutcome,
  verb: 'apply' | 'rollback',
  terminal: Terminal,
  unfold?: string,
): string {
  const { out } = terminal;
  const place = commandPlace();
  switch (outcome.type) {
    case 'nothing-to-do':
      if (outcome.waiversGiven !== undefined) {
        return onlyWaivedText({ ...outcome, waiversGiven: outcome.waiversGiven }, out);
      }
      return verb === 'apply'
        ? planText(outcome.plan, out, nothingDone(outcome))
        : 'Nothing to put back: what that apply changed is as it was before.\n';
    case 'declined':
      return 'Declined. Nothing was changed.\n';
    case 'scheduled':
      return scheduledText(outcome, out);
    case 'dry-run':
      return `${verb === 'apply' ? planText(outcome.plan, out, []) : rollbackPlanText(outcome.plan, out, unfold)}\nSteps, none of them carried out:\n${outcome.steps.map((step, index) => `${String(index + 1).padStart(3)}  ${step}`).join('\n')}\n`;
    case 'done':
      return (
        doneText({ verb, ...outcome, commands: commandsFor(outcome.plan, outcome.proofs), place }, out) +
        (outcome.pendingRevert === undefined
          ? ''
          : pendingText({ ...outcome.pendingRevert, place, again: healthWords(wordsAgain()) }, terminal.canAsk, out))
      );
    case 'reverted':
      return takenBackText(
        {
          id: outcome.snapshot,
          troubles: outcome.looked === false && outcome.notAsBefore.length === 0 ? null : outcome.notAsBefore,
          place,
        },
        out,
      );
    case 'rolled-back':
      return rolledBackText({ verb, ...outcome, place }, out);
  }
}

/** As the host was found after the run; after a rollback nobody has looked for one. */
function commandsFor(plan: Plan, proofs: readonly ChangeProof[]): readonly string[] {
  const byHand =
    plan.host.serviceManager === 'systemd' ? 'systemctl restart docker' : 'restart dockerd the way it was started';
  return [
    ...new Set(
      proofs
        .filter(({ proof }) => proof.startsWith('pending-'))
        .map(({ proof, command }) => command ?? (proof === 'pending-reboot' ? 'reboot' : byHand)),
    ),
  ];
}

/** Where nothing at all is to be found the plan's one line says so itself. */
function nothingDone({ plan, leftOut = [] }: Extract<RunOutcome, { type: 'nothing-to-do' }>): readonly string[] {
  if (leftOut.length > 0 || isNothing(plan)) {
    return beyondCeilings(leftOut);
  }
  return [
    plan.changes.length === 0
      ? 'Nothing was changed: there is nothing here that harden could change now.'
      : 'Nothing was changed: all that the approved plan asks for is done already.',
  ];
}

function beyondCeilings(leftOut: readonly { readonly id: string }[]): readonly string[] {
  const ids = leftOut.map(({ id }) => id).join(', ');
  return leftOut.length === 0 ? [] : [`Nothing was changed: all of it goes beyond the ceilings (${ids}).`];
}
