import type { AbsPath } from '../model/brand.ts';
import { RUN_ID, RUN_VERBS, type RunVerb } from '../model/result.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { openPlace } from './place.ts';
import { ensureFolder, holding, openIfThere, readIfThere, writeNew } from './held.ts';
import { attempt } from './trouble.ts';

const RUNS = 'runs';
/** Older results are removed. Those of a verify have a number of their own: one every hour would else push out what changed the host. */
const KEPT: Readonly<Record<'changes' | 'verify', number>> = { changes: 50, verify: 20 };
/** `TIME-VERB-EXIT-ID.json`; the time without marks, so that names sort by it. */
const NAME = /^(\d{8}T\d{9}Z)-([a-z]+)-(\d{1,3})-([0-9a-f]{8,32})\.json$/;

/** A result that is kept, by its name. */
export interface RunEntry {
  readonly id: string;
  readonly verb: RunVerb;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly exit: number;
}

/** Results of runs; not part of any transaction, and nothing depends on them. */
export interface Runs {
  /** Oldest first. */
  list(): readonly RunEntry[];
  /** The result as it was written; undefined where it is not there any more. @throws Error where it cannot be read. */
  read(entry: RunEntry): string | undefined;
}

interface RunPlace {
  readonly sys: Sys;
  readonly home: Fd;
}

/** Keeps a result, 0600, and removes the oldest of its kind. Gives why it could not be kept. Never throws. */
export function keepRun({ sys, home }: RunPlace, entry: RunEntry, text: string): string | undefined {
  const kept = attempt(() => {
    holding(sys, ensureFolder(sys, home, RUNS), (folder) => {
      const unfinished = `.${entry.id}`;
      if (sys.statAt(folder, unfinished) !== undefined) {
        sys.unlink(folder, unfinished);
      }
      writeNew(sys, folder, { name: unfinished, content: new TextEncoder().encode(text) });
      sys.rename(folder, unfinished, nameOf(entry));
      prune(sys, folder);
      sys.sync(folder);
    });
  });
  return kept.ok ? undefined : kept.reason;
}

/** Where results are kept, and who we are. */
export interface RunsOptions {
  readonly stateSys: Sys;
  readonly stateDir: AbsPath;
  /** Effective user of this process. */
  readonly uid: number;
}

/** Hands out what is kept in a state folder, without a lock; undefined where there is no such folder. @throws HardenError where it is not safe. */
export function withRuns<T>(options: RunsOptions, use: (runs: Runs) => T): T | undefined {
  return inState(options, (place) => use(runsIn(place)));
}

/** As `keepRun`, in a state folder nobody holds: where there is none nothing is made. @throws HardenError where it is not safe. */
export function keepRunAt(options: RunsOptions, entry: RunEntry, text: string): string | undefined {
  return inState(options, (place) => keepRun(place, entry, text));
}

function inState<T>({ stateSys: sys, stateDir, uid }: RunsOptions, use: (place: RunPlace) => T): T | undefined {
  const home = openPlace(sys, stateDir, { uid, allowVolatile: true, create: false });
  return home === undefined ? undefined : holding(sys, home, () => use({ sys, home }));
}

function runsIn({ sys, home }: RunPlace): Runs {
  return {
    list: () => {
      const folder = openIfThere(sys, home, RUNS);
      return folder === undefined ? [] : holding(sys, folder, () => entriesIn(sys, folder));
    },
    read: (entry) => {
      const folder = openIfThere(sys, home, RUNS);
      const bytes =
        folder === undefined ? undefined : holding(sys, folder, () => readIfThere(sys, folder, nameOf(entry)));
      return bytes === undefined ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    },
  };
}

function entriesIn(sys: Sys, folder: Fd): readonly RunEntry[] {
  return [...sys.list(folder)].sort().flatMap(entryOf);
}

function prune(sys: Sys, folder: Fd): void {
  const all = entriesIn(sys, folder);
  const old = (kind: 'changes' | 'verify'): readonly RunEntry[] =>
    all.filter(({ verb }) => (verb === 'verify') === (kind === 'verify')).slice(0, -KEPT[kind]);
  for (const entry of [...old('changes'), ...old('verify')]) {
    sys.unlink(folder, nameOf(entry));
  }
}

function nameOf({ id, verb, at, exit }: RunEntry): string {
  return `${at.replaceAll(/[-:.]/g, '')}-${verb}-${exit}-${id}.json`;
}

function entryOf(name: string): readonly RunEntry[] {
  const [, time = '', word, exit, id = ''] = NAME.exec(name) ?? [];
  const verb = RUN_VERBS.find((known) => known === word);
  return verb === undefined || !RUN_ID.test(id) ? [] : [{ id, verb, at: isoOf(time), exit: Number(exit) }];
}

function isoOf(time: string): string {
  return time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, '$1-$2-$3T$4:$5:$6.$7Z');
}
