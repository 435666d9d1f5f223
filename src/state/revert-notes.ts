import * as z from 'zod';
import type { RevertNote } from '../model/revert.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { ensureFolder, holding, openIfThere, readIfThere, writeNew } from './held.ts';
import { TRANSACTION_ID } from './manifest.ts';
import { attempt } from './trouble.ts';

const NOTES = 'reverted';

interface NotePlace {
  readonly sys: Sys;
  readonly home: Fd;
}

/** Keeps a note, durable, in place of an older one of the same run. */
export function noteRevert({ sys, home }: NotePlace, note: RevertNote): void {
  const content = new TextEncoder().encode(`${JSON.stringify(note)}\n`);
  holding(sys, ensureFolder(sys, home, NOTES), (folder) => {
    const unfinished = `.${note.id}`;
    if (sys.statAt(folder, unfinished) !== undefined) {
      sys.unlink(folder, unfinished);
    }
    writeNew(sys, folder, { name: unfinished, content });
    sys.rename(folder, unfinished, note.id);
    sys.sync(folder);
  });
}

/** Oldest first. A note that cannot be read still counts as one. */
export function readRevertNotes(sys: Sys, home: Fd): readonly RevertNote[] {
  const folder = openIfThere(sys, home, NOTES);
  if (folder === undefined) {
    return [];
  }
  return holding(sys, folder, () =>
    sys
      .list(folder)
      .filter((name) => TRANSACTION_ID.test(name))
      .map((id) => noteFrom(id, readText(sys, folder, id)))
      .sort((a, b) => (a.at < b.at ? -1 : 1)),
  );
}

/** Somebody saw them. */
export function removeRevertNotes({ sys, home }: NotePlace): void {
  const folder = openIfThere(sys, home, NOTES);
  if (folder !== undefined) {
    holding(sys, folder, () => {
      sys.list(folder).forEach((name) => sys.unlink(folder, name));
      sys.sync(folder);
    });
  }
}

function readText(sys: Sys, folder: Fd, id: string): string {
  const bytes = attempt(() => readIfThere(sys, folder, id));
  return bytes.ok && bytes.value !== undefined ? new TextDecoder().decode(bytes.value) : '';
}

function noteFrom(id: string, text: string): RevertNote {
  try {
    const parsed = noteSchema.safeParse(JSON.parse(text));
    if (parsed.success) {
      return { ...parsed.data, id };
    }
  } catch {
    // Damaged: that it is there is what counts.
  }
  return { id, cause: 'clock', at: '', notAsBefore: null };
}

const noteSchema = z.lazy(() =>
  z.object({
    cause: z.enum(['clock', 'boot']),
    at: z.string(),
    notAsBefore: z
      .array(z.strictObject({ what: z.string(), reason: z.string() }))
      .readonly()
      .nullable(),
  }),
);
