import { type Json, byCodeUnit } from '../../model/canonical.ts';
import type { EngineFacts } from '../../model/facts.ts';
import type { Evidence } from '../../model/state.ts';
import { isObject } from './document.ts';
import { shownByApi } from './keys.ts';

/** What the running daemon says of a key. */
export type LiveAnswer =
  { readonly status: 'shown'; readonly value: Json; readonly evidence: Evidence } | { readonly status: 'not-shown' };

const notShown: LiveAnswer = { status: 'not-shown' };

/** Always in a daemon's list of registries without TLS. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.0/8', '::1/128']);

/** The value of `key` in the terms of daemon.json, as the Engine API shows it. */
export function liveAnswer(key: string, engine: EngineFacts): LiveAnswer {
  if (!engine.running || engine.unreachable !== undefined || !shownByApi(key, engine.version)) {
    return notShown;
  }
  const { info } = engine;
  switch (key) {
    case 'live-restore':
      return fromInfo('LiveRestoreEnabled', info['LiveRestoreEnabled']);
    case 'debug':
      return fromInfo('Debug', info['Debug']);
    case 'log-driver':
      return fromInfo('LoggingDriver', info['LoggingDriver']);
    case 'experimental':
      return fromVersion(engine);
    case 'icc':
      return fromBridge(engine.bridge);
    case 'insecure-registries':
      return insecureRegistries(info['RegistryConfig']);
    case 'authorization-plugins':
      return authorizationPlugins(info['Plugins']);
    case 'no-new-privileges':
      return securityOption(info['SecurityOptions'], (options) => options.includes('name=no-new-privileges'));
    case 'userns-remap':
      return securityOption(info['SecurityOptions'], (options) => (options.includes('name=userns') ? 'on' : ''));
    case 'seccomp-profile':
      return securityOption(info['SecurityOptions'], seccompProfile);
    default:
      return notShown;
  }
}

function fromInfo(member: string, value: Json | undefined): LiveAnswer {
  return value === undefined
    ? notShown
    : { status: 'shown', value, evidence: { source: 'Engine API GET /info', read: member, value } };
}

function fromVersion({ info, versionInfo }: EngineFacts): LiveAnswer {
  const value = versionInfo['Experimental'];
  // The member is left out where it is false.
  if (value === undefined && versionInfo['Version'] === undefined) {
    return fromInfo('ExperimentalBuild', info['ExperimentalBuild']);
  }
  const on = value === true;
  return {
    status: 'shown',
    value: on,
    evidence: { source: 'Engine API GET /version', read: 'Experimental', value: on },
  };
}

function fromBridge(bridge: Json): LiveAnswer {
  const options = isObject(bridge) ? bridge['Options'] : undefined;
  const option = isObject(options) ? options['com.docker.network.bridge.enable_icc'] : undefined;
  if (typeof option !== 'string') {
    return notShown;
  }
  const read = 'Options["com.docker.network.bridge.enable_icc"]';
  return {
    status: 'shown',
    value: option === 'true',
    evidence: { source: 'Engine API GET /networks/bridge', read, value: option },
  };
}

function insecureRegistries(config: Json | undefined): LiveAnswer {
  if (!isObject(config)) {
    return notShown;
  }
  const networks = textsOf(config['InsecureRegistryCIDRs']).filter((network) => !LOOPBACK.has(network));
  const indexes = isObject(config['IndexConfigs']) ? Object.entries(config['IndexConfigs']) : [];
  const names = indexes.filter(([, index]) => isObject(index) && index['Secure'] === false).map(([name]) => name);
  const value = [...networks, ...names].sort(byCodeUnit);
  return { status: 'shown', value, evidence: { source: 'Engine API GET /info', read: 'RegistryConfig', value } };
}

function authorizationPlugins(plugins: Json | undefined): LiveAnswer {
  if (!isObject(plugins)) {
    return notShown;
  }
  const value = textsOf(plugins['Authorization']);
  return { status: 'shown', value, evidence: { source: 'Engine API GET /info', read: 'Plugins.Authorization', value } };
}

function securityOption(options: Json | undefined, read: (options: readonly string[]) => Json | undefined): LiveAnswer {
  if (!Array.isArray(options)) {
    return notShown;
  }
  const texts = textsOf(options);
  const value = read(texts);
  return value === undefined
    ? notShown
    : { status: 'shown', value, evidence: { source: 'Engine API GET /info', read: 'SecurityOptions', value: texts } };
}

/** `default` is what Engine 20.10 calls the built-in profile. No entry: the kernel has no seccomp. */
function seccompProfile(options: readonly string[]): string | undefined {
  const entry = options.find((option) => option.startsWith('name=seccomp'));
  const profile = /profile=(.*)$/.exec(entry ?? '')?.[1];
  return profile === 'default' ? 'builtin' : profile;
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
