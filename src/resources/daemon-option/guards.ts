import type { Json, JsonObject } from '../../model/canonical.ts';
import type { HostFacts } from '../../model/facts.ts';
import { isObject } from './document.ts';
import type { Surroundings } from './state.ts';
import { userNamespaceObstacles } from './user-namespace.ts';

/** Settings as the daemon would see them together: what the file would say and what the flags say. */
export interface Candidate {
  readonly settings: JsonObject;
  readonly surroundings: Surroundings;
  readonly facts: HostFacts;
}

/** Why dockerd would not start, or no container would, with `key` as it stands in `candidate`; each a sentence. Empty: nothing speaks against it. */
export function obstaclesFor(key: string, candidate: Candidate): readonly string[] {
  return Object.hasOwn(GUARDS, key) ? (GUARDS[key]?.(candidate.settings[key] ?? null, candidate) ?? []) : [];
}

const GUARDS: Readonly<Record<string, (value: Json, candidate: Candidate) => readonly string[]>> = {
  icc: (value, candidate) => (value === false ? iccObstacles(candidate) : []),
  iptables: (value, candidate) =>
    value === false && candidate.settings['icc'] === false ? iccObstacles(candidate) : [],
  ip6tables: (value, candidate) =>
    value === false && candidate.settings['icc'] === false ? iccObstacles(candidate) : [],
  'userland-proxy': (value, candidate) => (value === false ? bridgeFilterObstacles(candidate) : []),
  'live-restore': (value, candidate) => (value === true ? swarmObstacles(candidate) : []),
  'seccomp-profile': (value, candidate) => (typeof value === 'string' ? seccompObstacles(value, candidate) : []),
  'authorization-plugins': (value, candidate) => pluginObstacles(value, candidate.surroundings),
  'userns-remap': (value, { facts, surroundings }) =>
    typeof value === 'string' && value !== '' ? userNamespaceObstacles(value, facts, surroundings.userNamespace) : [],
  'log-driver': (value, candidate) => (typeof value === 'string' ? logObstacles(value, candidate) : []),
  'default-ulimits': (value) => ulimitObstacles(value),
  tlscacert: (value, { surroundings }) => tlsFileObstacles('tlscacert', value, surroundings),
  tlscert: (value, { surroundings }) => tlsFileObstacles('tlscert', value, surroundings),
  tlskey: (value, { surroundings }) => tlsFileObstacles('tlskey', value, surroundings),
  'cgroup-parent': (value, candidate) => cgroupObstacles(value, candidate),
  'firewall-backend': (value, candidate) =>
    value === 'nftables' && inSwarm(candidate) ? ['the nftables firewall backend and a swarm exclude each other'] : [],
};

/** What can be neither proved nor excluded from here and may keep dockerd or containers from starting; each a sentence. */
export function doubtsAbout(key: string, candidate: Candidate): readonly string[] {
  const value = candidate.settings[key] ?? null;
  if (needsBridgeFilter(key, value) && candidate.surroundings.bridgeFilter === 'unknown') {
    return ['docker needs the kernel module br_netfilter for this; whether the kernel has it cannot be seen from here'];
  }
  if (
    key === 'log-driver' &&
    typeof value === 'string' &&
    !isLocalTarget(value, candidate.settings['log-opts'] ?? null)
  ) {
    return [`whether the ${value} target can be reached is not proved: without it no new container starts`];
  }
  return [];
}

/** What happens along the way without being a danger: dockerd was seen to load a module it lacks before it uses it. Each a sentence. */
export function remarksAbout(key: string, { settings, surroundings }: Candidate): readonly string[] {
  return needsBridgeFilter(key, settings[key] ?? null) && surroundings.bridgeFilter === 'loadable'
    ? ['docker loads the kernel module br_netfilter for this; the kernel has it, it is not loaded yet']
    : [];
}

function needsBridgeFilter(key: string, value: Json): boolean {
  return (key === 'icc' || key === 'userland-proxy') && value === false;
}

function iccObstacles(candidate: Candidate): readonly string[] {
  const { settings } = candidate;
  return [
    ...(settings['iptables'] === false ? ['dockerd does not start with icc false and iptables false together'] : []),
    ...(settings['ipv6'] === true && settings['ip6tables'] === false
      ? ['dockerd does not start with icc false, ipv6 true and ip6tables false together']
      : []),
    ...bridgeFilterObstacles(candidate),
  ];
}

