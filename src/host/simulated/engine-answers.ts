import type { Json, JsonObject } from '../../model/canonical.ts';
import { numberOf } from './engine-keys.ts';
import { isObject, listOf } from './engine-settings.ts';

/** What a running engine has taken up, where its API shows it; undefined: as recorded. */
export interface LiveSettings {
  readonly liveRestore: boolean;
  readonly debug: boolean;
  readonly labels: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly mirrors: readonly string[];
  readonly logDriver: string;
  readonly experimental: boolean;
  readonly noNewPrivileges: boolean;
  readonly seccompProfile: string;
  readonly icc: boolean;
}

/** Settings of the recorded engine, as its answers say; those the API of its version hides come from `all`, its file and flags. */
export function liveSettingsOf(info: JsonObject, bridge: Json | undefined, all: JsonObject): LiveSettings {
  const started = startedWith(all, textOf(info['ServerVersion']));
  const options = isObject(bridge) ? bridge['Options'] : undefined;
  const icc = isObject(options) ? options['com.docker.network.bridge.enable_icc'] : undefined;
  const registries = isObject(info['RegistryConfig']) ? info['RegistryConfig'] : {};
  return {
    ...started,
    liveRestore: info['LiveRestoreEnabled'] === true,
    debug: info['Debug'] === true,
    labels: listOf(info['Labels']),
    insecureRegistries: insecureOf(registries),
    mirrors: listOf(registries['Mirrors']),
    logDriver: textOf(info['LoggingDriver']),
    experimental: info['ExperimentalBuild'] === true,
    seccompProfile: seccompOf(info) ?? started.seccompProfile,
    icc: icc === undefined ? started.icc : icc === 'true',
  };
}

/** All of them, as a start takes them up. */
export function startedWith(all: JsonObject, version: string): LiveSettings {
  const builtin = numberOf(version) < 23 ? 'default' : 'builtin';
  const profile = textOf(all['seccomp-profile']);
  return {
    ...reloadedWith(all, { liveRestore: false, debug: false, labels: [], insecureRegistries: [], mirrors: [] }),
    logDriver: textOf(all['log-driver'], 'json-file'),
    experimental: all['experimental'] === true,
    noNewPrivileges: all['no-new-privileges'] === true,
    seccompProfile: profile === '' || profile === 'builtin' ? builtin : profile,
    icc: all['icc'] !== false,
  };
}

type Reloadable = Pick<LiveSettings, 'liveRestore' | 'debug' | 'labels' | 'insecureRegistries' | 'mirrors'>;

/** What SIGHUP takes up. A key that is not in the file keeps the value it had. */
export function reloadedWith(file: JsonObject, before: Reloadable): Reloadable {
  return {
    liveRestore: file['live-restore'] === undefined ? before.liveRestore : file['live-restore'] === true,
    debug: file['debug'] === undefined ? before.debug : file['debug'] === true,
    labels: file['labels'] === undefined ? before.labels : listOf(file['labels']),
    insecureRegistries:
      file['insecure-registries'] === undefined ? before.insecureRegistries : listOf(file['insecure-registries']),
    mirrors: file['registry-mirrors'] === undefined ? before.mirrors : listOf(file['registry-mirrors']),
  };
}

/** A recorded answer to GET /info with these settings in it. */
export function infoWith(info: JsonObject, live: LiveSettings): JsonObject {
  return {
    ...info,
    LiveRestoreEnabled: live.liveRestore,
    Debug: live.debug,
    LoggingDriver: live.logDriver,
    ExperimentalBuild: live.experimental,
    Labels: live.labels,
    SecurityOptions: securityOptions(info, live),
    ...(isObject(info['RegistryConfig']) ? { RegistryConfig: registriesWith(info['RegistryConfig'], live) } : {}),
  };
}

/** GET /version: the member is left out where it is false; the engine's own component always has it, as a text. */
export function versionWith(version: JsonObject, { experimental }: LiveSettings): JsonObject {
  const { Experimental: _, Components: components, ...others } = version;
  return {
    ...others,
    ...(experimental ? { Experimental: true } : {}),
    ...(Array.isArray(components)
      ? { Components: components.map((component: Json) => componentWith(component, experimental)) }
      : {}),
  };
}

/** GET /networks/bridge. */
export function bridgeWith(bridge: JsonObject, { icc }: LiveSettings): JsonObject {
  const options = bridge['Options'];
  return isObject(options)
    ? { ...bridge, Options: { ...options, 'com.docker.network.bridge.enable_icc': String(icc) } }
    : bridge;
}

function componentWith(component: Json, experimental: boolean): Json {
  if (!isObject(component) || !isObject(component['Details']) || component['Details']['Experimental'] === undefined) {
    return component;
  }
  return { ...component, Details: { ...component['Details'], Experimental: String(experimental) } };
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

function insecureOf(registries: JsonObject): readonly string[] {
  const networks = listOf(registries['InsecureRegistryCIDRs']).filter((network) => !LOOPBACK.includes(network));
  const indexes = isObject(registries['IndexConfigs']) ? Object.entries(registries['IndexConfigs']) : [];
  return [
    ...networks,
    ...indexes.filter(([, index]) => isObject(index) && index['Secure'] === false).map(([name]) => name),
  ];
}

function registriesWith(registries: JsonObject, { insecureRegistries, mirrors }: LiveSettings): JsonObject {
  const isNetwork = (one: string): boolean => /^[0-9a-f.:]+\/\d+$/i.test(one);
  const own = listOf(registries['InsecureRegistryCIDRs']).filter((network) => LOOPBACK.includes(network));
  const indexes = isObject(registries['IndexConfigs']) ? Object.entries(registries['IndexConfigs']) : [];
  const named = insecureRegistries.filter((one) => !isNetwork(one));
  return {
    ...registries,
    InsecureRegistryCIDRs: [...insecureRegistries.filter(isNetwork), ...own],
    IndexConfigs: Object.fromEntries([
      ...indexes
        .filter(([, index]) => !isObject(index) || index['Secure'] !== false)
        .map(([name, index]) => [name, official(name, index, mirrors)] as const),
      ...named.map((name) => [name, { Name: name, Mirrors: [], Secure: false, Official: false }] as const),
    ]),
    Mirrors: mirrors.length === 0 ? (registries['Mirrors'] === null ? null : []) : mirrors,
  };
}

function official(name: string, index: Json, mirrors: readonly string[]): Json {
  return name === 'docker.io' && isObject(index) ? { ...index, Mirrors: mirrors } : index;
}

function securityOptions(info: JsonObject, live: LiveSettings): Json {
  const options = info['SecurityOptions'];
  if (!Array.isArray(options)) {
    return options ?? null;
  }
  const shown = numberOf(textOf(info['ServerVersion'])) >= 24;
  const kept = listOf(options)
    .filter((option) => option !== 'name=no-new-privileges')
    .map((option) => (option.startsWith('name=seccomp') ? `name=seccomp,profile=${live.seccompProfile}` : option));
  return live.noNewPrivileges && shown ? [...kept, 'name=no-new-privileges'] : kept;
}

function seccompOf(info: JsonObject): string | undefined {
  const option = listOf(info['SecurityOptions']).find((one) => one.startsWith('name=seccomp'));
  return option?.split('profile=')[1];
}

/** Anything else, and the empty text, is `otherwise`. */
export function textOf(value: Json | undefined, otherwise = ''): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
