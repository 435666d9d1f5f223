import { DEFAULT_PROFILE } from '../catalogue/profiles.ts';
import { choiceWords } from '../model/choice-words.ts';
import { configWords } from './configured.ts';
import type { ControlArguments } from './control-options.ts';
import { type WaiverArguments, waiverWords } from './waivers.ts';

/** What decides which plan is made. */
export interface PlannedArguments extends ControlArguments, WaiverArguments {
  readonly profile: string;
  readonly root: string | undefined;
  readonly from?: string | undefined;
}

/** Options by which another command makes the plan that these arguments make. */
export function planWords(args: PlannedArguments): readonly string[] {
  return [
    ...(args.profile === DEFAULT_PROFILE ? [] : ['-p', args.profile]),
    ...choiceWords({ ...args, include: args.control }),
    ...(args.root === undefined ? [] : ['--root', args.root]),
    ...(args.from === undefined ? [] : ['--from', args.from]),
    ...waiverWords(args),
    ...configWords(),
  ];
}
