/** Takes one line of what harden does inside. Never throws. */
type Hear = (line: string) => void;

let hear: Hear | undefined;

/** From now on each program that is started and each question to the engine is told as it ends; for `--debug`. */
export function hearInternals(listener: Hear): void {
  hear = listener;
}

/** Notes that something begins; what this gives is called with how it ended. Costs nothing where nobody listens. */
export function noted(what: () => string): (ended: string) => void {
  if (hear === undefined) {
    return () => undefined;
  }
  const from = performance.now();
  return (ended) => hear?.(`${what()}: ${ended} after ${Math.round(performance.now() - from)} ms`);
}
