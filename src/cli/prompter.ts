import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { Plan } from '../model/plan.ts';
import type { Style } from '../render/layout.ts';
import type { Choice } from './choice.ts';
import { tell } from './output.ts';
import type { Left } from './select-prompt.ts';

/** One question: `empty` is what Enter alone means; '' where it means nothing. */
export interface Line {
  readonly message: string;
  readonly empty: string;
  /** What may be typed, as a numbered list with a sentence each; for a reader that cannot look back over the screen. */
  readonly items: readonly (readonly [word: string, meaning: string])[];
}

export interface Selecting {
  readonly plan: Plan;
  readonly part: (ids: ReadonlySet<string>) => Plan;
  readonly choice: Choice;
}

/** How a person is asked. Undefined: the input ended (Ctrl-D, a closed terminal); nobody will answer. */
export interface Prompter {
  line(line: Line): Promise<string | undefined>;
  select(selecting: Selecting): Promise<Left | undefined>;
}

/** Prompts that redraw themselves, for a terminal. They end where `signal` says so. */
export function drawnPrompter(style: Style, signal: AbortSignal): Prompter {
  return {
    line: ({ message, empty }) =>
      unlessInputEnds(signal, async (context) => {
        const { default: inquirer } = await import('inquirer');
        // The tick it puts before an answer would stand before a wrong one too.
        const prompt = inquirer.createPromptModule({ ...context, output: process.stderr });
        const { answer } = await prompt<{ answer: string }>([
          {
            type: 'input',
            name: 'answer',
            message,
            theme: { prefix: '?' },
            ...(empty === '' ? {} : { default: empty }),
          },
        ]);
        return answer;
      }),
    select: (selecting) =>
      unlessInputEnds(signal, async (context) => {
        const { selectPrompt } = await import('./select-prompt.ts');
        const rows = process.stderr.rows;
        return selectPrompt(
          { ...selecting, style, rows },
          { ...context, output: process.stderr, clearPromptOnDone: true },
        );
      }),
  };
}

/** Questions as sentences and numbered lists, answered by lines; nothing on the screen is ever drawn again. */
export function linePrompter(
  select: (selecting: Selecting) => Promise<Left | undefined>,
  signal: AbortSignal,
): Prompter {
  return {
    line: ({ message, empty, items }) => {
      const list = items.map(([word, meaning], index) => `  ${index + 1}. ${word}: ${meaning}\n`).join('');
      const alone = empty === '' ? '' : ` Enter alone means ${empty}.`;
      const how = `${items.length === 0 ? 'Type it' : 'Type a number or a word'} and press Enter.${alone}`;
      tell(`${message}\n${list}${how}\n`);
      return readLine(signal).then((text) => {
        const chosen = /^\d+$/.test(text ?? '') ? items[Number(text) - 1]?.[0] : undefined;
        return text === '' ? empty : (chosen ?? text);
      });
    },
    select,
  };
}

/** One line of standard input; undefined where there is none any more. */
export function readLine(signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin, terminal: false, signal });
    let read: string | undefined;
    lines.once('line', (line) => {
      read = line.trim();
      lines.close();
    });
    lines.once('close', () => {
      if (signal.aborted) {
        reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
      } else {
        resolve(read);
      }
    });
  });
}

/**
 * Runs a prompt of the library on standard input; undefined where the input ends, which the library would wait for ever after.
 * It reads through a stream of ours: a terminal that is gone fails more than once, and its line reader would end the program with that.
 */
async function unlessInputEnds<T>(
  signal: AbortSignal,
  ask: (context: { readonly input: PassThrough; readonly signal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  const { stdin } = process;
  const end = new AbortController();
  const ended = (): void => end.abort();
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean): void => void stdin.setRawMode(mode),
  });
  input.on('keypress', (_text: string, key: { readonly ctrl?: boolean; readonly name?: string }) => {
    if (key.ctrl === true && key.name === 'd') {
      ended();
    }
  });
  if (!stdin.listeners('error').includes(lostInput)) {
    stdin.on('error', lostInput);
  }
  stdin.once('end', ended).once('close', ended).once('error', ended).pipe(input, { end: false });
  try {
    return await ask({ input, signal: AbortSignal.any([signal, end.signal]) });
  } catch (error) {
    if (end.signal.aborted && !signal.aborted) {
      return undefined;
    }
    throw error;
  } finally {
    stdin.off('end', ended).off('close', ended).off('error', ended).unpipe(input).pause();
  }
}

function lostInput(): void {
  // What follows from it is decided where the end of the input is awaited.
}
