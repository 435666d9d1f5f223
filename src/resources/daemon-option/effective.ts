import { canonicalJson, type Json } from '../../model/canonical.ts';
import type { EngineFacts } from '../../model/facts.ts';
import { START_NOTE } from '../../model/own-file.ts';
import type { Evidence } from '../../model/state.ts';
import type { FlagUse } from './flags.ts';
import { knowledgeOf, standardValue } from './keys.ts';
import { type LiveAnswer, liveAnswer } from './live.ts';
import { masked } from './mask.ts';
import type { OptionState } from './state.ts';

/** What the next start of dockerd would use for a key, and who says so. */
interface Configured {
  readonly value: Json;
  readonly from: 'flag' | 'file' | 'standard';
}

/**
 * What the running daemon uses. `shown`: its API (or its child processes) say so. `since-start`: the API does not show it, but
 * file and flags are those it was started with, or a note says what they were. `unknown`: the file changed after the start.
 * `none`: no daemon to ask.
 */
type Live =
  | { readonly status: 'shown' | 'since-start'; readonly value: Json }
  | { readonly status: 'unknown' }
  | { readonly status: 'none'; readonly reason: string };

export interface Effective {
  readonly configured: Configured;
  readonly live: Live;
  readonly flag: FlagUse | undefined;
  /** What the file says; undefined where it has no such key. */
  readonly inFile: Json | undefined;
  readonly evidence: readonly Evidence[];
}

/** Weighs command line, file, API and the file's age against each other. `flags` are those of the running daemon. */
export function effectiveValue(
  key: string,
  state: Pick<OptionState, 'document' | 'file' | 'youngerThanDaemon' | 'startedWith' | 'proxyRunning'>,
  flags: ReadonlyMap<string, FlagUse>,
  engine: EngineFacts,
): Effective {
  const flag = flags.get(key);
  const inFile =
    state.document.status === 'object' && Object.hasOwn(state.document.value, key)
      ? state.document.value[key]
      : undefined;
  const configured = configuredValue(key, flag, inFile, engine.version);
  const answer = key === 'userland-proxy' && state.proxyRunning ? proxyAnswer() : liveAnswer(key, engine);
  const noted = state.startedWith?.[key];
  const evidence: Evidence[] = [
    ...(engine.argvSource === 'none'
      ? []
      : [
          {
            source: engine.argvSource === 'process' ? 'dockerd command line' : 'ExecStart of the unit',
            read: `--${key}`,
            value: masked(key, flag?.value ?? null),
          },
        ]),
    { source: state.file, read: key, value: masked(key, inFile ?? null) },
    ...(answer.status === 'shown' ? [answer.evidence] : []),
    ...(answer.status === 'shown' || noted === undefined
      ? []
      : [{ source: START_NOTE, read: key, value: masked(key, noted) }]),
  ];
  return {
    configured,
    live: liveValue(key, configured, { younger: state.youngerThanDaemon, noted, answer, engine }),
    flag,
    inFile,
    evidence,
  };
}

export function sameJson(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function configuredValue(
  key: string,
  flag: FlagUse | undefined,
  inFile: Json | undefined,
  version: string | undefined,
): Configured {
  if (flag !== undefined) {
    return { value: normal(key, flag.value), from: 'flag' };
  }
  // null in the file is what dockerd takes for "not set".
  if (inFile !== undefined && inFile !== null) {
    return { value: normal(key, inFile), from: 'file' };
  }
  return { value: standardValue(key, version), from: 'standard' };
}

/** One spelling for values that mean the same. */
function normal(key: string, value: Json): Json {
  if (value === '') {
    return standardValue(key, undefined) ?? '';
  }
  if (key === 'log-level' && typeof value === 'string') {
    return value.toLowerCase();
  }
  if (key === 'insecure-registries' && Array.isArray(value)) {
    const registries: readonly Json[] = value;
    return registries.filter((item) => item !== '127.0.0.0/8' && item !== '::1/128').sort();
  }
  return value;
}

/** What speaks of the running daemon. `noted`: what a note says its file said at its start, null for nothing. */
interface Witnesses {
  readonly younger: boolean | undefined;
  readonly noted: Json | undefined;
  readonly answer: LiveAnswer;
  readonly engine: EngineFacts;
}

function liveValue(key: string, configured: Configured, { younger, noted, answer, engine }: Witnesses): Live {
  if (!engine.running) {
    return { status: 'none', reason: 'dockerd is not running' };
  }
  if (engine.unreachable !== undefined) {
    return { status: 'none', reason: `dockerd does not answer: ${engine.unreachable}` };
  }
  if (answer.status === 'shown') {
    return { status: 'shown', value: answer.value };
  }
  if (configured.from === 'flag') {
    return engine.argvSource === 'process' ? { status: 'since-start', value: configured.value } : { status: 'unknown' };
  }
  // A reloadable key takes effect without a start, so the file's age says nothing about it.
  if (knowledgeOf(key)?.takesEffect === 'reload') {
    return { status: 'unknown' };
  }
  if (noted !== undefined) {
    return { status: 'since-start', value: configuredValue(key, undefined, noted, engine.version).value };
  }
  return younger === false ? { status: 'since-start', value: configured.value } : { status: 'unknown' };
}

function proxyAnswer(): LiveAnswer {
  return {
    status: 'shown',
    value: true,
    evidence: { source: 'running processes', read: 'docker-proxy', value: 'running' },
  };
}
