import { gatherFacts } from '../../../src/engine/facts/gather-facts.ts';
import type { AbsPath } from '../../../src/model/brand.ts';
import type { Json } from '../../../src/model/canonical.ts';
import type { Assessment, Change, Comparison, ProposedChange } from '../../../src/model/change.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { FileAccessDesired } from '../../../src/model/remediation.ts';
import { fileAccess } from '../../../src/resources/file-access/index.ts';
import { dockerCe } from '../../fixtures/hosts/debian-like.ts';
import { type FakeEntry, type FakeHost, type FakeReader, fakeReader } from '../../helpers/fake-reader.ts';

export const PASSWD = 'root:x:0:0::/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\n';
export const GROUP = 'root:x:0:\ndocker:x:106:bob\nbob:x:1000:\n';

export const SOCKET_MODE: FileAccessDesired = { type: 'file-access', subject: 'docker-socket', atMost: '0660' };
export const SOCKET_OWNER: FileAccessDesired = {
  type: 'file-access',
  subject: 'docker-socket',
  owner: 'root',
  group: 'socket-group',
};
export const CONFIG_MODE: FileAccessDesired = { type: 'file-access', subject: 'daemon-config-file', atMost: '0644' };
export const CONFIG_OWNER: FileAccessDesired = {
  type: 'file-access',
  subject: 'daemon-config-file',
  owner: 'root',
  group: 'root',
};

/** A docker-ce host whose socket systemd makes, with these files instead of or beside its own. */
export function sceneHost(files: Readonly<Record<string, FakeEntry>>, more: Partial<FakeHost> = {}): FakeHost {
  return {
    ...dockerCe,
    ...more,
    files: {
      ...dockerCe.files,
      '/etc/passwd': PASSWD,
      '/etc/group': GROUP,
      '/etc/nsswitch.conf': 'passwd: files systemd\ngroup: files [SUCCESS=merge] systemd\n',
      '/run/docker.sock': { type: 'socket', mode: 0o660, gid: 106 },
      ...files,
    },
  };
}

export interface Scene {
  readonly host: FakeReader;
  readonly facts: HostFacts;
  readonly assess: (desired: FileAccessDesired) => Promise<readonly Assessment[]>;
  /** The comparison of a subject with one path. */
  readonly compare: (desired: FileAccessDesired) => Promise<Comparison>;
}

export async function scene(
  files: Readonly<Record<string, FakeEntry>>,
  more: Partial<FakeHost> = {},
  facts: Partial<HostFacts> = {},
): Promise<Scene> {
  const host = fakeReader(sceneHost(files, more));
  const known = { ...(await gatherFacts(host)), ...facts };
  const context = { facts: known, parameters: {}, willExist: new Set<AbsPath>(), manual: ['by hand'] };
  const assess = (desired: FileAccessDesired): Promise<readonly Assessment[]> =>
    fileAccess.assess(desired, context, host);
  const compare = async (desired: FileAccessDesired): Promise<Comparison> => {
    const [first, ...others] = await assess(desired);
    if (first === undefined || others.length > 0) {
      throw new Error(`${desired.subject} has ${others.length + 1} paths here`);
    }
    return first.comparison;
  };
  return { host, facts: known, assess, compare };
}

export function changeOf(comparison: Comparison): ProposedChange {
  if (!('change' in comparison)) {
    throw new Error(`no change but ${JSON.stringify(comparison)}`);
  }
  return comparison.change;
}

export function numbered(changes: readonly ProposedChange[]): readonly Change[] {
  return changes.map((change, at) => ({ ...change, id: `c${at + 1}`, controls: ['a-control'] }));
}

export function evidenceOf(comparison: Comparison): Readonly<Record<string, Json>> {
  return Object.fromEntries(comparison.evidence.map(({ source, read, value }) => [`${source} ${read}`, value]));
}
