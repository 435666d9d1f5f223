import type { Argv } from 'yargs';
import { DEFAULT_PROFILE } from '../catalogue/profiles.ts';
import { IMPACTS } from '../model/change.ts';
import { REPORT_KINDS } from '../model/report.ts';
import { RISK_LEVELS } from '../plan/ceiling.ts';
import { GROUPINGS } from '../render/plan-groups.ts';
import { controlOptions } from './control-options.ts';

const ALLOWED_SIGNERS = '/etc/harden/allowed_signers';

/** What is looked at: profile, selection and host. */
export function selectionOptions<T>(argv: Argv<T>) {
  return controlOptions(argv)
    .option('profile', {
      alias: 'p',
      type: 'string',
      requiresArg: true,
      default: DEFAULT_PROFILE,
      describe: 'profile name or file',
    })
    .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' });
}

export function fromOption<T>(argv: Argv<T>) {
  return argv.option('from', {
    type: 'string',
    requiresArg: true,
    describe: 'a recording instead of a host, read only (- is standard input)',
  });
}

export function formatOptions<T>(argv: Argv<T>) {
  return jsonOption(argv).option('format', {
    choices: ['text', 'json'] as const,
    default: 'text' as const,
    describe: 'what goes to standard output',
  });
}

/** For commands with formats of their own: choices of an option that is defined twice would add up. */
export function jsonOption<T>(argv: Argv<T>) {
  return argv.option('json', { type: 'boolean', default: false, describe: 'short for --format json' });
}

export function outputOption<T>(argv: Argv<T>) {
  return argv.option('output', {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    describe: 'write the result to this file (mode 0600)',
  });
}

export function reportOption<T>(argv: Argv<T>) {
  return argv.option('report', {
    type: 'string',
    array: true,
    requiresArg: true,
    default: [] as string[],
    describe: `KIND:FILE, another rendering beside the text; - is standard output. Kinds: ${REPORT_KINDS.join(' ')}`,
  });
}

/** A number for whoever wants one. */
export function scoreOption<T>(argv: Argv<T>) {
  return argv.option('score', {
    type: 'boolean',
    default: false,
    describe: 'also pass / (pass + fail) of the automated controls, with what is not in it',
  });
}

/** Consent without a question, up to a ceiling. */
export function consentOptions<T>(argv: Argv<T>) {
  return argv
    .option('yes', { type: 'boolean', default: false, describe: 'approve what stays under the two ceilings' })
    .option('max-risk', { choices: RISK_LEVELS, default: 'medium' as const, describe: 'ceiling of --yes' })
    .option('max-impact', { choices: IMPACTS, default: 'reload' as const, describe: 'ceiling of --yes' });
}

/** What must hold before a change and after it. */
export function healthOptions<T>(argv: Argv<T>) {
  return checkOptions(argv).option('trial-container', {
    type: 'boolean',
    default: true,
    describe:
      'where dockerd is activated, start and remove one throwaway container before and after; --no-trial-container goes without',
  });
}

/** Checks of the site's own. `more`: what the command says besides. */
export function checkOptions<T>(argv: Argv<T>, more = '') {
  return argv.option('health', {
    type: 'string',
    array: true,
    requiresArg: true,
    default: [] as string[],
    describe: `checks of your own besides /etc/harden/health.d: a file, a folder, or "/PROGRAM ARGUMENT ..."${more}`,
  });
}

/** What the site lives with. */
export function waiverOptions<T>(argv: Argv<T>) {
  return argv
    .option('waivers', {
      type: 'string',
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe: 'a file or folder of waivers, besides /etc/harden/waivers.d of this machine',
    })
    .option('waiver-grace', {
      type: 'string',
      requiresArg: true,
      describe: 'take a waiver for so long after its end (7d; at most 30d); it is shown in red',
    });
}

