import type { StepInput } from '../model/transaction.ts';

/** One step in a few words, for progress, dry runs and errors. */
export function stepText(step: StepInput): string {
  switch (step.kind) {
    case 'write-file':
      return `${step.expected === null ? 'create' : 'write'} ${step.path}`;
    case 'remove-file':
      return `remove ${step.path}`;
    case 'make-directory':
      return `create folder ${step.path}`;
    case 'remove-directory':
      return `remove folder ${step.path}`;
    case 'set-access':
      return `set access of ${step.path}`;
    case 'command':
      return step.what;
    case 'activate':
      return `${step.activation.action} ${step.activation.service}`;
  }
}
