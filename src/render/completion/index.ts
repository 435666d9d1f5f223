import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

/** The script of each shell. */
export const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
