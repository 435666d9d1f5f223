import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandEntry, commandsOnTheWay, longNames } from '../../src/cli/command-table.ts';
import { isTopicName } from '../../src/cli/help/topic-names.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** A fenced block of a document. */
export interface Block {
  readonly file: string;
  /** Of its opening, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** The word behind `host=`; undefined where there is none. */
  readonly host: string | undefined;
  /** The code each command ends with: `exit=2,0`, or `exit=5` for the last one after others with 0. */
  readonly exits: readonly number[];
  /** Of a `sh` or `console` block; a line that ends with \ goes on in the next. */
  readonly commands: readonly string[];
  readonly body: string;
}

/** Options that no help lists: the short one of help, and what only a timer of our own gives. */
const UNLISTED = ['-h', '--tx', '--clock'];
/** Folders that hold no document of the project. */
const FOREIGN = new Set(['node_modules', 'dist', '.git', 'coverage']);

/** Every document of the project, as a path below its folder. */
export function documents(folder = ''): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return FOREIGN.has(entry.name) ? [] : documents(path);
      }
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .sort();
}

export function allBlocks(): readonly Block[] {
  return documents().flatMap((file) => blocksIn(file, readFileSync(join(ROOT, file), 'utf8')));
}

export function blocksIn(file: string, text: string): readonly Block[] {
  const found: Block[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const [, fence, language = '', words = ''] = /^( *`{3,}|~{3,}) *(\w*)(.*)$/.exec(lines[at] ?? '') ?? [];
    if (fence === undefined) {
      continue;
    }
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence.trim());
    const body = lines.slice(at + 1, end === -1 ? undefined : end);
    found.push(blockOf({ file, line: at + 1, language }, words, body));
    at = end === -1 ? lines.length : end;
  }
  return found;
}

/** Code between words: a command of ours, of npm or of node. */
export function inlineCommands(file: string): readonly string[] {
  const prose = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^( *`{3,}|~{3,}).*\n[\s\S]*?\n\1$/gm, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return spans.filter((code) => /^(?:sudo )?(?:harden|npm|npx|node) \S/.test(code));
}

/** What is wrong with a command line of `harden` as a document has it; undefined where all its words are known. */
export function wrongWord(program: CommandEntry, command: string): string | undefined {
  const words = wordsOf(command.replace(/^sudo /, '')).slice(1);
  const [first = ''] = words;
  if (first === 'help') {
    const wish = words[1] ?? '';
    return hasPage(program, wish) ? undefined : `no page ${wish}`;
  }
  const way = commandsOnTheWay(program, words);
  const named = way.length - 1;
  if (named === 0 && !/^(?:-|[A-Z]+$)/.test(first)) {
    return `no command ${first}`;
  }
  const last = way.at(-1);
  const next = words[named] ?? '';
  if (last !== undefined && named > 0 && last.commands.length > 0 && /^[a-z]+$/.test(next)) {
    return `no command ${last.path.join(' ')} ${next}`;
  }
  const known = new Set([
    ...UNLISTED,
    ...way.flatMap(({ options }) =>
      options.flatMap((option) => [
        ...longNames(option).map((name) => `--${name}`),
        ...option.aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}`),
      ]),
    ),
  ]);
  const options = words.flatMap((word) => /^-{1,2}[a-z][a-z-]*/.exec(word)?.[0] ?? []);
  const strange = options.find((option) => !known.has(option));
  return strange === undefined ? undefined : `no option ${strange}`;
}

function hasPage(program: CommandEntry, wish: string): boolean {
  return /^[A-Z]+$/.test(wish) || isTopicName(wish) || commandsOnTheWay(program, [wish]).length > 1;
}

/** As a shell would split it, as far as documents need; what stands behind a redirection is left out. */
function wordsOf(command: string): readonly string[] {
  const [words = ''] = command.split(/ [|>;&]/);
  return [...words.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) => word.replaceAll(/^['"]|['"]$/g, ''));
}

function blockOf(opening: Pick<Block, 'file' | 'line' | 'language'>, words: string, body: readonly string[]): Block {
  const { language } = opening;
  const lines =
    language === 'console'
      ? body.flatMap((one) => /^[$#] (.*)$/.exec(one)?.[1] ?? [])
      : language === 'sh'
        ? body.join('\n').replaceAll('\\\n', '').split('\n')
        : [];
  const commands = lines.map((line) => line.replace(/ +# .*$/, '')).filter((line) => line.trim() !== '');
  const codes = (/\bexit=([\d,]+)/.exec(words)?.[1] ?? '0').split(',').map(Number);
  const before = Array.from<number>({ length: Math.max(0, commands.length - codes.length) }).fill(0);
  return {
    ...opening,
    host: /\bhost=(\w+)/.exec(words)?.[1],
    exits: [...before, ...codes],
    commands,
    body: `${body.join('\n')}\n`,
  };
}

/** A script of sh that runs the commands one after the other, and ends with 1 where one ends with another code than it should. */
export function checkedScript({ commands, exits }: Pick<Block, 'commands' | 'exits'>): string {
  return commands
    .map((command, index) => {
      const wanted = exits[index] ?? 0;
      return `${command}\ncode=$?; if [ $code -ne ${wanted} ]; then echo "exit $code, not ${wanted}" >&2; exit 1; fi`;
    })
    .join('\n');
}
