import { type Json, type JsonObject, canonicalJson } from '../../model/canonical.ts';
import { type KeyKind, keyOfFlag, keysOfEngine, numberOf } from './engine-keys.ts';

/** What dockerd takes from its file and its command line, or its own words why not. */
export type ReadSettings =
  | { readonly type: 'good'; readonly file: JsonObject; /** File and flags together. */ readonly all: JsonObject }
  | { readonly type: 'bad'; readonly said: string };

export interface SettingsSource {
  /** Undefined: not there. */
  readonly text: string | undefined;
  readonly path: string;
  /** Named by --config-file: then it must be there. */
  readonly explicit: boolean;
  /** Without the program's name. */
  readonly argv: readonly string[];
  readonly version: string;
}

const SHORT: Readonly<Record<string, string>> = {
  D: 'debug',
  G: 'group',
  H: 'host',
  b: 'bridge',
  h: 'help',
  l: 'log-level',
  p: 'pidfile',
  r: 'restart',
  s: 'storage-driver',
  v: 'version',
};

/** As dockerd reads them at start, at SIGHUP and for `--validate`: strict about names and types, not about what needs the machine. */
export function readSettings(source: SettingsSource): ReadSettings {
  const bad = (why: string): ReadSettings => ({
    type: 'bad',
    said: `unable to configure the Docker daemon with file ${source.path}: ${why}`,
  });
  if (source.text === undefined && source.explicit) {
    return bad(`open ${source.path}: no such file or directory`);
  }
  const flags = flagsOf(source.argv, source.version);
  const parsed = parsedObject(source.text ?? '');
  if (typeof parsed === 'string') {
    return bad(numberOf(source.version) >= 28 ? `invalid JSON: ${parsed}` : parsed);
  }
  const keys = keysOfEngine(source.version);
  const strange = Object.keys(parsed).filter((key) => !keys.has(key));
  if (strange.length > 0) {
    return bad(`the following directives don't match any configuration option: ${strange.join(', ')}`);
  }
  const twice = Object.entries(parsed).flatMap(([key, value]) => {
    const flag = flags[key];
    return flag === undefined || key === 'runtimes'
      ? []
      : [`${key}: (from flag: ${goText(flag)}, from file: ${goText(value)})`];
  });
  if (twice.length > 0) {
    return bad(
      `the following directives are specified both as a flag and in the configuration file: ${twice.join(', ')}`,
    );
  }
  const mistyped = Object.entries(parsed).find(([key, value]) => !fits(keys.get(key), value));
  if (mistyped !== undefined) {
    return bad(
      `json: cannot unmarshal ${goType(mistyped[1])} into Go struct field Config.${mistyped[0]} of type ${goKind(keys.get(mistyped[0]))}`,
    );
  }
  const all = { ...flags, ...read(parsed, keys) };
  const wrong = wrongValue(all);
  return wrong === undefined
    ? { type: 'good', file: parsed, all }
    : bad(`merged configuration validation from file and command line flags failed: ${wrong}`);
}

/** Keys of the file by what the command line says. */
function flagsOf(argv: readonly string[], version: string): JsonObject {
  const keys = keysOfEngine(version);
  const flags: Record<string, Json> = {};
  for (let at = 0; at < argv.length; at += 1) {
    const { key, given } = flagIn(argv[at] ?? '');
    const kind = keys.get(key);
    if (kind === 'boolean') {
      flags[key] = given !== 'false';
    } else if (kind !== undefined) {
      at += given === undefined ? 1 : 0;
      flags[key] = flagValue(kind, given ?? argv[at] ?? '', flags[key]);
    }
  }
  return flags;
}

function flagIn(argument: string): { readonly key: string; readonly given: string | undefined } {
  const [, long, short = '', inline = ''] = /^(?:--([a-z0-9-]+)|-([A-Za-z]))(?:=?(.*))?$/s.exec(argument) ?? [];
  return { key: keyOfFlag(long ?? SHORT[short] ?? ''), given: inline === '' ? undefined : inline };
}

function flagValue(kind: KeyKind, text: string, before: Json | undefined): Json {
  return kind === 'list' || kind === 'any' ? [...listOf(before), text] : kind === 'number' ? Number(text) : text;
}

function read(file: JsonObject, keys: ReadonlyMap<string, KeyKind>): JsonObject {
  return Object.fromEntries(
    Object.entries(file).filter(([key, value]) => keys.get(key) !== 'ignored' && value !== null),
  );
}

