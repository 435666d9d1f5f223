import type { WaiverDesk } from '../app/given-waivers.ts';
import type { Ground } from '../app/ground.ts';
import { WAIVER_DIR } from '../app/waiver-files.ts';
import type { WaiverContext } from '../catalogue/waivers.ts';
import { createConfigFile } from '../host/config-files.ts';
import { wordsFor } from '../host/errno.ts';
import { filesBehind } from '../host/user-files.ts';
import { HardenError } from '../model/errors.ts';
import type { Selection } from '../model/remediation.ts';
import { waiverTexts } from './waivers.ts';

/** Where waivers are given in the list of an apply: the folder `harden waiver add` writes to, or for a folder taken as `/` the one given with it. */
export function waiverDesk(
  ground: Ground,
  { profile }: Pick<Selection, 'profile'>,
  { root, waivers }: { readonly root: string | undefined; readonly waivers: readonly string[] },
): WaiverDesk {
  const folder = root === undefined ? WAIVER_DIR : onlyFolder(waivers);
  const context: WaiverContext = {
    catalogue: ground.catalogue,
    benchmark: profile.benchmark,
    today: ground.now().toISOString().slice(0, 10),
  };
  const { hostname } = ground.host.identity();
  const rest = { host: [hostname], approvedBy: undefined, from: undefined, onlyWhile: {} };
  const desk: WaiverDesk = {
    folder: folder ?? '',
    whyNot: async (control) => {
      if (folder === undefined) {
        return 'A waiver counts for a folder only where it is given with it. Begin again with --waivers FOLDER.';
      }
      const trial = { control, reason: '-', owner: '-', until: context.today };
      return reasonOf(() => desk.files([trial]));
    },
    problems: async (key, answer) => (await import('../app/waivers.ts')).answerProblems(key, answer, context),
    files: async (given) => {
      const { newWaiver } = await import('../app/waivers.ts');
      const existing = [...waiverTexts(ground, waivers, 'change')];
      return given.map((one) => {
        const place = { folder: folder ?? '', remark: waiverRemark(ground) };
        const file = newWaiver({ ...one, ...rest }, existing, context, place);
        existing.push(file);
        return file;
      });
    },
    write: ({ path, text }) => {
      try {
        createConfigFile(path, text);
        return undefined;
      } catch (error) {
        return wordsFor(error);
      }
    },
  };
  return desk;
}

/** By it `harden waiver remove` knows a file that holds nothing of anybody else's. */
export function waiverRemark({ now, operator }: Pick<Ground, 'now' | 'operator'>): string {
  const day = now().toISOString().slice(0, 10);
  return `Written by harden waiver add, ${day}, ${operator.replaceAll(/[^\w.@-]/g, '_')}.`;
}

async function reasonOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof HardenError) {
      return [error.message, ...error.details, error.hint].join('\n');
    }
    throw error;
  }
}

function onlyFolder(waivers: readonly string[]): string | undefined {
  const [folder, second] = waivers.filter((path) => !filesBehind(path, '.json5').includes(path));
  return second === undefined ? folder?.replace(/\/+$/, '') : undefined;
}
