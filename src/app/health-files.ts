import { readHealthFiles } from '../catalogue/health-files.ts';
import { CHECK_DEFAULTS } from '../catalogue/health-schema.ts';
import { type AbsPath, absPath, cleanPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HealthCheck } from '../model/health.ts';
import type { HostReader } from '../model/host.ts';
import { type TrustedKind, filesIn, realPathOf, refuseForeign, trustedText } from './trusted-files.ts';

export const HEALTH_DIR = absPath('/etc/harden/health.d');

const HEALTH_FILE: TrustedKind = {
  code: 'H5002',
  what: 'a file of health checks',
  because: 'what it says runs as root',
};

/**
 * The checks of /etc/harden/health.d, where it is there, and those of `--health`: a file or a folder of files ending in .json5, or a
 * program with its arguments. Only what nobody but root can change is taken.
 * @throws HardenError (exit 65) that names every mistake in every file.
 */
export function healthChecks(host: HostReader, given: readonly string[]): readonly HealthCheck[] {
  const wishes = given.map((text) => wishOf(host, text));
  const files = [
    ...filesIn(host, HEALTH_DIR, false, HEALTH_FILE),
    ...wishes.flatMap((wish) => ('files' in wish ? wish.files : [])),
  ];
  const texts = [...new Set(files)].map((path) => ({ path, text: trustedText(host, path, HEALTH_FILE) }));
  const checks = [
    ...(texts.length === 0 ? [] : readHealthFiles(texts)),
    ...wishes.flatMap((wish) => ('check' in wish ? [wish.check] : [])),
  ];
  for (const { probe, name, from } of checks) {
    if (probe.type === 'command') {
      refuseForeign(host, probe.argv[0], { ...HEALTH_FILE, what: `the program of health check "${name}" in ${from}` });
    }
  }
  return checks;
}

type Wish = { readonly files: readonly AbsPath[] } | { readonly check: HealthCheck };

function wishOf(host: HostReader, text: string): Wish {
  const whole = cleanPath(text);
  if (whole !== undefined) {
    const stat = host.stat(realPathOf(host, whole) ?? whole);
    if (stat.status === 'present' && stat.value.type === 'directory') {
      return { files: filesIn(host, whole, true, HEALTH_FILE) };
    }
    if (/\.json5?$/.test(whole)) {
      return { files: [whole] };
    }
  }
  const [program = '', ...args] = text.split(/\s+/).filter((word) => word !== '');
  const path = cleanPath(program);
  if (path === undefined || /["'\\]/.test(text)) {
    throw wrong(
      path === undefined
        ? `--health takes a file, a folder or a program by its absolute path; "${text}" is none of them`
        : '--health splits a command at its blanks and knows no quotes',
      ['A command with other arguments goes into a file: docs/health.md'],
    );
  }
  const { timeout, attempts, interval } = CHECK_DEFAULTS;
  const times = { timeoutMs: timeout * 1000, attempts, intervalMs: interval * 1000 };
  return { check: { name: text, probe: { type: 'command', argv: [path, ...args] }, ...times, from: '--health' } };
}

function wrong(what: string, details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H5003',
    exit: EXIT.usage,
    message: `${what}. Nothing was changed.`,
    details,
    hint: 'Usage: harden apply --help',
  });
}
