import { resolve } from 'node:path';
import type { Unattended } from '../app/unattended.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { readInput } from './result-file.ts';

/** What is kept with a run for those who read of it later. */
export interface NoteArguments {
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
}

export interface ApprovalArguments extends NoteArguments {
  readonly plan: string | undefined;
  readonly yes: boolean;
  readonly approve: string | undefined;
  readonly accept: string[];
  readonly 'skip-over-ceiling': boolean;
  readonly refresh: boolean;
  /** Of a run whose time has come: the plan is the one that was approved. */
  readonly scheduled?: string | undefined;
  readonly 'require-signature': boolean;
  readonly 'allowed-signers': string;
}

const DIGEST = /^(?:sha256:)?([0-9a-f]{8,64})$/;
const LONGEST_REASON = 1000;
const LONGEST_TICKET = 100;

/** Who signed the plan file that was given; undefined where no signature is required. @throws HardenError exit 65 */
export async function signerOf(args: ApprovalArguments, text: string | undefined): Promise<string | undefined> {
  if (!args['require-signature']) {
    return undefined;
  }
  const { SIGNATURE_NAMESPACE, nothingSigned, requireSignature } = await import('../app/signature.ts');
  if (args.plan === undefined || args.plan === '-' || text === undefined) {
    throw nothingSigned();
  }
  const allowedSigners = args['allowed-signers'];
  if (allowedSigners === '-') {
    throw wrong('--allowed-signers takes a file, not standard input: ssh-keygen reads it by its name');
  }
  // It decides who may change this host.
  const signers = readInput(allowedSigners, 'change');
  const { sshSigning } = await import('../host/ssh-signature.ts');
  return requireSignature(sshSigning(SIGNATURE_NAMESPACE), {
    file: resolve(args.plan),
    text,
    allowedSigners: resolve(allowedSigners),
    signers,
  });
}

/** @throws HardenError exit 64 where the options do not go together */
export function approvalFrom(args: ApprovalArguments): Unattended {
  const { approve, yes, accept, refresh, plan, scheduled } = args;
  const skipOverCeiling = args['skip-over-ceiling'];
  if (approve !== undefined && yes) {
    throw wrong('--approve names one plan and --yes a class of plans, so only one of them can be given');
  }
  if (!yes && (accept.length > 0 || skipOverCeiling)) {
    throw wrong(
      `${accept.length > 0 ? '--accept' : '--skip-over-ceiling'} says something about --yes, which was not given`,
    );
  }
  if (refresh && plan === undefined && scheduled === undefined) {
    throw wrong('--refresh needs a plan file; without one the host is planned now anyway');
  }
  return {
    approve: approve === undefined ? undefined : digestFrom(approve),
    accept: accept.flatMap((item) => item.split(',')).filter((item) => item !== ''),
    skipOverCeiling,
    note: noteFrom(args),
  };
}

/** @throws HardenError exit 64 */
export function noteFrom({ reason, ticket }: NoteArguments): Unattended['note'] {
  return {
    ...(reason === undefined ? {} : { reason: sentence('--reason', reason, LONGEST_REASON) }),
    ...(ticket === undefined ? {} : { ticket: sentence('--ticket', ticket, LONGEST_TICKET) }),
  };
}

function digestFrom(text: string): string {
  const [, digits] = DIGEST.exec(text) ?? [];
  if (digits === undefined) {
    throw wrong(`--approve takes the first 8 or more digits of a plan's digest; "${text}" is none`);
  }
  return digits;
}

function sentence(option: string, text: string, longest: number): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > longest || /\p{Cc}/u.test(trimmed)) {
    throw wrong(`${option} takes 1 to ${longest} characters in one line`);
  }
  return trimmed;
}

function wrong(what: string): HardenError {
  return new HardenError({
    code: 'H0080',
    exit: EXIT.usage,
    message: `${what}. Nothing was changed.`,
    hint: 'Usage: harden apply --help',
  });
}
