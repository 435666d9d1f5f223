import type { Plan } from '../model/plan.ts';
import { interruptions, lossSentences } from '../render/effect-sentences.ts';
import { type Style, count, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';
import { type Choice, toggledChoice, waivedIds } from './choice.ts';
import { tell } from './output.ts';
import { type Selecting, readLine } from './prompter.ts';
import type { Left } from './select-prompt.ts';

const HOW =
  'Type the number of a change to take it or leave it, diff N or explain N to look at one, waive N to live with it for a while, list to hear all again, done, or back. Then press Enter.';

/** Choosing changes line by line: every answer is a sentence about what it did. Undefined where the input ended. */
export async function selectByLines(
  selecting: Selecting,
  style: Style,
  signal: AbortSignal,
): Promise<Left | undefined> {
  const say: Say = (text) => tell(`${wrap(style, 0, printable(text)).join('\n')}\n`);
  let { choice } = selecting;
  listAll(selecting, choice, say);
  for (;;) {
    say(HOW);
    const text = (await readLine(signal))?.toLowerCase();
    if (text === undefined) {
      return undefined;
    }
    const next = answered(text, selecting, choice, say);
    if ('by' in next) {
      return next;
    }
    choice = next;
  }
}

type Say = (text: string) => void;

/** What a line leads to: the list is left, or the choice goes on. */
function answered(text: string, selecting: Selecting, choice: Choice, say: Say): Left | Choice {
  const { plan } = selecting;
  const [, verb = '', number = ''] = /^(?:(d|diff|e|explain|w|waive) +)?(\d+)$/.exec(text) ?? [];
  const change = plan.changes.find(({ id }) => id === `c${number}`);
  if (text === 'done' || text === 'back') {
    return { by: text, choice };
  }
  if (text === 'list') {
    listAll(selecting, choice, say);
    return choice;
  }
  if (change === undefined) {
    say(number === '' ? 'Not understood.' : `There is no change ${number}.`);
    return choice;
  }
  if (verb !== '') {
    const by = ({ d: 'diff', e: 'explain', w: 'waive' } as const)[verb.charAt(0)] ?? 'explain';
    return { by, choice: { ...choice, at: change.id } };
  }
  const next = toggledChoice(choice, plan.changes, [change.id]);
  say(`Change ${number} is ${next.chosen.has(change.id) ? 'taken' : 'left out'}. ${capital(next.said)}`.trim());
  say(nowOf(selecting, next));
  return next;
}

function listAll(selecting: Selecting, choice: Choice, say: Say): void {
  const waived = waivedIds(selecting.plan.changes, choice.waived);
  for (const { id, title, risk, breaks } of selecting.plan.changes) {
    const stands = choice.chosen.has(id) ? 'taken' : waived.has(id) ? 'waived' : 'left out';
    const warnings = breaks.map((text) => ` Warning: ${text}`).join('');
    say(`Change ${id.slice(1)}, ${stands}, risk ${risk}: ${title}.${warnings}`);
  }
  say(nowOf(selecting, choice));
}

function nowOf({ plan, part }: Selecting, { chosen }: Choice): string {
  return chosen.size === 0
    ? 'Nothing is chosen now.'
    : `Now ${chosen.size} of ${count(plan.changes.length, 'change')}: ${effectsOf(part(chosen)).join('; ')}.`;
}

function effectsOf(plan: Plan): readonly string[] {
  return [...interruptions(plan), ...lossSentences(plan)];
}

function capital(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
