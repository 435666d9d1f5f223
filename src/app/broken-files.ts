import { EXIT, HardenError, type HardenErrorDetails } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';

type Control = Plan['controls'][number];

/**
 * A configuration file that the daemon itself would refuse is mended by a person first: what else stands in it cannot be judged.
 * `leaveOut` is how the same is asked for without them.
 * @throws HardenError (exit 65) that names the place and every control concerned.
 */
export function refuseBrokenFiles(plan: Plan, leaveOut: (ids: readonly string[]) => string): void {
  const broken = brokenFiles(plan, 'a configuration file of this host is broken, so nothing was changed.', leaveOut);
  if (broken !== undefined) {
    throw broken;
  }
}

/** The same to be told beside a plan or a verification, which goes on with the rest; undefined where no file is broken. */
export function brokenFiles(
  plan: Plan,
  message = 'a configuration file of this host is broken, so what stands in it was not judged.',
  leaveOut?: (ids: readonly string[]) => string,
): HardenError | undefined {
  const broken = plan.controls.filter((control) => control.verdict === 'error');
  const [first] = broken;
  if (first === undefined) {
    return undefined;
  }
  const ids = broken.flatMap((control) => control.ids[0] ?? []);
  const place = placeOf(first);
  const { file, line, column } = place?.position ?? {};
  const reasons = broken.map(({ reason }) => reason.replace(`${file}, line ${line}, column ${column}: `, ''));
  const without = leaveOut === undefined || broken.length === plan.controls.length ? '' : `\n${leaveOut(ids)}`;
  return new HardenError({
    code: 'H1102',
    exit: EXIT.malformed,
    message,
    ...place,
    details: [...new Set(reasons), `concerned: ${ids.join(' ')}`],
    hint: `Correct it, then: harden plan${without}`,
  });
}

/** The evidence of a broken file is the line that breaks it, after the one before. */
function placeOf({ evidence }: Control): Pick<HardenErrorDetails, 'position' | 'excerpt' | 'before'> | undefined {
  for (const { source, read, value } of evidence) {
    const [, line, column] = /^line (\d+), column (\d+)$/.exec(read) ?? [];
    if (line !== undefined && column !== undefined) {
      const before = evidence.find((one) => one.source === source && one.read === `line ${Number(line) - 1}`)?.value;
      return {
        position: { file: source, line: Number(line), column: Number(column) },
        ...(textOf(value) === '' ? {} : { excerpt: textOf(value), before: textOf(before) }),
      };
    }
  }
  return undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
