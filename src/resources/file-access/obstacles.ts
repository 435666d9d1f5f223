import { isBelow } from '../../model/brand.ts';
import { shellWord } from '../../model/command-place.ts';
import type { HostFacts } from '../../model/facts.ts';
import { userText } from '../common/accounts.ts';
import { lostWithImage } from '../common/image-folders.ts';
import { DROP_IN_FOLDER } from './socket-unit.ts';
import type { AccessState, AccessTarget, UnsafeFolder } from './state.ts';
import { octal, settingsNeeded } from './wanted.ts';

/** Why harden leaves a path alone, and what a person can do. */
export interface Obstacle {
  readonly reason: string;
  readonly steps: readonly string[];
}

type Look = (target: AccessTarget, state: AccessState, facts: HostFacts) => Obstacle | undefined;

/** The first reason not to touch the path; undefined where there is none. Pure. */
export function obstacleOf(target: AccessTarget, state: AccessState, facts: HostFacts): Obstacle | undefined {
  for (const look of LOOKS) {
    const obstacle = look(target, state, facts);
    if (obstacle !== undefined) {
      return obstacle;
    }
  }
  return undefined;
}

const belowDataRoot: Look = ({ path }, _state, facts) => {
  const { dataRoot, containerdRoot } = facts.engine;
  const root = [dataRoot, containerdRoot].find((candidate) => candidate !== undefined && isBelow(path, candidate));
  return root === undefined
    ? undefined
    : {
        reason: `${path} lies below ${root}, where harden never changes anything`,
        steps: [`Move it to a folder outside ${root}`],
      };
};

const behindLink: Look = ({ path }, { realPath, stat }) =>
  realPath === path && stat.type !== 'symlink'
    ? undefined
    : {
        reason: `${path} is reached through a link to ${realPath}`,
        steps: [`Look at both, and put a plain file in place of the link: ls -l ${shellWord(path)}`],
      };

const hardLinked: Look = ({ path }, { stat }) =>
  stat.type === 'file' && stat.nlink > 1
    ? {
        reason: `${path} has ${stat.nlink} names (hard links); a change would reach the others too`,
        steps: [
          `Find the other names: find / -xdev -samefile ${shellWord(path)}`,
          'Make a copy of its own for this one, then plan again',
        ],
      }
    : undefined;

const protectedByFlag: Look = ({ path }, { attributes }) => {
  const flags = attributes?.flags ?? '';
  const letter = ['i', 'a'].find((flag) => flags.includes(flag));
  return letter === undefined
    ? undefined
    : {
        reason: `${path} is protected by chattr +${letter}`,
        steps: [`If that is not meant to stay: chattr -${letter} ${shellWord(path)}, then plan again`],
      };
};

const readOnly: Look = ({ path }, { mount }) =>
  mount?.options.includes('ro') === true
    ? {
        reason: `${path} lies on a file system that is mounted read-only (${mount.mountPoint})`,
        steps: ['Change it where this file system is made'],
      }
    : undefined;

const imageBased: Look = (target, state, facts) => {
  const files = [target.path, ...(needsDropIn(target, state) ? [DROP_IN_FOLDER] : [])];
  const reason = files.map((file) => lostWithImage(file, facts)).find((lost) => lost !== undefined);
  return reason === undefined
    ? undefined
    : {
        reason: `changes here do not last: ${reason}`,
        steps: [`Set it where the image of this system is made: ${target.path}`],
      };
};

const foreignFolder: Look = ({ path }, { unsafeFolders, accounts }, facts) => {
  const folder = unsafeFolders.find((candidate) => !isTightenedToo(candidate, facts));
  if (folder === undefined) {
    return undefined;
  }
  const who =
    folder.uid === 0
      ? `can be changed by others (mode ${octal(folder.mode)})`
      : `belongs to ${userText(accounts, folder.uid)}`;
  return {
    reason: `${folder.path}, above ${path}, ${who}; its owner could put something else there`,
    steps: [
      `Move it to a folder that only root can change, or give ${folder.path} to root: chown root:root ${shellWord(folder.path)}; chmod go-w ${shellWord(folder.path)}`,
    ],
  };
};

const groupUnclear: Look = (_target, { socketGroup }) =>
  socketGroup?.status === 'unclear'
    ? {
        reason: socketGroup.reason,
        steps: ['Look up the group (getent group NAME) and compare it with the socket: stat -c %G /run/docker.sock'],
      }
    : undefined;

const saidByContainerd: Look = ({ path, desired }, { origin }) => {
  if (origin.type !== 'containerd') {
    return undefined;
  }
  const user = desired.owner !== undefined && origin.uid !== 0;
  const group = desired.group === 'root' && origin.gid !== 0;
  return user || group
    ? {
        reason: `${origin.source} gives ${path} to ${origin.uid}:${origin.gid} at each start of containerd`,
        steps: [`Set uid = 0 and gid = 0 below [grpc] in ${origin.source}, then restart containerd when it suits`],
      }
    : undefined;
};

const othersDropInWins: Look = (target, state) =>
  needsDropIn(target, state) && state.origin.type === 'socket-unit' && state.origin.unit.dropIn === undefined
    ? {
        reason: `a drop-in of ${state.origin.unit.name} that systemd reads last decides about ${target.path}`,
        steps: [
          `See which: systemctl cat ${state.origin.unit.name}`,
          'Take SocketMode=, SocketUser= and SocketGroup= out of it, then plan again',
        ],
      }
    : undefined;

const LOOKS: readonly Look[] = [
  belowDataRoot,
  behindLink,
  hardLinked,
  protectedByFlag,
  readOnly,
  imageBased,
  foreignFolder,
  groupUnclear,
  saidByContainerd,
  othersDropInWins,
];

function needsDropIn({ desired }: AccessTarget, { origin }: AccessState): boolean {
  return origin.type === 'socket-unit' && Object.keys(settingsNeeded(desired, origin.unit)).length > 0;
}

/** Docker's own folder has controls of its own, which are carried out before anything in it. */
function isTightenedToo({ path }: UnsafeFolder, facts: HostFacts): boolean {
  const folder = facts.subjects['docker-config-directory'];
  return folder.status === 'present' && folder.paths.includes(path);
}
