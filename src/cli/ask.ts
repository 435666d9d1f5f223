import type { GivenWaiver } from '../app/given-waivers.ts';
import type { Answer, Question } from '../app/ui.ts';
import type { Plan } from '../model/plan.ts';
import { strengthOf } from '../plan/strength.ts';
import { type Style, count, mark, wrap } from '../render/layout.ts';
import { FEW, planEffects } from '../render/plan-text.ts';
import { printable } from '../render/printable.ts';
import { firstChoice, numberOf } from './choice.ts';
import { askWaiver } from './ask-waiver.ts';
import { type Look, lookerFor } from './look-into.ts';
import { tell } from './output.ts';
import type { Line, Prompter } from './prompter.ts';
import { reasonsFor } from './reasons.ts';

const TRIES = 3;

/** The question as it stands: about all of the plan, or about a part that was chosen. */
interface Standing {
  readonly question: Question;
  readonly plan: Plan;
  /** Controls that are lived with instead. */
  readonly waived: readonly GivenWaiver[];
  readonly prompter: Prompter;
  readonly style: Style;
  readonly look: Look;
}

/**
 * Asks on standard error. Anything but a word that was shown, or its first letter, is asked again, three times; then it is a no.
 * Where the plan deserves it a yes is not enough: the effect or the name of the host is typed.
 */
export async function askPerson(question: Question, prompter: Prompter, style: Style): Promise<Answer> {
  const look = lookerFor(question, style);
  let standing: Standing = { question, plan: question.plan, waived: [], prompter, style, look };
  let chosen = firstChoice(question.plan.changes);
  for (;;) {
    tell(standingText(standing));
    const word = await oneOf(standing, questionOf(standing), (text) => look.wish(text));
    if (word === 'select' && question.part !== undefined) {
      const { part } = question;
      const left = await selected({ ...standing, plan: question.plan }, { part, choice: chosen });
      if (left === undefined) {
        return { type: 'declined' };
      }
      chosen = left.by === 'back' ? chosen : left.choice;
      const { waived } = chosen;
      const none = chosen.chosen.size === 0 && waived.length === 0;
      standing = { ...standing, waived, plan: none ? question.plan : part(chosen.chosen) };
      if (left.by === 'done' && none) {
        tell('Nothing is chosen; this is all of it again.\n');
      }
      continue;
    }
    const yes = word !== undefined && ['all', 'yes', 'these', 'waive'].includes(word);
    return yes && (await isMeant(standing)) ? approved(standing) : { type: 'declined' };
  }
}

function approved({ plan, waived }: Standing): Answer {
  return { type: 'approved', plan, ...(waived.length === 0 ? {} : { waivers: waived }) };
}

/** Whether the question repeats what the plan does: a part of it was chosen, or it is so long that its head has left the screen. */
function showsEffects({ question, plan, waived }: Pick<Standing, 'question' | 'plan' | 'waived'>): boolean {
  return plan !== question.plan || plan.changes.length > FEW || waived.length > 0;
}

/** What the choice would do, and which controls it leaves for a while. */
function standingText({ question, plan, waived, style }: Standing): string {
  if (!showsEffects({ question, plan, waived })) {
    return '\n';
  }
  const effects = plan.changes.length === 0 ? '' : planEffects(plan, style, question.verb);
  const lines = waived.flatMap(({ control, until, reason, owner }) =>
    wrap(style, 2, printable(`${mark(style, 'w')} ${numberOf(plan, control)} until ${until}. ${reason} (${owner})`), 6),
  );
  return `\n${effects}${lines.map((line) => `${line}\n`).join('')}\n`;
}

function questionOf({ question, plan, waived }: Standing): Line {
  const part = plan.changes.length < question.plan.changes.length;
  if (question.verb === 'rollback') {
    return lineOf('Put all of it back?', [
      ['yes', 'put back what is listed'],
      ['no', 'change nothing'],
    ]);
  }
  const name = plan.host.name;
  const too = waived.length === 0 ? '' : ` and waive ${count(waived.length, 'control')}`;
  const chosen = plan.changes.length;
  const take: Line['items'][number] =
    chosen === 0
      ? ['waive', `waive ${count(waived.length, 'control')}, change nothing else`]
      : part
        ? ['these', `apply ${count(chosen, 'chosen change')}${too}`]
        : ['all', `apply all changes to ${name}${too}`];
  const head = chosen === 0 ? 'Change nothing' : part ? `Apply these ${chosen} to ${name}` : `Apply to ${name}`;
  const some: Line['items'] = question.part === undefined ? [] : [['select', 'choose changes']];
  return lineOf(`${head}${too}?`, [take, ...some, ['none', 'change nothing']]);
}

/** The last word is the careful one. */
function lineOf(head: string, words: Line['items']): Line {
  const look: Line['items'] = [
    ['diff N', 'show what change N does to files; without a number, all of them'],
    ['explain N', 'show everything about change N'],
  ];
  const items = [...words, ...look];
  return { message: `${head}  ${items.map(([word]) => word).join(' / ')}`, empty: words.at(-1)?.[0] ?? '', items };
}

/** True where the plan asks for no more than a yes, or the word it asks for was typed. */
async function isMeant(standing: Standing): Promise<boolean> {
  const { plan, style } = standing;
  const strength = strengthOf(plan);
  if (strength.type === 'words') {
    return true;
  }
  tell(`\n${reasonsFor(plan, strength, style)}`);
  const message =
    strength.type === 'host'
      ? `To go on, type the name of this host: ${strength.word}`
      : `To go on, type: ${strength.word}`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const text = await standing.prompter.line({ message, empty: '', items: [] });
    if (text === undefined) {
      return false;
    }
    if (text.trim().toLowerCase() === strength.word.toLowerCase()) {
      return true;
    }
  }
  return false;
}

/** The word that was typed, whole or by its first letter; the line's `empty` after three unclear answers; undefined where the input ended. */
async function oneOf(
  { prompter }: Standing,
  line: Line,
  wish: (text: string) => Promise<boolean>,
): Promise<string | undefined> {
  const words = line.items.map(([word]) => word).filter((word) => !word.includes(' '));
  for (let unclear = 0; unclear < TRIES;) {
    const answer = await prompter.line(line);
    if (answer === undefined) {
      return undefined;
    }
    const text = answer.trim().toLowerCase();
    const hit = words.find((word) => text === word || text === word.charAt(0));
    if (hit !== undefined) {
      return hit;
    }
    if (!(await wish(text))) {
      unclear += 1;
      tell(`Not understood. Type one of: ${line.items.map(([word]) => word).join(', ')}\n`);
    }
  }
  return line.empty;
}

type Part = NonNullable<Question['part']>;

async function selected(
  { prompter, look, plan, question, style }: Standing,
  start: { readonly part: Part; readonly choice: ReturnType<typeof firstChoice> },
): ReturnType<Prompter['select']> {
  let { choice } = start;
  for (;;) {
    const left = await prompter.select({ plan, part: start.part, choice });
    if (left === undefined || left.by === 'done' || left.by === 'back') {
      return left;
    }
    if (left.by === 'waive') {
      const next = await askWaiver({ plan, waiving: question.waiving, prompter, style }, left.choice);
      if (next === undefined) {
        return undefined;
      }
      choice = next;
      continue;
    }
    choice = left.choice;
    await look.at(left.by, choice.at);
  }
}
