/** Options that say how a run is approved; a text that proposes another approval names its own. */
const APPROVAL = { switches: ['yes', 'skip-over-ceiling'], values: ['max-risk', 'max-impact', 'approve', 'accept'] };
/** Added to every command that is printed (`atPlace`). */
const PLACE = { switches: ['accept-volatile-state'], values: ['root', 'state-dir'] };
const SWITCHES = new Set([...APPROVAL.switches, ...PLACE.switches].flatMap((name) => [`--${name}`, `--no-${name}`]));
const VALUES = new Set([...APPROVAL.values, ...PLACE.values].map((name) => `--${name}`));

let line: readonly string[] | undefined;
let words: readonly string[] = [];

/** The command line, its command first. */
export function noteWords(args: readonly string[]): void {
  line = args;
  words = withoutApproval(args.slice(1));
}

/** All of it, for a text that proposes the very same; undefined before a command line was read. */
export function lineAgain(): readonly string[] | undefined {
  return line;
}

/** What was said besides the command, its place and its approval: what a text repeats that proposes the same once more. */
export function wordsAgain(): readonly string[] {
  return words;
}

/** Pure. The checks of one's own among these words. */
export function healthWords(args: readonly string[]): readonly string[] {
  return args.flatMap((word, at) => {
    const value = args[at + 1];
    return word === '--health' && value !== undefined ? [word, value] : word.startsWith('--health=') ? [word] : [];
  });
}

/** Pure. Everything else stays as it was given. */
export function withoutApproval(args: readonly string[]): readonly string[] {
  const [word, ...rest] = args;
  if (word === undefined || word === '--') {
    return args;
  }
  const name = word.split('=', 1)[0] ?? word;
  if (SWITCHES.has(name)) {
    return withoutApproval(rest);
  }
  if (VALUES.has(name)) {
    return withoutApproval(name === word ? rest.slice(1) : rest);
  }
  return [word, ...withoutApproval(rest)];
}
