import { isBelow, absPath, type AbsPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Access } from '../../model/transaction.ts';
import { groupText, userText } from '../common/accounts.ts';
import type { AccessState, AccessTarget } from './state.ts';
import { octal } from './wanted.ts';

const DEBIAN_LIKE = /^(debian|ubuntu|raspbian|linuxmint|kali|devuan|pop)$/;
const READ = 0o4;
const WRITE = 0o2;

/** Who can do less after the change than now; each a sentence. A socket is used by writing to it. */
export function lostAccess({ path }: AccessTarget, { stat, accounts }: AccessState, after: Access): readonly string[] {
  const [bit, verb] = stat.type === 'socket' ? [WRITE, 'use'] : [READ, 'read'];
  const may = (mode: number, who: keyof typeof SHIFTS): boolean => (mode & (bit << SHIFTS[who])) !== 0;
  if (may(after.mode, 'others')) {
    return [];
  }
  const ownerLoses = stat.uid !== 0 && may(stat.mode, 'owner') && !(after.uid === stat.uid && may(after.mode, 'owner'));
  const groupLoses = stat.gid !== 0 && may(stat.mode, 'group') && !(after.gid === stat.gid && may(after.mode, 'group'));
  const left = after.gid !== 0 && may(after.mode, 'group') ? ` and group ${groupText(accounts, after.gid)}` : '';
  return [
    ...(ownerLoses ? [`${userText(accounts, stat.uid)}, who owns ${path} now, can no longer ${verb} it.`] : []),
    ...(groupLoses ? [`Members of group ${groupText(accounts, stat.gid)} can no longer ${verb} ${path}.`] : []),
    ...(may(stat.mode, 'others') ? [`Accounts other than root${left} can no longer ${verb} ${path}.`] : []),
  ];
}

const SHIFTS = { others: 0, group: 3, owner: 6 } as const;

/** What else to know before the change; each a sentence. */
export function remarks(target: AccessTarget, state: AccessState, after: Access, facts: HostFacts): readonly string[] {
  return [
    ...aclRemark(state, after),
    ...specialBitsRemark(target, state, after),
    ...packageRemark(target.path, state, after, facts),
    ...originRemark(target, state),
    ...folderRemark(state),
  ];
}

function aclRemark({ attributes, stat }: AccessState, after: Access): readonly string[] {
  if (attributes?.hasAcl !== true) {
    return [];
  }
  const narrows = (stat.mode & ~after.mode & 0o070) !== 0;
  return narrows
    ? [
        'It has an ACL. The group bits are its mask, so accounts and groups named there lose the same bits; the entries stay.',
      ]
    : ['It has an ACL, which stays as it is: accounts and groups named there keep their access.'];
}

function specialBitsRemark({ desired }: AccessTarget, { stat }: AccessState, after: Access): readonly string[] {
  const gone = stat.mode & ~after.mode & 0o6000;
  return gone !== 0 && desired.atMost === undefined
    ? ['Its set-user-id and set-group-id bits go too, as they do at each change of an owner: it must not run as root.']
    : [];
}

function packageRemark(path: AbsPath, { accounts }: AccessState, after: Access, facts: HostFacts): readonly string[] {
  if (!['/usr', '/lib'].some((folder) => isBelow(path, absPath(folder))) || isBelow(path, absPath('/usr/local'))) {
    return [];
  }
  const user = accounts.users.find(({ uid }) => uid === after.uid)?.name ?? `'#${after.uid}'`;
  const group = accounts.groups.find(({ gid }) => gid === after.gid)?.name ?? `'#${after.gid}'`;
  const lasting = DEBIAN_LIKE.test(facts.os.id)
    ? `To make it last: dpkg-statoverride --add ${user} ${group} ${octal(after.mode)} ${path}`
    : 'Look at it again after updates.';
  return [`A package brings this file, and an update sets its access anew. ${lasting}`];
}

function originRemark({ path }: AccessTarget, { origin, socketGroup }: AccessState): readonly string[] {
  switch (origin.type) {
    case 'file-system':
      return [];
    case 'socket-unit':
      return [`systemd reads its unit files again; neither ${origin.unit.name} nor docker is restarted.`];
    case 'dockerd': {
      const group = socketGroup?.status === 'known' ? ` and group ${socketGroup.name}` : '';
      return [
        `dockerd makes ${path} anew at each start, with mode 0660, for root${group}: the change agrees with that.`,
      ];
    }
    case 'containerd':
      return [
        `containerd makes ${path} anew at each start, with mode 0660 and ${origin.uid}:${origin.gid}: the change agrees with that.`,
      ];
  }
}

function folderRemark({ unsafeFolders, accounts }: AccessState): readonly string[] {
  return unsafeFolders.map(
    ({ path, uid, mode }) =>
      `Until ${path} (${octal(mode)}, of ${userText(accounts, uid)}) is closed to others, they can put another file in its place.`,
  );
}
