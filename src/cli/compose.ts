import { userInfo } from 'node:os';
import type { Ground } from '../app/ground.ts';
import type { PlanWish } from '../app/make-plan.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { isProfileFile, profileByName, readProfile } from '../catalogue/profiles.ts';
import { coarseOf } from '../catalogue/coarse.ts';
import { tailored } from '../catalogue/tailor.ts';
import { type ControlLists, selectControls } from '../catalogue/select.ts';
import { shippedCatalogue } from '../catalogue/shipped-catalogue.ts';
import { liveHost } from '../host/live-host.ts';
import { recordedHost } from '../host/recorded-host.ts';
import { parseRecording } from '../host/recording-file.ts';
import { rootedHost } from '../host/rooted-host.ts';
import { digestOfBytes } from '../model/canonical.ts';
import { SAME_AGAIN } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Profile } from '../model/remediation.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { profilesOfSite, settingsInForce } from './configured.ts';
import { refuseBlindToAttributes, refuseSteered, refuseWithoutProc, tellSteered } from './surroundings.ts';
import { type FileUse, readInput } from './result-file.ts';
import { TOOL_BUILD, TOOL_VERSION } from './version.ts';

/** Where a command looks: this machine, a folder taken as `/`, or a recording. */
export interface Place {
  readonly root: string | undefined;
  readonly from: string | undefined;
}

/** @throws HardenError where the place is not there, or DOCKER_HOST means another machine's engine. */
export function groundFor(place: Place): Ground {
  tellSteered();
  const catalogue = shippedCatalogue();
  const common = {
    catalogue,
    types: RESOURCE_TYPES,
    now: () => new Date(),
    toolVersion: TOOL_VERSION,
    toolBuild: TOOL_BUILD,
    operator: operator(),
  };
  if (place.from !== undefined) {
    const text = readInput(place.from);
    const recording = parseRecording(text, place.from === '-' ? 'standard input' : place.from);
    return {
      ...common,
      host: recordedHost(recording),
      recording: { digest: `sha256:${digestOfBytes(text)}`, takenAt: recording.takenAt },
    };
  }
  if (place.root !== undefined) {
    return { ...common, host: rootedHost(place.root), recording: null };
  }
  refuseOtherEngine();
  return { ...common, host: liveHost(), recording: null };
}

/** A host that will be written to: needs root, unless it is a folder of one's own. */
export function changeableGround(root: string | undefined): Ground {
  refuseSteered();
  refuseWithoutProc();
  const ground = groundFor({ root, from: undefined });
  if (root === undefined && process.geteuid?.() !== 0) {
    throw new HardenError({
      code: 'H0077',
      exit: EXIT.noPrivilege,
      message: 'changing this host needs root. Nothing was changed.',
      hint: `To run it as root: sudo ${SAME_AGAIN}; to only look: harden plan`,
    });
  }
  if (root === undefined) {
    refuseBlindToAttributes(ground.host.identity().capabilities);
  }
  return ground;
}

/** The controls the user chose, with how long the plan may be applied. */
export function wishFor(
  ground: Ground,
  chosen: ControlLists & { readonly profile: string },
  validForMs: number,
  use: FileUse = 'look',
): PlanWish {
  const profile = profileFor(ground, chosen.profile, use);
  const selection = selectControls(ground.catalogue, profile, chosen);
  return { selection, include: chosen.control, exclude: chosen.exclude, coarse: coarseOf(chosen), validForMs };
}

/** With what the configuration in force says of it. @throws HardenError where there is no such profile, or its file has mistakes. */
export function profileFor(ground: Pick<Ground, 'catalogue'>, wanted: string, use: FileUse = 'look'): Profile {
  const profile = isProfileFile(wanted)
    ? readProfile(ground.catalogue, wanted, readInput(wanted, use))
    : profileByName(knownProfiles(ground.catalogue, wanted), wanted);
  return tailored(ground.catalogue, profile, settingsInForce());
}

/** Those of the site are read only where none that comes along is meant. */
function knownProfiles(catalogue: Catalogue, wanted: string): Catalogue {
  const comesAlong = catalogue.profiles.some(({ name }) => name === wanted);
  return comesAlong ? catalogue : { ...catalogue, profiles: [...catalogue.profiles, ...profilesOfSite()] };
}

/** The login behind sudo, else the user this runs as. */
function operator(): string {
  const behind = process.env['SUDO_USER'];
  if (behind !== undefined && behind !== '') {
    return behind;
  }
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.geteuid?.() ?? 'unknown'}`;
  }
}

function refuseOtherEngine(): void {
  const dockerHost = process.env['DOCKER_HOST'] ?? '';
  const context = process.env['DOCKER_CONTEXT'] ?? '';
  const local =
    dockerHost === '' || dockerHost === 'unix:///var/run/docker.sock' || dockerHost === 'unix:///run/docker.sock';
  if (local && (context === '' || context === 'default')) {
    return;
  }
  throw new HardenError({
    code: 'H0067',
    exit: EXIT.usage,
    message: `${local ? 'DOCKER_CONTEXT' : 'DOCKER_HOST'} points to ${local ? context : dockerHost}, but harden looks at this machine only. Nothing was done.`,
    hint: 'To go on with this machine: unset DOCKER_HOST DOCKER_CONTEXT',
  });
}
