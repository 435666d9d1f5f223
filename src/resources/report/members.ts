import type { Json } from '../../model/canonical.ts';
import type { Evidence } from '../../model/state.ts';
import { type Accounts, groupText } from '../common/accounts.ts';
import type { Judge, ReportState } from './state.ts';

/** Accounts that can use the socket through its group. The group is the socket's own, not the word `docker`. */
export const judgeSocketGroupMembers: Judge = (state, { manual, parameters }) => {
  const { accounts } = state;
  const gids = groupsOf(state);
  if (gids === undefined) {
    const reason =
      state.configuredGroup.status === 'unclear'
        ? state.configuredGroup.reason
        : 'the group of the socket is not known';
    return { verdict: 'manual', reason, evidence: [], steps: manual };
  }
  const found = gids.map((gid) => ({ gid, ...membersOf(accounts, gid) }));
  const evidence = [...socketEvidence(state), ...found.flatMap((group) => memberEvidence(accounts, group))];
  const members = [...new Set(found.flatMap(({ named, primary }) => [...named, ...primary]))].sort();
  if (accounts.directories.length > 0) {
    const reason = `${accounts.directories.join(', ')} may add members that the local files do not show`;
    return { verdict: 'manual', reason, evidence, steps: manual };
  }
  const trusted = trustedUsers(parameters['trusted-users']);
  const others = members.filter((member) => trusted?.includes(member) !== true);
  if (others.length === 0) {
    return { verdict: 'pass', evidence };
  }
  const groups = gids.map((gid) => groupText(accounts, gid)).join(', ');
  const reason =
    trusted === undefined
      ? `root in all but name: ${others.join(', ')}, through group ${groups}`
      : `not on the list of trusted-users: ${others.join(', ')}, in group ${groups}`;
  return {
    verdict: 'manual',
    reason,
    evidence,
    steps: trusted === undefined ? manual : [...removalSteps(others, state), ...manual],
  };
};

function groupsOf({ sockets, configuredGroup }: ReportState): readonly number[] | undefined {
  if (sockets.length > 0) {
    return [...new Set(sockets.map(({ gid }) => gid))].sort((a, b) => a - b);
  }
  return configuredGroup.status === 'known' ? [configuredGroup.gid] : undefined;
}

interface Members {
  /** Named in the group's line. */
  readonly named: readonly string[];
  /** Have it as their primary group. */
  readonly primary: readonly string[];
}

/** Root needs no group. */
function membersOf({ users, groups }: Accounts, gid: number): Members {
  const isRoot = (name: string): boolean =>
    users.some((user) => user.name === name && user.uid === 0) || name === 'root';
  return {
    named: groups
      .filter((group) => group.gid === gid)
      .flatMap(({ members }) => members.filter((name) => !isRoot(name))),
    primary: users.filter((user) => user.gid === gid && user.uid !== 0).map(({ name }) => name),
  };
}

function socketEvidence({ sockets, accounts, configuredGroup }: ReportState): readonly Evidence[] {
  if (sockets.length > 0) {
    return sockets.map(({ path, gid }) => ({ source: path, read: 'group', value: groupText(accounts, gid) }));
  }
  return configuredGroup.status === 'known'
    ? [{ source: configuredGroup.source, read: configuredGroup.read, value: configuredGroup.name }]
    : [];
}

function memberEvidence(
  accounts: Accounts,
  { gid, named, primary }: Members & { readonly gid: number },
): readonly Evidence[] {
  return [
    { source: '/etc/group', read: `members of ${groupText(accounts, gid)}`, value: [...named].sort() },
    {
      source: '/etc/passwd',
      read: `accounts with primary group ${groupText(accounts, gid)}`,
      value: [...primary].sort(),
    },
  ];
}

function trustedUsers(value: Json | undefined): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : undefined;
}

function removalSteps(others: readonly string[], state: ReportState): readonly string[] {
  return (groupsOf(state) ?? []).flatMap((gid) => {
    const group = state.accounts.groups.find((candidate) => candidate.gid === gid)?.name ?? String(gid);
    const { named, primary } = membersOf(state.accounts, gid);
    return [
      ...others.filter((name) => named.includes(name)).map((name) => `gpasswd -d ${name} ${group}`),
      ...others.filter((name) => primary.includes(name)).map((name) => `usermod -g OTHER-GROUP ${name}`),
    ];
  });
}
