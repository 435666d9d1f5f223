import type { WaiverDesk, WaiverFile } from './given-waivers.ts';
import type { RunOutcome, WaiverGiven } from './outcome.ts';

/** Writes the waivers where the run got to its end, and says of each what became of it. */
export function withGiven(outcome: RunOutcome, desk: WaiverDesk | undefined, files: readonly WaiverFile[]): RunOutcome {
  if (desk === undefined || files.length === 0) {
    return outcome;
  }
  switch (outcome.type) {
    case 'done':
    case 'nothing-to-do':
      return { ...outcome, waiversGiven: writtenWaivers(desk, files) };
    case 'rolled-back':
      return { ...outcome, waiversGiven: unwrittenWaivers(files, 'the apply was put back') };
    case 'declined':
    case 'dry-run':
    case 'reverted':
    case 'scheduled':
      return outcome;
  }
}

/** Writes them all, each on its own: one that cannot be written keeps no other back. */
function writtenWaivers(desk: Pick<WaiverDesk, 'write'>, files: readonly WaiverFile[]): readonly WaiverGiven[] {
  return files.map((file) => givenOf(file, desk.write(file)));
}

/** None of them was written. */
function unwrittenWaivers(files: readonly WaiverFile[], problem: string): readonly WaiverGiven[] {
  return files.map((file) => givenOf(file, problem));
}

function givenOf({ path, waiver }: WaiverFile, problem: string | undefined): WaiverGiven {
  const { control, until } = waiver;
  return { control, until, file: path, ...(problem === undefined ? {} : { problem }) };
}
