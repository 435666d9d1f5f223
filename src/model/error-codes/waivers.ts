import type { CodePage } from './page.ts';

/** What goes wrong with waivers, beside what is in their files. */
export const WAIVER_CODES = {
  H0076: {
    title: '--waiver-grace is too long',
    why: 'A grace bridges a waiver that was forgotten; a longer one would be a waiver without an end.',
    remedy: 'Give the waiver another last day, or a grace of at most 30d.',
  },
  H2033: {
    title: 'no waivers are where --waivers says',
    why: 'The file or folder is not there, cannot be read, or holds no file that ends in .json5.',
    remedy: 'To see which waivers are taken: harden waiver list --waivers PLACE',
  },
  H2034: {
    title: 'a waiver is not complete, or cannot be taken',
    why: 'Control, reason, owner and last day are needed, and each must be one that a file of waivers may hold.',
    remedy: 'All options: harden waiver add --help',
  },
  H2035: {
    title: 'no single waiver is meant',
    why: 'None is for this control, or several are, for different hosts.',
    remedy: 'To see all of them: harden waiver list',
  },
  H2036: {
    title: 'a waiver cannot be taken out of its file by program',
    why: 'Nothing else in the file may change, and that is not certain for the way it is written.',
    remedy: 'Take out the lines that are named with an editor, then: harden waiver check',
  },
  H2037: {
    title: 'the folder of waivers cannot be written to',
    why: 'It may be missing, read-only, or belong to another user.',
    remedy: 'To write to the folder of this machine: sudo harden waiver add',
  },
} as const satisfies Readonly<Record<string, CodePage>>;
