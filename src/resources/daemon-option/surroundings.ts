import { type AbsPath, absPath, cleanPath, joinPath, parentPath } from '../../model/brand.ts';
import type { Json } from '../../model/canonical.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import { strictJson } from './document.ts';
import type { BridgeFilter, NamedFile, Surroundings, UserNamespaceFiles } from './state.ts';

const MODPROBE_FOLDERS = ['/etc/modprobe.d', '/run/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'].map(absPath);
const NEEDED_MODULES = ['br_netfilter', 'bridge', 'overlay', 'veth'];
const LOCAL_LOGGERS = ['/dev/log', '/run/systemd/journal/socket'].map(absPath);

/** Reads what decides about `keys` outside of daemon.json. `values`: wanted and present values, which may name files and plugins. */
export async function gatherSurroundings(
  keys: readonly string[],
  values: readonly Json[],
  facts: HostFacts,
  host: HostReader,
): Promise<Surroundings> {
  const about = (...names: readonly string[]): boolean => keys.some((key) => names.includes(key));
  const blockedModules = about('icc', 'userland-proxy', 'iptables') ? blocked(host) : [];
  return {
    blockedModules,
    bridgeFilter: about('icc', 'userland-proxy', 'iptables') ? bridgeFilter(blockedModules, facts, host) : 'unknown',
    files: about('seccomp-profile', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey')
      ? namedFiles(values, host)
      : new Map(),
    answeringPlugins: about('authorization-plugins') ? await answering(texts(values), facts, host) : [],
    localLoggers: about('log-driver') ? LOCAL_LOGGERS.filter((path) => host.realPath(path).status === 'present') : [],
    userNamespace: about('userns-remap') ? userNamespaceFiles(facts, host) : undefined,
    swarmOnDisk: about('live-restore') && swarmOnDisk(facts, host),
  };
}

/** `install MODULE /bin/false` stops every modprobe of it; `blacklist` only the automatic one, which docker does not rely on. */
function blocked(host: HostReader): Surroundings['blockedModules'] {
  return MODPROBE_FOLDERS.flatMap((folder) => {
    const names = host.list(folder);
    const files = names.status === 'present' ? names.value.filter((name) => name.endsWith('.conf')) : [];
    return files.flatMap((name) => {
      const file = joinPath(folder, name);
      const lines = textOf(file, host).matchAll(/^[ \t]*install[ \t]+(\S+)[ \t]+\S*\/(?:false|true)\b/gm);
      const modules = [...lines].map((match) => (match[1] ?? '').replaceAll('-', '_'));
      return modules.filter((module) => NEEDED_MODULES.includes(module)).map((module) => ({ module, file }));
    });
  });
}

function bridgeFilter(
  blockedModules: Surroundings['blockedModules'],
  facts: HostFacts,
  host: HostReader,
): BridgeFilter {
  if (facts.hostKind === 'root') {
    return 'unknown';
  }
  if (host.stat(absPath('/proc/sys/net/bridge')).status === 'present') {
    return 'loaded';
  }
  if (blockedModules.some(({ module }) => module === 'br_netfilter')) {
    return 'blocked';
  }
  const lists = ['modules.dep', 'modules.builtin'].flatMap((name) => {
    const path = cleanPath(`/lib/modules/${facts.identity.kernelRelease}/${name}`);
    const text = path === undefined ? '' : textOf(path, host, 8 * 1024 * 1024);
    return text === '' ? [] : [text];
  });
  if (lists.length === 0) {
    return 'unknown';
  }
  return lists.some((text) => text.includes('/br_netfilter.ko')) ? 'loadable' : 'missing';
}

function namedFiles(values: readonly Json[], host: HostReader): ReadonlyMap<string, NamedFile> {
  return new Map(
    texts(values).flatMap((text) => {
      const path = cleanPath(text);
      return path === undefined ? [] : [[text, namedFile(path, host)] as const];
    }),
  );
}

function namedFile(path: AbsPath, host: HostReader): NamedFile {
  const real = host.realPath(path);
  const stat = real.status === 'present' ? host.stat(real.value) : real;
  if (stat.status !== 'present') {
    return { found: stat.status, uid: 0, mode: 0, json: undefined };
  }
  const { type, uid, mode } = stat.value;
  return { found: type, uid, mode, json: type === 'file' ? strictJson(textOf(path, host)) : undefined };
}

/** A plugin that the daemon uses already has let our own request pass. Others are asked over the socket they announce. */
async function answering(names: readonly string[], facts: HostFacts, host: HostReader): Promise<readonly string[]> {
  const plugins = facts.engine.info['Plugins'];
  const used =
    typeof plugins === 'object' && plugins !== null && 'Authorization' in plugins
      ? plugins['Authorization']
      : undefined;
  const inUse = texts(used === undefined ? [] : [used]);
  const asked = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const sockets = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) ? pluginSockets(name, host) : [];
      const answers = await Promise.all(sockets.map((socket) => host.docker(socket, '/Plugin.Activate')));
      return answers.some((answer) => answer.type === 'answered') ? [name] : [];
    }),
  );
  return [...new Set([...inUse, ...asked.flat()])];
}

function pluginSockets(name: string, host: HostReader): readonly AbsPath[] {
  const specs = ['/etc/docker/plugins', '/usr/lib/docker/plugins'].map((folder) =>
    textOf(absPath(`${folder}/${name}.spec`), host),
  );
  const announced = specs.flatMap((spec) =>
    spec.startsWith('unix://') ? [cleanPath(spec.slice('unix://'.length))] : [],
  );
  const usual = [`/run/docker/plugins/${name}.sock`, `/run/docker/plugins/${name}/${name}.sock`].map(cleanPath);
  return [...announced, ...usual]
    .filter((path) => path !== undefined)
    .filter((path) => host.realPath(path).status === 'present');
}

function userNamespaceFiles(facts: HostFacts, host: HostReader): UserNamespaceFiles {
  const read = (path: string): string => textOf(absPath(path), host);
  const closed: AbsPath[] = [];
  for (
    let folder = parentPath(facts.engine.dataRoot ?? absPath('/var/lib/docker'));
    folder !== '/';
    folder = parentPath(folder)
  ) {
    const stat = host.stat(folder);
    if (stat.status === 'present' && (stat.value.mode & 0o001) === 0) {
      closed.unshift(folder);
    }
  }
  return {
    passwd: read('/etc/passwd'),
    subuid: read('/etc/subuid'),
    subgid: read('/etc/subgid'),
    closedFolders: closed,
  };
}

function swarmOnDisk(facts: HostFacts, host: HostReader): boolean {
  const root = facts.engine.dataRoot;
  return root !== undefined && host.stat(joinPath(root, 'swarm/docker-state.json')).status === 'present';
}

/** All texts in `values`, also inside lists and objects. */
function texts(values: readonly Json[]): readonly string[] {
  return values.flatMap((value): readonly string[] => {
    if (typeof value === 'string') {
      return [value];
    }
    return typeof value === 'object' && value !== null ? texts(Object.values(value)) : [];
  });
}

function textOf(path: AbsPath, host: HostReader, limit?: number): string {
  const bytes = host.read(path, limit);
  return bytes.status === 'present' ? new TextDecoder().decode(bytes.value).trim() : '';
}
