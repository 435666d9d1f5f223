import type { Catalogue } from '../catalogue/catalogue.ts';
import { type ConfigText, readConfig } from '../catalogue/config.ts';
import { readSiteProfiles } from '../catalogue/profiles.ts';
import { type AbsPath, absPath, joinPath } from '../model/brand.ts';
import type { Said } from '../model/config.ts';
import type { HostReader } from '../model/host.ts';
import type { Profile } from '../model/remediation.ts';
import { type TrustedKind, filesIn, trustedText } from './trusted-files.ts';

/** Where root's configuration is. */
export const CONFIG_DIR = absPath('/etc/harden');

export const CONFIG_FILE: TrustedKind = {
  code: 'H2041',
  what: 'a file of configuration',
  because: 'what it says decides about this host',
};
export const PROFILE_FILE: TrustedKind = { ...CONFIG_FILE, what: 'a profile' };

/**
 * What root's files of configuration say, in rising order.
 * @throws HardenError (exit 65) where one has mistakes (all of them are named) or others than root could change it.
 */
export function machineConfig(host: HostReader, catalogue: Catalogue, folder: AbsPath = CONFIG_DIR): readonly Said[] {
  const files = configPaths(host, folder).map((path) => ({ path, text: trustedText(host, path, CONFIG_FILE) }));
  return configOf(files, catalogue, () => siteProfiles(host, catalogue, folder));
}

/** What one file says that was named, or that is somebody's own. */
export function configOf(
  files: readonly ConfigText[],
  catalogue: Catalogue,
  site: () => readonly Profile[],
  presentationOnly = false,
): readonly Said[] {
  return readConfig(files, {
    remediations: catalogue.remediations,
    profileNames: () => [...catalogue.profiles, ...site()].map(({ name }) => name),
    presentationOnly,
  });
}

/** The profiles of `profiles.d`, by file name. @throws HardenError (exit 65) as above. */
export function siteProfiles(host: HostReader, catalogue: Catalogue, folder: AbsPath = CONFIG_DIR): readonly Profile[] {
  const paths = filesIn(host, joinPath(folder, 'profiles.d'), false, PROFILE_FILE);
  return readSiteProfiles(
    catalogue,
    paths.map((path) => ({ path, text: trustedText(host, path, PROFILE_FILE) })),
  );
}

/** Root's files of configuration, the one that counts most last: `harden.json5`, then `conf.d/*.json5` by name. */
export function configPaths(host: HostReader, folder: AbsPath = CONFIG_DIR): readonly AbsPath[] {
  const main = joinPath(folder, 'harden.json5');
  return [
    ...(host.stat(main).status === 'absent' ? [] : [main]),
    ...filesIn(host, joinPath(folder, 'conf.d'), false, CONFIG_FILE),
  ];
}
