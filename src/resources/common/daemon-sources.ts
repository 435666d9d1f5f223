import type { Json, JsonObject } from '../../model/canonical.ts';
import { flagValues } from '../../model/command-flags.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import { textOf } from './accounts.ts';

/** The two places dockerd takes its settings from. */
export interface DaemonSources {
  readonly argv: readonly string[];
  /** The path of daemon.json, for evidence. */
  readonly fileName: string;
  readonly file:
    | { readonly status: 'absent' }
    | { readonly status: 'read'; readonly value: JsonObject }
    /** Not JSON, or not to be read: what it sets is unknown. */
    | { readonly status: 'unclear'; readonly reason: string };
}

export function readDaemonSources(facts: HostFacts, host: HostReader): DaemonSources {
  const { argv, configFile } = facts.engine;
  return { argv, fileName: configFile.path, file: readFile(facts, host) };
}

function readFile(facts: HostFacts, host: HostReader): DaemonSources['file'] {
  const { path } = facts.engine.configFile;
  const text = textOf(host, path);
  switch (text.status) {
    case 'absent':
      return { status: 'absent' };
    case 'unreadable':
      return { status: 'unclear', reason: `${path}: ${text.reason}` };
    case 'present':
      return parseObject(path, text.value);
  }
}

function parseObject(path: string, text: string): DaemonSources['file'] {
  if (text.trim() === '') {
    return { status: 'read', value: {} };
  }
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value)
      ? { status: 'read', value }
      : { status: 'unclear', reason: `${path} is not an object of settings` };
  } catch {
    return { status: 'unclear', reason: `${path} is not valid JSON` };
  }
}

/** A member of daemon.json; undefined where it is not there. */
export function fileMember(sources: DaemonSources, key: string): Json | undefined {
  return sources.file.status === 'read' ? sources.file.value[key] : undefined;
}

/** Texts in a member that is a list of texts, or one text. */
export function textsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Addresses the engine is told to listen at; dockerd refuses to start where flags and file both name some. */
export function hostsOf(sources: DaemonSources): readonly { readonly address: string; readonly source: string }[] {
  return [
    ...flagValues(sources.argv, 'host', 'H').map((address) => ({ address, source: 'dockerd command line' })),
    ...textsOf(fileMember(sources, 'hosts')).map((address) => ({ address, source: sources.fileName })),
  ];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
