import type { Plan } from '../model/plan.ts';
import type { StepInput } from '../model/transaction.ts';

/**
 * Ids of the changes a step is for, in the order of the plan: those that touch its file, or a file in its folder; those an activation
 * makes live; the audit rule a command loads; what has a unit of its own for one that has units read again. A step may serve several.
 */
export function servedBy(step: StepInput, { changes, effects }: Pick<Plan, 'changes' | 'effects'>): readonly string[] {
  switch (step.kind) {
    case 'write-file':
    case 'remove-file':
    case 'set-access':
      return idsWhere(changes, (target) => pathsOf(target).includes(step.path));
    case 'make-directory':
    case 'remove-directory':
      return idsWhere(changes, (target) => pathsOf(target).some((path) => path.startsWith(`${step.path}/`)));
    case 'command':
      return step.run.tool === 'auditctl'
        ? idsWhere(
            changes,
            (target) => target.type === 'audit-rule' && step.run.args.some((word) => names(word, target.path)),
          )
        : idsWhere(changes, (target) => target.type === 'file-access' && target.durable !== undefined);
    case 'activate': {
      const made = new Set(
        effects.filter(({ kind }) => kind === step.activation.action).flatMap((effect) => effect.changes),
      );
      return changes.map(({ id }) => id).filter((id) => made.has(id));
    }
  }
}

/** `/usr/bin/dockerd`, `path=/usr/bin/dockerd` */
function names(word: string, path: string): boolean {
  return word === path || word.endsWith(`=${path}`);
}

type Target = Plan['changes'][number]['target'];

function idsWhere(changes: Plan['changes'], isMeant: (target: Target) => boolean): readonly string[] {
  return changes.filter(({ target }) => isMeant(target)).map(({ id }) => id);
}

function pathsOf(target: Target): readonly string[] {
  switch (target.type) {
    case 'daemon-option':
    case 'audit-rule':
      return [target.file];
    case 'file-access':
      return [target.path, ...(target.durable === undefined ? [] : [target.durable.file])];
  }
}
