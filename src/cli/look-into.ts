import type { Question } from '../app/ui.ts';
import type { Plan } from '../model/plan.ts';
import { type Style, listed } from '../render/layout.ts';
import { tell } from './output.ts';

/** Looking into a plan before an answer. */
export interface Look {
  /** `diff`, `diff N`, `explain N`: shows it and is true; false where the text is no such wish. */
  wish(text: string): Promise<boolean>;
  /** The change with this id. */
  at(how: 'diff' | 'explain', id: string): Promise<void>;
}

export function lookerFor({ plan, differences }: Question, style: Style): Look {
  const show = async (how: 'diff' | 'explain', changes: Plan['changes']): Promise<void> => {
    tell(`\n${how === 'diff' ? await diffOf(changes, differences, style) : await explained(plan, changes, style)}\n`);
  };
  return {
    wish: async (text) => {
      const [, verb, number] = /^(d|diff|e|explain)(?: +(\d+))?$/.exec(text) ?? [];
      if (verb === undefined || (verb.startsWith('e') && number === undefined)) {
        return false;
      }
      const changes = number === undefined ? plan.changes : plan.changes.filter(({ id }) => id === `c${number}`);
      if (changes.length === 0) {
        tell(`There is no change ${number ?? ''}; ${numbersText(plan.changes)}.\n`);
        return true;
      }
      await show(verb.startsWith('d') ? 'diff' : 'explain', changes);
      return true;
    },
    at: (how, id) =>
      show(
        how,
        plan.changes.filter((change) => change.id === id),
      ),
  };
}

/** The numbers of a way back are those of its apply, so some may be missing. */
function numbersText(changes: Plan['changes']): string {
  const numbers = changes.map(({ id }) => id.slice(1));
  return numbers.at(-1) === String(numbers.length)
    ? `they are 1 to ${numbers.length}`
    : `${numbers.length === 1 ? 'it is' : 'they are'} ${listed(numbers, 12)}`;
}

async function diffOf(changes: Plan['changes'], differences: Question['differences'], style: Style): Promise<string> {
  const [{ fileDifferenceText }, { masked }] = await Promise.all([
    import('../render/file-difference-text.ts'),
    import('./masked.ts'),
  ]);
  const found = (await differences?.(changes)) ?? { files: [], unseen: changes.map(({ id }) => id) };
  return fileDifferenceText(changes, masked(found), style, undefined);
}

async function explained(plan: Plan, changes: Plan['changes'], style: Style): Promise<string> {
  const { explainChangeText } = await import('../render/explain-text.ts');
  return changes.map((change) => explainChangeText(plan, change, style)).join('\n');
}
