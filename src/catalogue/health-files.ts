import { SAME_AGAIN } from '../model/command-place.ts';
import type { HealthCheck } from '../model/health.ts';
import { healthFile } from './health-schema.ts';
import { problemsOf } from './issues.ts';
import { healthJsonSchema } from './json-schema.ts';
import { type Problem, malformed } from './problems.ts';
import { type SourceFile, readSource } from './source-file.ts';

/**
 * The checks of all files, in the order of the files.
 * @throws HardenError (exit 65, H2020) that names every mistake in every file with line and column.
 */
export function readHealthFiles(
  files: readonly { readonly path: string; readonly text: string }[],
): readonly HealthCheck[] {
  const read = files.map(({ path, text }) => readOne(path, text));
  const problems = [...read.flatMap((one) => one.problems), ...repeatedNames(read)];
  if (problems.length > 0) {
    throw malformed(problems, {
      code: 'H2020',
      what: files.length === 1 ? 'the file of health checks' : 'the files of health checks',
      areMany: files.length > 1,
      hint: `Correct it, then: ${SAME_AGAIN}; what such a file may say: harden help health`,
    });
  }
  return read.flatMap((one) => one.checks);
}

interface ReadFile {
  readonly source: SourceFile | undefined;
  readonly checks: readonly HealthCheck[];
  readonly problems: readonly Problem[];
}

function readOne(path: string, text: string): ReadFile {
  const outcome = readSource(path, text);
  if (outcome.status === 'unreadable') {
    return { source: undefined, checks: [], problems: outcome.problems };
  }
  const { source } = outcome;
  const parsed = healthFile.safeParse(source.value);
  if (!parsed.success) {
    return { source, checks: [], problems: problemsOf(parsed.error, source, healthJsonSchema) };
  }
  const checks = parsed.data.checks.map(({ name, probe, timeout, attempts, interval }): HealthCheck => ({
    name,
    probe,
    timeoutMs: timeout * 1000,
    attempts,
    intervalMs: interval * 1000,
    from: path,
  }));
  return { source, checks, problems: [] };
}

/** A name tells a check from the others in every report. */
function repeatedNames(read: readonly ReadFile[]): readonly Problem[] {
  const seen = new Set<string>();
  return read.flatMap(({ source, checks }) =>
    checks.flatMap(({ name }, index) => {
      const repeated = seen.has(name);
      seen.add(name);
      return repeated && source !== undefined
        ? [source.problemAt(['checks', index, 'name'], `a check named "${name}" is there already`)]
        : [];
    }),
  );
}
