import type { AbsPath } from '../model/brand.ts';
import { joinPath } from '../model/brand.ts';
import type { Trouble } from '../model/transaction.ts';
import { passingGates } from './gates.ts';
import { type Manifest, listedNames } from './manifest.ts';
import { removeOurs } from './put-file.ts';
import { attempt } from './trouble.ts';
import { type Targets, inFolder } from './walk.ts';

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