function bridgeFilterObstacles({ surroundings }: Candidate): readonly string[] {
  switch (surroundings.bridgeFilter) {
    case 'loaded':
    case 'loadable':
    case 'unknown':
      return [];
    case 'blocked':
      return [
        'it needs the kernel module br_netfilter, which is not loaded and is kept from loading by a file in modprobe.d',
      ];
    case 'missing':
      return ['it needs the kernel module br_netfilter, which is not loaded and which this kernel does not have'];
  }
}

function inSwarm({ facts, surroundings }: Candidate): boolean {
  return facts.engine.swarm === 'active' || surroundings.swarmOnDisk;
}

function swarmObstacles(candidate: Candidate): readonly string[] {
  return inSwarm(candidate) ? ['dockerd does not start with live-restore on a host that is in a swarm'] : [];
}

function seccompObstacles(value: string, { surroundings }: Candidate): readonly string[] {
  if (value === 'builtin' || value === '' || value === 'unconfined') {
    return [];
  }
  const file = surroundings.files.get(value);
  if (file === undefined) {
    return [`the seccomp profile ${value} was not looked at`];
  }
  if (file.found !== 'file') {
    return [`the seccomp profile ${value} is not a readable file (${file.found})`];
  }
  return [
    ...(isObject(file.json) ? [] : [`the seccomp profile ${value} is not a JSON object`]),
    ...(file.uid === 0 && (file.mode & 0o022) === 0
      ? []
      : [`the seccomp profile ${value} can be written by others than root`]),
  ];
}

function tlsFileObstacles(key: string, value: Json, surroundings: Surroundings): readonly string[] {
  const found = typeof value === 'string' ? surroundings.files.get(value)?.found : undefined;
  return value === null || found === 'file'
    ? []
    : [`the file for ${key}, ${JSON.stringify(value)}, is not there to be read (${found ?? 'not looked at'})`];
}

function pluginObstacles(value: Json, surroundings: Surroundings): readonly string[] {
  const names = Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  return names
    .filter((name) => !surroundings.answeringPlugins.includes(name))
    .map((name) => `the authorization plugin ${name} does not answer now; dockerd would refuse every request`);
}

const LOCAL_LOGGERS: Readonly<Record<string, string>> = { syslog: '/dev/log', journald: '/run/systemd/journal/socket' };

function isLocalTarget(driver: string, options: Json): boolean {
  const address = isObject(options) ? options['syslog-address'] : undefined;
  return (
    ['json-file', 'local', 'none', 'journald'].includes(driver) ||
    (driver === 'syslog' && (address === undefined || (typeof address === 'string' && address.startsWith('unix'))))
  );
}

function logObstacles(driver: string, { settings, surroundings }: Candidate): readonly string[] {
  const socket = LOCAL_LOGGERS[driver];
  if (socket === undefined || !isLocalTarget(driver, settings['log-opts'] ?? null)) {
    return [];
  }
  return surroundings.localLoggers.includes(socket)
    ? []
    : [`nothing listens at ${socket}, so no new container would start with the ${driver} driver`];
}

function ulimitObstacles(value: Json): readonly string[] {
  return Object.entries(isObject(value) ? value : {}).flatMap(([name, limit]) => {
    const complete =
      isObject(limit) &&
      limit['Name'] === name &&
      Number.isSafeInteger(limit['Hard']) &&
      Number.isSafeInteger(limit['Soft']);
    return complete ? [] : [`the limit ${name} needs Name, Hard and Soft; without them no container starts`];
  });
}

function cgroupObstacles(value: Json, { settings, facts }: Candidate): readonly string[] {
  const options = settings['exec-opts'];
  const asked = Array.isArray(options) && options.includes('native.cgroupdriver=systemd');
  const systemd = asked || facts.engine.info['CgroupDriver'] === 'systemd';
  return typeof value === 'string' && value !== '' && systemd && !value.endsWith('.slice')
    ? [`with systemd cgroups the parent ${value} must end in .slice`]
    : [];
}
