/** What a command of ours needs so that it means the same host and finds the same runs; left out is what it finds by itself. */
export interface CommandPlace {
  readonly root?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly acceptVolatile?: boolean | undefined;
  /** What else decides which plan is made, in the order it is printed; nothing of a command that makes none. */
  readonly looked?: readonly SaidOption[];
  /** The words of the command that runs, its name first; undefined before one was read. */
  readonly line?: readonly string[] | undefined;
  /** Root may do what this user may not. */
  readonly asRoot?: boolean | undefined;
}

/** An option with its value, as it was said. */
export interface SaidOption {
  readonly name: LookOption;
  readonly value: string;
}

/** Options that decide which plan is made, with the letter they are printed by. Those that are lists add up; of others the last counts. */
const LOOK_OPTIONS = {
  profile: { word: '-p' },
  control: { word: '-c', isList: true },
  exclude: { word: '-x', isList: true },
  section: { word: '--section', isList: true },
  level: { word: '--level', isList: true },
  severity: { word: '--severity', isList: true },
  from: { word: '--from' },
  waivers: { word: '--waivers', isList: true },
  'waiver-grace': { word: '--waiver-grace' },
  config: { word: '--config' },
} as const satisfies Readonly<Record<string, { readonly word: string; readonly isList?: true }>>;
export type LookOption = keyof typeof LOOK_OPTIONS;
export const LOOK_NAMES = Object.keys(LOOK_OPTIONS) as readonly LookOption[];

/** Commands that make a plan, with what they do not take of the above. */
const LOOKING: Readonly<Record<string, readonly LookOption[]>> = { plan: [], verify: [], apply: ['from'] };
/** A plan file has its own choice. */
const OF_A_FILE: readonly LookOption[] = ['control', 'exclude', 'section', 'level', 'severity'];

const OF_RUNS = ['root', 'state-dir', 'accept-volatile-state'] as const;
const OF_LOOKS = ['root', 'state-dir'] as const;

/** Options of a place that each command knows. */
export const PLACE_OPTIONS = {
  apply: OF_RUNS,
  rollback: OF_RUNS,
  recover: OF_RUNS,
  status: OF_RUNS,
  confirm: ['state-dir', 'accept-volatile-state'],
  plan: OF_LOOKS,
  verify: OF_LOOKS,
  'history list': OF_LOOKS,
  'history show': OF_LOOKS,
  'snapshot list': OF_LOOKS,
  'snapshot show': OF_LOOKS,
} as const;

/** In a text: the command that runs, with all that was said to it. */
export const SAME_AGAIN = 'harden AGAIN';

/** A command, with the id of a run where one follows. */
const COMMAND = new RegExp(
  `\\bharden (AGAIN|${Object.keys(PLACE_OPTIONS).join('|')})(?: [0-9a-f]{8,32})?(?![\\w-])`,
  'g',
);

/**
 * The text, each command of ours in it written so that it works on this place and looks at what this command looked at; one without words
 * of its own that is the command that runs is that with all its words. To be called before lines are broken.
 */
export function atPlace(text: string, place: CommandPlace): string {
  return text.replaceAll(COMMAND, (command, verb: string, offset: number) => {
    const rest = restOf(text.slice(offset + command.length));
    if (/^ --help\b/.test(rest)) {
      return command;
    }
    const { line = [] } = place;
    const isSame = verb === 'AGAIN' || (verb in LOOKING && line[0] === verb && rest === '');
    const name = verb === 'AGAIN' ? commandIn(line) : verb;
    const words = isSame ? line.slice(name.split(' ').length).map(shellWord) : [];
    const there = isSame && line.length > 0 ? ` ${words.join(' ')}` : rest;
    const added = [...placeWords(name, place, there), ...lookWords(name, place, there)];
    const head = verb === 'AGAIN' ? ['harden', ...line.slice(0, name.split(' ').length)] : [command];
    return [...head, ...added, ...words].join(' ');
  });
}

/** The place as arguments, of these options only. */
export function placeArguments(
  { root, stateDir, acceptVolatile = false }: CommandPlace,
  options: readonly (typeof OF_RUNS)[number][],
): readonly string[] {
  return options.flatMap((option) => {
    switch (option) {
      case 'root':
        return root === undefined ? [] : ['--root', root];
      case 'state-dir':
        return stateDir === undefined ? [] : ['--state-dir', stateDir];
      case 'accept-volatile-state':
        return acceptVolatile ? ['--accept-volatile-state'] : [];
    }
  });
}

/** A word as a shell takes it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** What is left of the command that a text goes on with. */
function restOf(text: string): string {
  return text.split(/[;`)]|[.,](?= |$)/, 1)[0]?.trimEnd() ?? '';
}

/** One that has commands of its own is known with the one that was meant. */
function commandIn([first = '', second = '']: readonly string[]): string {
  return /^(?:waiver|profile|history|snapshot)$/.test(first) && /^[a-z]+$/.test(second) ? `${first} ${second}` : first;
}

function placeWords(name: string, place: CommandPlace, there: string): readonly string[] {
  const options = name in PLACE_OPTIONS ? PLACE_OPTIONS[name as keyof typeof PLACE_OPTIONS] : [];
  return placeArguments(
    place,
    options.filter((option) => !isSaid(there, `--${option}`)),
  ).map(shellWord);
}

function lookWords(name: string, { looked = [] }: CommandPlace, there: string): readonly string[] {
  const without = LOOKING[name];
  if (without === undefined || (name === 'apply' && isOtherApply(there))) {
    return [];
  }
  const left = name === 'apply' && /^ [^-\s]/.test(there) ? OF_A_FILE : [];
  return looked.flatMap(({ name: option, value }) => {
    const { word, isList }: { readonly word: string; readonly isList?: true } = LOOK_OPTIONS[option];
    const isThere = [word, `--${option}`].some((one) => isSaid(there, one, isList === true ? value : undefined));
    return isThere || left.includes(option) || without.includes(option) ? [] : [word, shellWord(value)];
  });
}

/** What was approved before. */
function isOtherApply(there: string): boolean {
  return /^ --at never\b/.test(there);
}

/** With this value, where one is given: as a word of its own, after an equals sign, or right behind a letter. */
function isSaid(there: string, word: string, value?: string): boolean {
  const ways =
    value === undefined
      ? [`${word} `, `${word}=`, `'${word}=`]
      : [`${word} ${shellWord(value)} `, `${shellWord(`${word}=${value}`)} `, `${shellWord(`${word}${value}`)} `];
  return ways.some((way) => `${there} `.includes(` ${way}`));
}
