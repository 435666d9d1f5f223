import { type AbsPath, absPath, baseName, joinPath } from '../../model/brand.ts';
import { byCodeUnit } from '../../model/canonical.ts';
import type { AuditFacts } from '../../model/facts.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import { isThere, namesIn, settingLines, textOrEmpty } from './reading.ts';
import type { Units } from './units.ts';

/** Agents that put configuration back, and what each is called. */
const CONFIGURATION_AGENTS: ReadonlyMap<string, string> = new Map([
  ['puppet', 'Puppet'],
  ['chef-client', 'Chef'],
  ['salt-minion', 'Salt'],
  ['cf-execd', 'CFEngine'],
]);
/** Agents that read the kernel's audit events or set rules of their own. */
const AUDIT_AGENTS: ReadonlyMap<string, string> = new Map([
  ['auditbeat', 'Auditbeat'],
  ['wazuh-syscheckd', 'Wazuh'],
  ['wazuh-agentd', 'Wazuh'],
  ['ossec-syscheckd', 'OSSEC'],
  ['osqueryd', 'osquery'],
  ['laurel', 'Laurel'],
  ['go-audit', 'go-audit'],
  ['falcon-sensor', 'CrowdStrike Falcon'],
]);
export const AGENT_NAMES: readonly string[] = [...CONFIGURATION_AGENTS.keys(), ...AUDIT_AGENTS.keys()];

/** Modules containers and their networks need. */
const NEEDED_MODULES = ['overlay', 'br_netfilter', 'bridge', 'veth', 'nf_nat', 'nf_conntrack'];

export interface WarningParts {
  readonly processes: readonly ProcessInfo[];
  readonly units: Units;
  readonly audit: AuditFacts;
  readonly configFile: AbsPath;
  /** The package that ships daemon.json as a configuration file of its own. */
  readonly daemonJsonOwner: string | undefined;
}

/** Who else has a hand in these files, and what other settings of the host work against containers. */
export function findWarnings(host: HostReader, parts: WarningParts): readonly string[] {
  return [
    ...otherOwners(host, parts),
    ...auditReaders(parts),
    ...blockedModules(host),
    ...badSysctls(host),
    ...firewallFlush(host),
    ...narrowUmask(parts.units),
    ...kubernetesLeftovers(host),
  ];
}

function otherOwners(host: HostReader, { processes, configFile, daemonJsonOwner }: WarningParts): readonly string[] {
  const agents = agentsAmong(processes, CONFIGURATION_AGENTS).map(
    (name) => `${name} runs here and may put old values back: make the same change in it.`,
  );
  const pull = isThere(host, absPath('/etc/cron.d/ansible-pull'))
    ? ['ansible-pull runs from cron and may put old values back: make the same change in it.']
    : [];
  const owner =
    daemonJsonOwner === undefined || configFile !== '/etc/docker/daemon.json'
      ? []
      : [
          `${configFile} belongs to the package ${daemonJsonOwner}: removing or updating that package can take changes away.`,
        ];
  const header = /(?:managed|generated|written) by|ansible managed|do not edit/i.test(textOrEmpty(host, configFile))
    ? [`${configFile} says that a tool writes it: make the same change in that tool.`]
    : [];
  const journal =
    isThere(host, absPath('/etc/.git')) || isThere(host, absPath('/etc/etckeeper/etckeeper.conf'))
      ? ['etckeeper keeps the history of /etc: it will show changes made here.']
      : [];
  return [...agents, ...pull, ...owner, ...header, ...journal];
}

function auditReaders({ processes, audit }: WarningParts): readonly string[] {
  const agents = agentsAmong(processes, AUDIT_AGENTS).map(
    (name) =>
      `${name} runs here and may read audit events or set audit rules itself: rules are added one by one, none of others is touched.`,
  );
  const reader = audit.auditdPid;
  const foreign =
    reader !== undefined && reader > 0 && !processes.some((one) => one.name === 'auditd' && one.pid === reader);
  const wazuh = audit.kernelRules?.some((rule) => rule.includes('wazuh_fim')) === true && agents.length === 0;
  return [
    ...agents,
    ...(foreign && agents.length === 0
      ? ['A program other than auditd of this host receives the audit events: auditd may be off on purpose.']
      : []),
    ...(wazuh ? ['Some audit rules are Wazuh’s: it loads them again by itself.'] : []),
  ];
}

