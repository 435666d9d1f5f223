import type { WaiverText } from '../catalogue/waivers.ts';
import { type AbsPath, absPath } from '../model/brand.ts';
import { SAME_AGAIN } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostReader } from '../model/host.ts';
import { type TrustedKind, filesIn, trustedText } from './trusted-files.ts';

export const WAIVER_DIR = absPath('/etc/harden/waivers.d');

const WAIVER_FILE: TrustedKind = {
  code: 'H2031',
  what: 'a file of waivers',
  because: 'what it says makes controls count no more',
};

/** True where a command has to look into the folder at all; cheap, for commands that mostly find nothing there. */
export function hasWaiverFolder(host: Pick<HostReader, 'stat'>, folder: AbsPath = WAIVER_DIR): boolean {
  return host.stat(folder).status !== 'absent';
}

/**
 * Every `.json5` of a folder of root's, by name; only files that nobody but root can change are taken.
 * @throws HardenError (exit 65; 77 where this user may not look) that names the first file that cannot be taken.
 */
export function trustedWaiverTexts(host: HostReader, folder: AbsPath = WAIVER_DIR): readonly WaiverText[] {
  const names = host.list(folder);
  if (names.status === 'unreadable' && host.identity().uid !== 0) {
    throw new HardenError({
      code: 'H2032',
      exit: EXIT.noPrivilege,
      message: `${folder} can be read by root only, so it is not known which controls are waived. Nothing was changed.`,
      details: [names.reason],
      hint: `To look as root: sudo ${SAME_AGAIN}`,
    });
  }
  return filesIn(host, folder, false, WAIVER_FILE).map((path) => ({
    path,
    text: trustedText(host, path, WAIVER_FILE),
  }));
}
