/** Reads options of dockerd and containerd from an argument vector: `--name=value`, `--name value`, `-Nvalue`, `-N=value`, `-N value`. */

/** Every value given, in order. `short` is the single letter, where there is one. */
export function flagValues(argv: readonly string[], long: string, short?: string): readonly string[] {
  return argv.flatMap((word, at) => {
    if (word === `--${long}` || (short !== undefined && word === `-${short}`)) {
      const next = argv[at + 1];
      return next === undefined ? [] : [next];
    }
    if (word.startsWith(`--${long}=`)) {
      return [word.slice(long.length + 3)];
    }
    if (short !== undefined && word.startsWith(`-${short}`) && !word.startsWith('--')) {
      return [word.slice(2).replace(/^=/, '')];
    }
    return [];
  });
}

/** The last value given. */
export function flagValue(argv: readonly string[], long: string, short?: string): string | undefined {
  return flagValues(argv, long, short).at(-1);
}

/** A switch: true, false as given last, or undefined where it is not given. */
export function switchValue(argv: readonly string[], long: string): boolean | undefined {
  const given = argv.filter((word) => word === `--${long}` || word.startsWith(`--${long}=`)).at(-1);
  if (given === undefined) {
    return undefined;
  }
  return given === `--${long}` || /=(1|t|true)$/i.test(given);
}
