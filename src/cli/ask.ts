import type { Question } from '../app/ui.ts';
import { changeLines } from '../render/change-text.ts';
import type { Style } from '../render/layout.ts';
import { planBrief } from '../render/plan-text.ts';
import { tell } from './output.ts';

const TRIES = 3;

/** Asks on standard error. Anything but a clear yes is asked again, three times; then it is a no. */
export async function askPerson(question: Question, style: Style): Promise<'approved' | 'declined'> {
  const { plan, verb, word } = question;
  tell(`\n${planBrief(plan, style)}\n`);
  const yes = verb === 'apply' ? 'all' : 'yes';
  const no = verb === 'apply' ? 'none' : 'no';
  const answer = await oneOf(
    `${verb === 'apply' ? `Apply to ${plan.host.name}?` : 'Put all of it back?'}  ${yes} / ${no} / diff N`,
    [yes, no],
    no,
    (text) => detail(question, text, style),
  );
  if (answer !== yes) {
    return 'declined';
  }
  if (word === undefined) {
    return 'approved';
  }
  const stopped = plan.effects.flatMap((effect) => effect.containersStopped);
  tell(
    word === 'restart'
      ? `This restarts dockerd. ${stopped.length > 0 ? `These containers stop: ${stopped.join(', ')}.` : 'No container stops.'}\n`
      : 'This breaks what is marked with ! above.\n',
  );
  return (await oneOf(`To go on, type: ${word}`, [word], '', () => false)) === word ? 'approved' : 'declined';
}

/** The first of `words` that was typed, whole or by a first letter no other has; `empty` for Enter alone or after three unclear answers. */
async function oneOf(
  message: string,
  words: readonly string[],
  empty: string,
  other: (text: string) => boolean,
): Promise<string> {
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ output: process.stderr });
  for (let unclear = 0; unclear < TRIES;) {
    const { answer } = await prompt<{ answer: string }>([
      { type: 'input', name: 'answer', message, ...(empty === '' ? {} : { default: empty }) },
    ]);
    const text = answer.trim().toLowerCase();
    const hit = words.find((word) => text === word || (words.length > 1 && text === word.slice(0, 1)));
    if (hit !== undefined) {
      return hit;
    }
    if (!other(text)) {
      unclear += 1;
    }
  }
  return empty;
}

/** `diff N` and `explain N` show change N whole; true where the text was such a wish. */
function detail({ plan }: Question, text: string, style: Style): boolean {
  const wish = /^(?:diff|explain|d|e) +(\d+)$/.exec(text);
  const change = plan.changes.find((candidate) => candidate.id === `c${wish?.[1] ?? ''}`);
  if (change === undefined) {
    return false;
  }
  tell(`${changeLines(change, change.controls.join(' '), style, false).join('\n')}\n`);
  return true;
}
