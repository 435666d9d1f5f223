import type { ConfirmOutcome } from '../app/confirm.ts';
import { EXIT, type ExitCode } from '../model/errors.ts';

export function confirmExit(outcome: ConfirmOutcome): ExitCode {
  switch (outcome.type) {
    case 'kept':
    case 'kept-already':
      return EXIT.ok;
    case 'not-as-proven':
    case 'unwell':
      return EXIT.notAsItShouldBe;
    case 'put-back':
      return outcome.undo.failed.length > 0 || outcome.undo.kept.length > 0 ? EXIT.needsAttention : EXIT.rolledBack;
  }
}
