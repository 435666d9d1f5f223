import { type AbsPath, absPath } from '../../model/brand.ts';
import type { HostReader } from '../../model/host.ts';
import type { Observed } from '../../model/state.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  /** Names of supplementary members, as written. */
  readonly members: readonly string[];
}

/** The local accounts, and whether there may be others. */
export interface Accounts {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  /** Other places that answer for groups or users on this host, as /etc/nsswitch.conf names them: `sss`, `ldap`. Sorted. */
  readonly directories: readonly string[];
}

const PASSWD = absPath('/etc/passwd');
const GROUP = absPath('/etc/group');
const NSSWITCH = absPath('/etc/nsswitch.conf');

/** Sources of nsswitch.conf that are the local files, or that only know accounts systemd makes up for running services. */
const LOCAL_SOURCES: ReadonlySet<string> = new Set(['files', 'compat', 'db', 'systemd', 'altfiles', 'extrausers']);

/** Reads /etc/passwd, /etc/group and /etc/nsswitch.conf; what is not there counts as empty. */
export function readAccounts(host: HostReader): Observed<Accounts> {
  const texts = [PASSWD, GROUP, NSSWITCH].map((path) => textOf(host, path));
  const hidden = texts.find((text) => text.status === 'unreadable');
  if (hidden?.status === 'unreadable') {
    return hidden;
  }
  const [passwd = '', group = '', nsswitch = ''] = texts.map((text) => (text.status === 'present' ? text.value : ''));
  return { status: 'present', value: accountsOf([passwd, group, nsswitch]) };
}

/** The last ones: each path of each control is judged by the same accounts. */
let latest: { readonly texts: AccountTexts; readonly accounts: Accounts } | undefined;
type AccountTexts = readonly [passwd: string, group: string, nsswitch: string];

function accountsOf(texts: AccountTexts): Accounts {
  if (latest === undefined || texts.some((text, at) => text !== latest?.texts[at])) {
    const [passwd, group, nsswitch] = texts;
    const accounts = { users: parsePasswd(passwd), groups: parseGroup(group), directories: parseNsswitch(nsswitch) };
    latest = { texts, accounts };
  }
  return latest.accounts;
}

export function parsePasswd(text: string): readonly User[] {
  return rows(text).flatMap(([name, , uid, gid]) =>
    name !== undefined && isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
  );
}

export function parseGroup(text: string): readonly Group[] {
  return rows(text).flatMap(([name, , gid, members]) =>
    name !== undefined && isId(gid)
      ? [{ name, gid: Number(gid), members: (members ?? '').split(',').filter((member) => member !== '') }]
      : [],
  );
}

/** Names of other sources for users and groups. */
export function parseNsswitch(text: string): readonly string[] {
  const sources = text
    .split('\n')
    .map((line) => line.replace(/#.*/, ''))
    .flatMap((line) => /^\s*(?:passwd|group|initgroups)\s*:(.*)$/.exec(line)?.[1] ?? [])
    .flatMap((list) => withoutActions(list).split(/\s+/))
    .filter((source) => source !== '' && !LOCAL_SOURCES.has(source));
  return [...new Set(sources)].sort();
}

/** `sss [NOTFOUND=return] files` without what stands in brackets. */
function withoutActions(list: string): string {
  const parts = list.split(']');
  return parts.map((part, index) => (index < parts.length - 1 ? part.replace(/\[.*$/s, ' ') : part)).join(' ');
}

/** `root (0)`, or the number alone where no account has it. */
export function userText(accounts: Accounts, uid: number): string {
  const name = accounts.users.find((user) => user.uid === uid)?.name;
  return name === undefined ? String(uid) : `${name} (${uid})`;
}

export function groupText(accounts: Accounts, gid: number): string {
  const name = accounts.groups.find((group) => group.gid === gid)?.name;
  return name === undefined ? String(gid) : `${name} (${gid})`;
}

/** A small text file as UTF-8. */
export function textOf(host: HostReader, path: AbsPath): Observed<string> {
  const read = host.read(path);
  return read.status === 'present' ? { status: 'present', value: new TextDecoder().decode(read.value) } : read;
}

function rows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^[#+-]/.test(line))
    .map((line) => line.split(':'));
}

/** An id has 32 bits. */
const LARGEST_ID = 0xffff_ffff;

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= LARGEST_ID;
}
