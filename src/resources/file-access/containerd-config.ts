import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import { textOf } from '../common/accounts.ts';

/** Who owns containerd's socket when it is made, and where that is said. */
export interface SocketOwner {
  readonly source: string;
  readonly uid: number;
  readonly gid: number;
}

/** From the tables [grpc] and [ttrpc]; 0 where they set nothing. dockerd writes 0 for the containerd it starts itself. */
export function containerdOwner(socket: string, facts: HostFacts, host: HostReader): SocketOwner {
  if (facts.engine.containerd.managedByDockerd) {
    return { source: 'dockerd, which starts this containerd', uid: 0, gid: 0 };
  }
  const subject = facts.subjects['containerd-config-file'];
  const path = subject.status === 'present' ? subject.paths[0] : undefined;
  const text = path === undefined ? undefined : textOf(host, path);
  if (path === undefined || text?.status !== 'present') {
    return { source: 'defaults of containerd', uid: 0, gid: 0 };
  }
  return { source: path, ...socketIds(text.value, socket.endsWith('.ttrpc') ? 'ttrpc' : 'grpc') };
}

type Server = 'grpc' | 'ttrpc';

/** The second socket is like the first one where it has no address of its own; its uid and gid are then not looked at. */
export function socketIds(toml: string, server: Server): { readonly uid: number; readonly gid: number } {
  const settings = serverSettings(toml);
  const own = settings[server === 'ttrpc' && settings.ttrpc.address === '' ? 'grpc' : server];
  return { uid: own.uid, gid: own.gid };
}

interface ServerSettings {
  address: string;
  uid: number;
  gid: number;
}

/** The tables, under their names of configuration versions 1 to 3 and of version 4. */
const TABLE = /^\[\s*(?:plugins\s*\.\s*["']io\.containerd\.server\.v1\.)?["']?(grpc|ttrpc)["']?\s*\]$/;

const SETTING = /^(?:(grpc|ttrpc)\s*\.\s*)?(address|uid|gid)\s*=\s*([^#]*?)\s*(?:#.*)?$/;

function serverSettings(toml: string): Readonly<Record<Server, ServerSettings>> {
  const found = { grpc: { address: '', uid: 0, gid: 0 }, ttrpc: { address: '', uid: 0, gid: 0 } };
  let table: Server | undefined;
  for (const raw of toml.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('[')) {
      table = serverOf(TABLE.exec(line.replace(/#.*/, '').trim())?.[1]);
      continue;
    }
    const [, dotted, key, value = ''] = SETTING.exec(line) ?? [];
    const server = serverOf(dotted) ?? table;
    if (server !== undefined) {
      take(found[server], key, value);
    }
  }
  return found;
}

function take(settings: ServerSettings, key: string | undefined, value: string): void {
  if (key === 'address') {
    settings.address = value.replaceAll(/["']/g, '');
  } else if ((key === 'uid' || key === 'gid') && /^\+?[\d_]+$/.test(value)) {
    settings[key] = Number(value.replaceAll('_', ''));
  }
}

function serverOf(name: string | undefined): Server | undefined {
  return name === 'grpc' || name === 'ttrpc' ? name : undefined;
}
