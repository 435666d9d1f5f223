import type { CodePage } from './page.ts';

/** Approval without a question, signatures, and runs that are kept. */
export const APPROVAL_CODES = {
  H0080: {
    title: 'options of an approval do not go together',
    why: 'An approval must say one thing: a digest of eight or more hexadecimal digits, or --yes with its ceilings. Some options need a plan file.',
    remedy: 'The message names the option concerned. All of them: harden apply --help',
  },
  H0081: {
    title: 'the place for events cannot be written to',
    why: 'The file cannot be opened, or no descriptor of that number is open for writing.',
    remedy: 'Give a file in a folder that exists: harden apply --events /var/log/harden.jsonl',
  },
  H1040: {
    title: 'a stored result cannot be used',
    why: 'It is not whole, was changed after it was written, or was written by a newer version.',
    remedy: 'To see what else is kept: harden history list',
  },
  H1041: {
    title: 'a plan is not signed as asked for',
    why: 'Its signature is missing, was made over another text or for another purpose, or by a key that the file of allowed signers does not hold at this time.',
    remedy: 'Look at the plan, then sign it again: harden plan --from FILE -o PLAN --sign KEY',
  },
  H1042: {
    title: 'a plan could not be signed',
    why: 'ssh-keygen is missing, or did not take the key.',
    remedy: 'To see why: ssh-keygen -Y sign -n harden-plan -f KEY PLAN',
  },
  H2050: {
    title: 'there is no such run',
    why: 'No result or snapshot has this id, or several begin with it. Old results are removed.',
    remedy: 'To see their ids: harden history list',
  },
  H4020: {
    title: 'another plan was approved',
    why: 'The plan made now is not the one whose digest was given: the host, the choice or the content differs.',
    remedy: 'Look at the plan of this moment, then approve that one: harden plan',
  },
  H4021: {
    title: 'a control that was accepted is not in the plan',
    why: 'Every --accept names one control of the plan by number or name; one that is not there may be a slip.',
    remedy: 'To see the controls of the plan: harden plan',
  },
  H4022: {
    title: 'the plan of this moment goes beyond the approved one',
    why: 'With --refresh only what was approved may be done, or less.',
    remedy: 'Look at the difference, then approve a new plan: harden plan -o FILE',
  },
  H4023: {
    title: 'a plan file may not be applied any more when its time comes',
    why: 'Whoever made the plan said how long it may be applied, and --at names a later time.',
    remedy:
      'Make one that lasts: harden plan --expires 7d -o FILE. Or let it be weighed anew then: harden apply FILE --refresh --at TIME',
  },
} as const satisfies Readonly<Record<string, CodePage>>;
