import { resolve } from 'node:path';
import { isProfileFile } from '../catalogue/profiles.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { configWords } from './configured.ts';
import { argumentsOf } from './keeping.ts';
import { refuseUnlessRoots } from './result-file.ts';

/** The part of the command line of `apply` that counts then as it counts now. */
export interface LaterArguments {
  readonly at: string | undefined;
  readonly plan: string | undefined;
  readonly profile: string;
  readonly root: string | undefined;
  readonly 'dry-run': boolean;
  readonly output: string | undefined;
  readonly events: string | undefined;
  readonly report: readonly string[];
  readonly health: readonly string[];
  readonly 'trial-container': boolean;
  readonly 'confirm-within': string | undefined;
  readonly waivers: readonly string[];
  readonly 'waiver-grace': string | undefined;
  readonly refresh: boolean;
  readonly timeout?: string | undefined;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
}

/** Everything the run is told besides which plan; what stands in files is named by absolute paths. */
export function laterWords(args: LaterArguments): readonly string[] {
  const option = (name: string, values: readonly (string | undefined)[]): readonly string[] =>
    values.flatMap((value) => (value === undefined ? [] : [`--${name}`, value]));
  const profile = isProfileFile(args.profile) ? [rootsFile(args.profile)] : [];
  const [, config] = configWords();
  return [
    '--no-input',
    ...argumentsOf({ stateDir: args['state-dir'], acceptVolatile: args['accept-volatile-state'] }),
    ...option('config', config === undefined ? [] : [rootsFile(config)]),
    ...option('profile', profile),
    ...option(
      'waivers',
      args.waivers.map((file) => (file.endsWith('.json5') ? rootsFile(file) : resolve(file))),
    ),
    ...option('waiver-grace', [args['waiver-grace']]),
    ...option('health', [...new Set(args.health)]),
    ...(args['trial-container'] ? [] : ['--no-trial-container']),
    ...option('confirm-within', [args['confirm-within']]),
    ...(args.refresh ? ['--refresh'] : []),
    ...option('timeout', [args.timeout]),
  ];
}

function rootsFile(file: string): string {
  if (file === '-') {
    throw wrongLater('with --at nothing can be read from standard input but the plan');
  }
  refuseUnlessRoots(file);
  return resolve(file);
}

/** @throws HardenError exit 64 where an option is about what is done now */
export function refuseOutOfPlace(args: LaterArguments): void {
  const now = [
    ...(args.root === undefined ? [] : ['--root']),
    ...(args['dry-run'] ? ['--dry-run'] : []),
    ...(args.events === undefined ? [] : ['--events']),
    ...(args.report.length === 0 ? [] : ['--report']),
    ...(args.output === undefined ? [] : ['--output']),
  ];
  if (now.length > 0) {
    throw wrongLater(
      `${now.join(' and ')} cannot be given with --at: ${args.root === undefined ? 'nothing is carried out now' : 'a folder has no clock'}`,
    );
  }
}

export function wrongLater(what: string): HardenError {
  return new HardenError({
    code: 'H0085',
    exit: EXIT.usage,
    message: `${what}. Nothing was changed.`,
    hint: 'For example: harden apply --at "Sun 03:00", harden apply --at boot; how such a run went: harden report ID',
  });
}
