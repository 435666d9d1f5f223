import type { AbsPath } from '../model/brand.ts';
import { joinPath } from '../model/brand.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Trouble } from '../model/transaction.ts';
import { passingGates } from './gates.ts';
import { type Manifest, listedNames } from './manifest.ts';
import { removeOurs } from './put-file.ts';
import { discard } from './save.ts';
import { attempt } from './trouble.ts';
import { type Targets, inFolder } from './walk.ts';

/** As many transactions that were taken back stay, for people to look at; files of others are never among what goes. */
const DONE_KEPT = 20;

/** Takes the oldest away of those that ended with an undo. What cannot go now goes another time. */
export function pruneDone({ sys, done }: { readonly sys: Sys; readonly done: Fd }): void {
  attempt(() => {
    const byAge = sys
      .list(done)
      .map((id) => ({ id, since: BigInt(sys.statAt(done, id)?.mtimeNs ?? 0) }))
      .sort((a, b) => (a.since < b.since ? -1 : 1));
    for (const { id } of byAge.slice(0, -DONE_KEPT)) {
      attempt(() => discard(sys, done, id));
    }
  });
}

/** Takes away, after the commit, what was kept beside the targets, and makes that durable. What fails is named and may be tried again. */
export function removeHiddenNames(targets: Targets, manifest: Manifest): readonly Trouble[] {
  const byFolder = listedNames(manifest);
  const listed = new Set([...byFolder.values()].flat());
  // A rollback may have opened a folder again as its last step.
  const passing = passingGates(targets, manifest);
  return [...byFolder].flatMap(([folder, names]) => {
    const done = attempt(() => removeIn(passing, folder, { names, listed }));
    return done.ok ? [] : [{ what: folder, reason: done.reason }];
  });
}

function removeIn(
  targets: Targets,
  folder: AbsPath,
  what: { readonly names: readonly string[]; readonly listed: ReadonlySet<string> },
): void {
  const { sys } = targets;
  inFolder(targets, joinPath(folder, 'x'), {
    found: (held) => {
      const removed = what.names.map((name) => removeOurs(sys, held, name, what.listed));
      if (removed.includes(true)) {
        sys.sync(held);
      }
    },
    // It was removed itself, with all that stood in it.
    missing: () => undefined,
  });
}