/** An empty file says nothing; a mark of byte order is passed over. A text says why it is no object. */
function parsedObject(raw: string): JsonObject | string {
  const text = raw.replace(/^\uFEFF/, '');
  if (text.trim() === '') {
    return {};
  }
  try {
    // Nothing but JSON comes out of JSON.parse.
    const value = JSON.parse(text) as Json;
    if (value === null || isObject(value)) {
      return value ?? {};
    }
    return `json: cannot unmarshal ${goType(value)} into Go value of type map[string]interface {}`;
  } catch (error) {
    return syntaxError(text, error);
  }
}

function syntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const at = /position (\d+)/.exec(message)?.[1];
  const letter = at === undefined ? undefined : text[Number(at)];
  return letter === undefined || message.includes('end of JSON')
    ? 'unexpected end of JSON input'
    : `invalid character '${letter}' in daemon.json`;
}

function fits(kind: KeyKind | undefined, value: Json): boolean {
  if (value === null) {
    return true;
  }
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' && Number.isInteger(value);
    case 'text':
      return typeof value === 'string';
    case 'list':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'any':
    case 'ignored':
    case undefined:
      return true;
  }
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic'];

function wrongValue(all: JsonObject): string | undefined {
  const level = all['log-level'];
  if (typeof level === 'string' && level !== '' && !LEVELS.includes(level.toLowerCase())) {
    return `invalid logging level: ${level}`;
  }
  const label = listOf(all['labels']).find((one) => !one.includes('='));
  if (label !== undefined) {
    return `bad attribute format: ${label}`;
  }
  for (const name of ['downloads', 'uploads']) {
    const count = all[`max-concurrent-${name}`];
    if (typeof count === 'number' && count < 0) {
      return `invalid max concurrent ${name}: ${count}`;
    }
  }
  return undefined;
}

const JSON_FILE_OPTIONS = ['compress', 'env', 'env-regex', 'labels', 'labels-regex', 'max-file', 'max-size', 'tag'];
const NOT_SIMULATED = ['userns-remap', 'authorization-plugins', 'tls', 'tlsverify', 'data-root', 'hosts'];

/** Why an engine does not start with settings its file may well hold. `isFile`: whether something is at a path. */
export function startFailure(all: JsonObject, isFile: (path: string) => boolean): string | undefined {
  if (all['icc'] === false && all['iptables'] === false) {
    return 'failed to start daemon: You specified --iptables=false with --icc=false. ICC=false uses iptables to function. Please set --icc or --iptables to true';
  }
  const profile = all['seccomp-profile'];
  if (typeof profile === 'string' && !['', 'builtin', 'unconfined'].includes(profile) && !isFile(profile)) {
    return `failed to start daemon: opening seccomp profile (${profile}) failed: open ${profile}: no such file or directory`;
  }
  const driver = all['log-driver'] ?? 'json-file';
  const option =
    driver === 'json-file' && isObject(all['log-opts'])
      ? Object.keys(all['log-opts']).find((name) => !JSON_FILE_OPTIONS.includes(name))
      : undefined;
  return option === undefined
    ? undefined
    : `failed to start daemon: failed to set log opts: failed to set log opts: unknown log opt '${option}' for json-file log driver`;
}

/** A setting of the file that changes more than is simulated here; what the recorded engine ran with already is part of its answers. */
export function beyondSimulation(file: JsonObject, before: JsonObject): string | undefined {
  const key = NOT_SIMULATED.find(
    (name) =>
      (hasValue(file[name]) || hasValue(before[name])) &&
      canonicalJson(file[name] ?? null) !== canonicalJson(before[name] ?? null),
  );
  return key === undefined ? undefined : `the simulated engine cannot take up ${key}`;
}

export function listOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** First engine with `--validate`. */
export function canValidate(version: string): boolean {
  return numberOf(version) >= 23;
}

function hasValue(value: Json | undefined): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== '' &&
    value !== false &&
    !(Array.isArray(value) && value.length === 0)
  );
}

function goText(value: Json): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  return isObject(value)
    ? `map[${Object.entries(value)
        .map(([key, member]) => `${key}:${goText(member)}`)
        .join(' ')}]`
    : `[${Object.values(value).map(goText).join(' ')}]`;
}

function goType(value: Json): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

function goKind(kind: KeyKind | undefined): string {
  const names: Partial<Record<KeyKind, string>> = { boolean: 'bool', number: 'int', text: 'string', list: '[]string' };
  return (kind === undefined ? undefined : names[kind]) ?? 'map';
}