function agentsAmong(processes: readonly ProcessInfo[], names: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set(processes.flatMap((one) => names.get(one.name) ?? []))].sort(byCodeUnit);
}

function blockedModules(host: HostReader): readonly string[] {
  const files = configFiles(host, [
    '/etc/modprobe.d',
    '/run/modprobe.d',
    '/usr/local/lib/modprobe.d',
    '/usr/lib/modprobe.d',
    '/lib/modprobe.d',
  ]);
  const blocked = files.flatMap((path) =>
    settingLines(textOrEmpty(host, path)).flatMap((line) => {
      const module = /^(?:blacklist\s+(\S+)$|install\s+(\S+)\s+(?:\/usr)?\/bin\/(?:true|false)\b)/.exec(line);
      const name = (module?.[1] ?? module?.[2])?.replaceAll('-', '_');
      return name !== undefined && NEEDED_MODULES.includes(name)
        ? [`${path} blocks the module ${name}: containers may not start after the next boot.`]
        : [];
    }),
  );
  return [...new Set(blocked)];
}

function badSysctls(host: HostReader): readonly string[] {
  const files = configFiles(host, [
    '/etc/sysctl.d',
    '/run/sysctl.d',
    '/usr/local/lib/sysctl.d',
    '/usr/lib/sysctl.d',
    '/lib/sysctl.d',
  ]);
  const ordered = [...files].sort((a, b) => byCodeUnit(baseName(a), baseName(b)));
  const last = new Map<string, { readonly value: string; readonly path: AbsPath }>();
  for (const path of [...ordered, absPath('/etc/sysctl.conf')]) {
    for (const line of settingLines(textOrEmpty(host, path))) {
      const [, key, value] = /^-?\s*([\w./-]+)\s*=\s*(\S+)/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) {
        last.set(key.replaceAll('/', '.'), { value, path });
      }
    }
  }
  const forwarding = ['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding'].flatMap((key) => {
    const set = last.get(key);
    return set?.value === '0'
      ? [`${set.path} sets ${key} to 0: containers lose their network at boot or with the next sysctl --system.`]
      : [];
  });
  const links = ['protected_symlinks', 'protected_hardlinks'].flatMap((name) =>
    textOrEmpty(host, absPath(`/proc/sys/fs/${name}`)).trim() === '0'
      ? [`fs.${name} is 0: links others make in shared folders are not stopped by the kernel.`]
      : [],
  );
  return [...forwarding, ...links];
}

/** Files by their own name: one in an earlier folder hides those in later ones. */
function configFiles(host: HostReader, folders: readonly string[]): readonly AbsPath[] {
  const byName = new Map<string, AbsPath>();
  for (const folder of folders.map(absPath)) {
    for (const name of namesIn(host, folder).filter((one) => one.endsWith('.conf') && !byName.has(one))) {
      byName.set(name, joinPath(folder, name));
    }
  }
  return [...byName.values()];
}

function firewallFlush(host: HostReader): readonly string[] {
  const enabled = ['sysinit', 'multi-user'].some((target) =>
    isThere(host, absPath(`/etc/systemd/system/${target}.target.wants/nftables.service`)),
  );
  const flushes = settingLines(textOrEmpty(host, absPath('/etc/nftables.conf'))).some((line) =>
    /^flush\s+ruleset/.test(line),
  );
  return enabled && flushes
    ? [
        '/etc/nftables.conf begins with flush ruleset: reloading nftables takes away the engine’s own rules until it is restarted.',
      ]
    : [];
}

function narrowUmask(units: Units): readonly string[] {
  return (['docker.service', 'containerd.service'] as const).flatMap((name) => {
    const umask = units.get(name)?.facts.umask;
    return umask !== undefined && (parseInt(umask, 8) & 0o055) !== 0
      ? [`${name} sets UMask=${umask}: files made for containers may be unreadable to their users.`]
      : [];
  });
}

function kubernetesLeftovers(host: HostReader): readonly string[] {
  const path = ['/var/lib/kubelet/config.yaml', '/etc/kubernetes/kubelet.conf']
    .map(absPath)
    .find((one) => isThere(host, one));
  return path === undefined
    ? []
    : [`${path} is there: if this host is or becomes a Kubernetes node, restarts here hurt its pods.`];
}