/** Which host's state is meant, for commands that keep nothing new. */
export function placeOptions<T>(argv: Argv<T>) {
  return argv
    .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
    .option('state-dir', {
      type: 'string',
      requiresArg: true,
      describe: 'where snapshots are kept (default /var/lib/harden)',
    });
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

/** How everything is shown, on every command. */
export function presentationOptions<T>(argv: Argv<T>) {
  return argv
    .option('width', {
      type: 'number',
      requiresArg: true,
      describe: 'columns of text, 40 to 1000, of which at most 100 are used (default: the terminal)',
    })
    .option('ascii', {
      type: 'boolean',
      default: false,
      describe: 'plain letters only, also where the locale is UTF-8',
    })
    .option('accessible', {
      type: 'boolean',
      default: false,
      describe: 'for a screen reader: sentences, nothing is drawn again, questions are numbered lists',
    })
    .option('color', { choices: ['auto', 'always', 'never'] as const, default: 'auto' as const, describe: 'colours' })
    .option('pager', { type: 'boolean', default: true, describe: 'page what is long; --no-pager never does' })
    .option('quiet', {
      alias: 'q',
      type: 'boolean',
      default: false,
      describe: 'the result and what goes wrong, no progress',
    })
    .option('input', { type: 'boolean', default: true, describe: 'ask on a terminal; --no-input never asks' })
    .option('verbose', { alias: 'v', type: 'boolean', default: false, describe: 'each step also when it begins' });
}

/** How a plan is laid out. */
export function layoutOptions<T>(argv: Argv<T>) {
  return argv
    .option('group-by', { choices: GROUPINGS, default: 'effect' as const, describe: 'what stands under one heading' })
    .option('full', { type: 'boolean', default: false, describe: 'fold nothing, and show what files look like after' })
    .option('show-pass', { type: 'boolean', default: false, describe: 'name the passing controls too' });
}

export function noteOptions<T>(argv: Argv<T>) {
  return argv
    .option('reason', { type: 'string', requiresArg: true, describe: 'why; kept with the run' })
    .option('ticket', {
      type: 'string',
      requiresArg: true,
      describe: 'number of the change request; kept with the run',
    });
}

/** Consent of an apply that nobody is asked for. */
export function approvalOptions<T>(argv: Argv<T>) {
  return noteOptions(argv)
    .option('approve', {
      type: 'string',
      requiresArg: true,
      describe: 'approve exactly the plan with this digest (8 digits or more)',
    })
    .option('accept', {
      type: 'string',
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe:
        'with --yes: also this control, though it cannot be undone, may keep somebody out or removes containers',
    })
    .option('skip-over-ceiling', {
      type: 'boolean',
      default: false,
      describe: 'with --yes: leave out what goes beyond the ceilings, with what needs it, and apply the rest',
    })
    .option('refresh', {
      type: 'boolean',
      default: false,
      describe: 'with a plan file: plan again, go on only where that is the approved plan or less',
    })
    .option('require-signature', {
      type: 'boolean',
      default: false,
      describe: 'take only a plan file whose signature, in PLAN.sig, one of the allowed signers made',
    })
    .option('allowed-signers', {
      type: 'string',
      requiresArg: true,
      default: ALLOWED_SIGNERS,
      describe: 'who may sign plans, as ssh-keygen(1) describes it',
    });
}

export function eventsOption<T>(argv: Argv<T>) {
  return argv.option('events', {
    type: 'string',
    requiresArg: true,
    describe: 'also one JSON event per line, as it happens: a file, or fd:N, an open descriptor',
  });
}

/** What a reviewer of a plan wants beside it. */
export function reviewOptions<T>(argv: Argv<T>) {
  return argv
    .option('sign', {
      type: 'string',
      requiresArg: true,
      implies: 'output',
      describe: 'sign the plan file with this SSH key; the signature is written beside it, FILE.sig',
    })
    .option('against', {
      type: 'string',
      requiresArg: true,
      describe: 'also what differs from a plan or result file, a run or a snapshot',
    })
    .option('redact', {
      type: 'boolean',
      default: false,
      describe: 'with --format md: mask names of hosts and containers, and paths',
    })
    .option('state-dir', {
      type: 'string',
      requiresArg: true,
      describe: 'where runs are kept (default /var/lib/harden)',
    });
}
