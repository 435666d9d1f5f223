import type { GivenWaiver } from '../app/given-waivers.ts';
import type { Question } from '../app/ui.ts';
import type { Plan } from '../model/plan.ts';
import { type Style, listed, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';
import { type Choice, numberOf, waivedChoice, waivedIds } from './choice.ts';
import { tell } from './output.ts';
import type { Prompter } from './prompter.ts';

const TRIES = 3;

interface Asking {
  readonly plan: Plan;
  readonly waiving: Question['waiving'];
  readonly prompter: Prompter;
  readonly style: Style;
}

/**
 * Turns the change under the cursor into waivers of the controls it is for; nothing is written. The choice comes back as it was where
 * none can be given, or the person goes back; undefined where the input ended.
 */
export async function askWaiver(asking: Asking, choice: Choice): Promise<Choice | undefined> {
  const { plan, waiving, style } = asking;
  const change = plan.changes.find(({ id }) => id === choice.at);
  if (change === undefined) {
    return choice;
  }
  if (waivedIds(plan.changes, choice.waived).has(change.id)) {
    return { ...choice, said: 'it is waived already; taking it ends that' };
  }
  const say = (text: string): void => tell(`${wrap(style, 0, printable(text), 2).join('\n')}\n`);
  const names = change.controls.filter((name) => !choice.waived.some(({ control }) => control === name));
  for (const name of names) {
    const why = waiving === undefined ? 'No waiver can be given here.' : await waiving.whyNot(name);
    if (why !== undefined) {
      tell('\n');
      why.split('\n').forEach(say);
      return { ...choice, said: 'not waived' };
    }
  }
  const numbers = listed(names.map((name) => numberOf(plan, name)));
  tell('\n');
  say(`Living with ${numbers} for a while, instead of change ${change.id.slice(1)}: ${change.title}`);
  say(`It is written to ${waiving?.folder ?? ''} with your yes to the whole, not before. Type back to leave it.`);
  const answers = await answersOf(asking, choice.waived.at(-1));
  if (answers === undefined) {
    return undefined;
  }
  if (answers === BACK) {
    return { ...choice, said: 'not waived' };
  }
  return waivedChoice(
    choice,
    plan.changes,
    names.map((control) => ({ control, ...answers })),
  );
}

type Answers = Omit<GivenWaiver, 'control'>;

/** Whoever answered and the day are offered again. */
async function answersOf(asking: Asking, last: Answers | undefined): Promise<Answers | 'back' | undefined> {
  const reason = await answered(asking, 'reason', { message: 'Why do you live with it?', usual: '' });
  if (reason === undefined || reason === BACK) {
    return reason;
  }
  const owner = await answered(asking, 'owner', { message: 'Who answers for it?', usual: last?.owner ?? '' });
  if (owner === undefined || owner === BACK) {
    return owner;
  }
  const day = { message: 'Last day (YYYY-MM-DD, at most 365 days away):', usual: last?.until ?? '' };
  const until = await answered(asking, 'until', day);
  return until === undefined || until === BACK ? until : { reason, owner, until };
}

const BACK = 'back';

/** An answer that can be taken; `back` where the person wants that, or three answers could not be. */
async function answered(
  { waiving, prompter, style }: Asking,
  key: keyof Answers,
  { message, usual }: { readonly message: string; readonly usual: string },
): Promise<string | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const text = (await prompter.line({ message, empty: usual, items: [] }))?.trim();
    if (text === undefined || text.toLowerCase() === BACK) {
      return text?.toLowerCase();
    }
    const problems = text === '' ? ['a waiver needs this'] : ((await waiving?.problems(key, text)) ?? []);
    if (problems.length === 0) {
      return text;
    }
    tell(problems.flatMap((problem) => wrap(style, 0, `Not taken: ${printable(problem)}.\n`, 2)).join('\n'));
  }
  return BACK;
}
