import type { Argv } from 'yargs';
import { DEFAULT_PROFILE } from '../catalogue/profiles.ts';
import { IMPACTS } from '../model/change.ts';
import { RISK_LEVELS } from '../plan/ceiling.ts';

/** What is looked at: profile, selection and host. */
export function selectionOptions<T>(argv: Argv<T>) {
  return argv
    .option('profile', {
      alias: 'p',
      type: 'string',
      requiresArg: true,
      default: DEFAULT_PROFILE,
      describe: 'profile name or file',
    })
    .option('control', {
      alias: 'c',
      type: 'string',
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe: 'only these: ids, ranges, globs, tag:NAME',
    })
    .option('exclude', {
      alias: 'x',
      type: 'string',
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe: 'not these',
    })
    .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' });
}

export function fromOption<T>(argv: Argv<T>) {
  return argv.option('from', {
    type: 'string',
    requiresArg: true,
    describe: 'plan from a recording (- is standard input)',
  });
}

export function formatOptions<T>(argv: Argv<T>) {
  return argv
    .option('format', {
      choices: ['text', 'json'] as const,
      default: 'text' as const,
      describe: 'what goes to standard output',
    })
    .option('json', { type: 'boolean', default: false, describe: 'short for --format json' });
}

export function outputOption<T>(argv: Argv<T>) {
  return argv.option('output', {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    describe: 'write the result to this file (mode 0600)',
  });
}

/** Consent without a question, up to a ceiling. */
export function consentOptions<T>(argv: Argv<T>) {
  return argv
    .option('yes', { type: 'boolean', default: false, describe: 'approve what stays under the two ceilings' })
    .option('max-risk', { choices: RISK_LEVELS, default: 'medium' as const, describe: 'ceiling of --yes' })
    .option('max-impact', { choices: IMPACTS, default: 'reload' as const, describe: 'ceiling of --yes' })
    .option('input', { type: 'boolean', default: true, describe: 'ask on a terminal; --no-input never asks' });
}

export function stateOptions<T>(argv: Argv<T>) {
  return argv
    .option('state-dir', {
      type: 'string',
      requiresArg: true,
      describe: 'where snapshots are kept (default /var/lib/harden)',
    })
    .option('accept-volatile-state', {
      type: 'boolean',
      default: false,
      describe: 'keep snapshots even where they may not outlast a crash (a live image, a container)',
    });
}
