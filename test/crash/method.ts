/** How much of a method is run: `quick` in every test run, `full` before a release and in the nightly run. */
export type Effort = 'quick' | 'full';

/** What a method found. */
export interface MethodResult {
  /** How many of what the method counts were tried. */
  readonly points: number;
  /** One line each: the point, what was expected, what was seen. Empty where every point held. */
  readonly violations: readonly string[];
}

/** What a method counts: crash points and faults, tries of a race, inputs of a parser, or mutants. Only the first are added up. */
export type Unit = 'points' | 'tries' | 'inputs' | 'mutants';

/** One way to break a run on purpose. Rows are those of docs/crash-safety.md. */
export interface CrashMethod {
  /** Name in the table, short and stable: it is the key in the JSON too. */
  readonly name: string;
  readonly rows: readonly string[];
  /** Default `points`. */
  readonly counts?: Unit;
  /** Fewer points than this mean that the method itself is broken; every method says it, a test asks for it. */
  readonly least?: Readonly<Record<Effort, number>>;
  /** Why it cannot run on this machine; undefined where it can. */
  missing(): string | undefined;
  run(effort: Effort): Promise<MethodResult>;
}
