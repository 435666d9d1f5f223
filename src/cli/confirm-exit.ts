import { type ConfirmOutcome, notPutBack } from '../app/confirm.ts';
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
      return notPutBack(outcome.undo).length > 0 ? EXIT.needsAttention : EXIT.rolledBack;
  }
}
