import { EXIT, type FilePosition, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';

type Control = Plan['controls'][number];

/**
 * A configuration file that the daemon itself would refuse is mended by a person first: what else stands in it cannot be judged.
 * @throws HardenError (exit 65) that names the place and every control concerned.
 */
export function refuseBrokenFiles(plan: Plan): void {
  const broken = plan.controls.filter((control) => control.verdict === 'error');
  const [first] = broken;
  if (first === undefined) {
    return;
  }
  const ids = broken.flatMap((control) => control.ids[0] ?? []);
  const place = placeOf(first);
  throw new HardenError({
    code: 'H1102',
    exit: EXIT.malformed,
    message: 'a configuration file of this host is broken, so nothing was changed.',
    ...(place === undefined ? {} : { position: place.position, excerpt: place.excerpt }),
    details: [...new Set(broken.map((control) => control.reason)), `concerned: ${ids.join(' ')}`],
    hint: `Correct it, then: harden plan. To leave these out: harden apply -x ${ids.join(',')}`,
  });
}

/** The evidence of a broken file is the line that breaks it. */
function placeOf({ evidence }: Control): { readonly position: FilePosition; readonly excerpt: string } | undefined {
  for (const { source, read, value } of evidence) {
    const [, line, column] = /^line (\d+), column (\d+)$/.exec(read) ?? [];
    if (line !== undefined && column !== undefined) {
      return {
        position: { file: source, line: Number(line), column: Number(column) },
        excerpt: typeof value === 'string' ? value : '',
      };
    }
  }
  return undefined;
}
