/** What a command of ours needs so that it means the same host and finds the same runs; left out is what it finds by itself. */
export interface CommandPlace {
  readonly root?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly acceptVolatile?: boolean | undefined;
}

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

/** A command, with the id of a run where one follows. */
const COMMAND = new RegExp(`\\bharden (${Object.keys(PLACE_OPTIONS).join('|')})(?: [0-9a-f]{8,32})?(?![\\w-])`, 'g');

/** The text, each command of ours in it written so that it works on this place. To be called before lines are broken. */
export function atPlace(text: string, place: CommandPlace): string {
  return text.replaceAll(COMMAND, (command, verb: keyof typeof PLACE_OPTIONS) =>
    [command, ...placeArguments(place, PLACE_OPTIONS[verb]).map(shellWord)].join(' '),
  );
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
