import { isUtf8 } from 'node:buffer';
import type { AbsPath } from '../model/brand.ts';
import { type Json, byCodeUnit, canonicalJson } from '../model/canonical.ts';
import type { ApiOutcome, FileAttributes, HostReader, ProcessInfo, Query } from '../model/host.ts';
import type { Observed } from '../model/state.ts';
import { normalised } from './recording-pids.ts';
import {
  RECORDING_MINOR,
  RECORDING_SCHEMA,
  type RecordedContent,
  type RecordedFile,
  type RecordedQuery,
  type Recording,
} from './recording-schema.ts';
import { isObject } from './simulated/engine-settings.ts';
import { type Redaction, redactRecording } from './redact-recording.ts';

/** When and by which version of harden; both from outside. `takenAt` is ISO 8601, UTC. */
interface RecordingOrigin {
  readonly takenAt: string;
  readonly toolVersion: string;
}

export interface Recorder {
  /** Answers as the host does, and notes it. */
  readonly reader: HostReader;
  /** All that was asked so far, without secrets; `redactions` says what was taken out, sorted. */
  readonly recording: (origin: RecordingOrigin) => {
    readonly recording: Recording;
    readonly redactions: readonly Redaction[];
  };
}

type Notes = Pick<Recording, 'files' | 'mounts' | 'processes' | 'api'> & {
  readonly queries: Map<string, RecordedQuery>;
};

/** `shorten`: what of a file's text is enough for every question that is asked of it; by default all of it. */
export function recordingReader(
  host: HostReader,
  shorten: (path: AbsPath, text: string) => string = (_, text) => text,
): Recorder {
  const notes: Notes = { files: {}, processes: {}, api: {}, queries: new Map() };
  return {
    reader: { ...fileQuestions(host, notes, shorten), ...machineQuestions(host, notes) },
    recording: ({ takenAt, toolVersion }) =>
      redactRecording(
        normalised({
          ...notes,
          schema: RECORDING_SCHEMA,
          schemaMinor: RECORDING_MINOR,
          takenAt,
          tool: { name: 'harden', version: toolVersion },
          host: { ...host.identity(), capabilities: [...host.identity().capabilities] },
          queries: [...notes.queries].sort(([a], [b]) => byCodeUnit(a, b)).map(([, query]) => query),
        }),
      ),
  };
}

/** One text for equal recordings. */
export function recordingText(recording: Recording): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(recording)), undefined, 1)}\n`;
}

function fileQuestions(
  host: HostReader,
  { files }: Notes,
  shorten: (path: AbsPath, text: string) => string,
): Pick<HostReader, 'stat' | 'read' | 'list' | 'realPath' | 'attributes'> {
  const note = (path: AbsPath, members: RecordedFile): void => {
    files[path] = { ...files[path], ...members };
  };
  return {
    stat: (path) => {
      const stat = host.stat(path);
      note(path, { stat });
      return stat;
    },
    read: (path, limit) => {
      const content = host.read(path, limit);
      // A smaller limit than before says less than what is noted already.
      if (content.status !== 'unreadable' || files[path]?.content === undefined) {
        note(path, {
          content: mapped(content, (bytes) => shortened(asRecorded(bytes), (text) => shorten(path, text))),
        });
      }
      return content;
    },
    list: (path) => {
      const entries = host.list(path);
      note(path, { entries: mapped(entries, (names) => [...names]) });
      return entries;
    },
    realPath: (path) => {
      const realPath = host.realPath(path);
      note(path, { realPath });
      return realPath;
    },
    attributes: async (paths) => {
      const found: ReadonlyMap<AbsPath, FileAttributes> = await host.attributes(paths);
      for (const [path, attributes] of found) {
        note(path, { attributes });
      }
      return found;
    },
  };
}

function machineQuestions(
  host: HostReader,
  notes: Notes,
): Pick<HostReader, 'kind' | 'identity' | 'mounts' | 'processes' | 'query' | 'docker'> {
  return {
    kind: host.kind,
    identity: () => host.identity(),
    mounts: () => {
      const mounts = host.mounts();
      notes.mounts = mapped(mounts, (found) => found.map((mount) => ({ ...mount, options: [...mount.options] })));
      return mounts;
    },
    processes: (names, environment) => {
      const found = host.processes(names, environment);
      for (const name of names) {
        // Asked again with fewer variables, it must still be able to answer the first question.
        const asked = [...new Set([...(notes.processes[name]?.environment ?? []), ...environment])].sort(byCodeUnit);
        const whole = asked.length === new Set(environment).size ? found : host.processes([name], asked);
        notes.processes[name] = { environment: asked, found: ofName(whole, name) };
      }
      return found;
    },
    query: async (query: Query) => {
      const outcome = await host.query(query);
      const { tool, args } = query;
      notes.queries.set(canonicalJson([tool, args]), { tool, args: [...args], outcome });
      return outcome;
    },
    docker: async (socket, path) => {
      const outcome = await host.docker(socket, path);
      notes.api[socket] = { ...notes.api[socket], [path]: withoutInside(path, outcome) };
      return outcome;
    },
  };
}

/** Of one container: what a restart does with it. Its environment and its command line may hold secrets under names of their own. */
function withoutInside(path: string, outcome: ApiOutcome): ApiOutcome {
  if (!/^\/containers\/[^/]+\/json$/.test(path) || outcome.type !== 'answered') {
    return outcome;
  }
  const member = (value: Json | undefined, name: string): Json => (isObject(value) ? value[name] : undefined) ?? null;
  const { body, status } = outcome;
  const hostConfig = member(body, 'HostConfig');
  const task = member(member(member(body, 'Config'), 'Labels'), SWARM_TASK);
  const kept = {
    HostConfig: {
      AutoRemove: member(hostConfig, 'AutoRemove'),
      RestartPolicy: { Name: member(member(hostConfig, 'RestartPolicy'), 'Name') },
    },
    ...(task === null ? {} : { Config: { Labels: { [SWARM_TASK]: task } } }),
  };
  return { ...outcome, body: status === 200 ? kept : null };
}

const SWARM_TASK = 'com.docker.swarm.task.id';

function ofName(found: Observed<readonly ProcessInfo[]>, name: string): Recording['processes'][string]['found'] {
  return mapped(found, (processes) =>
    processes.filter((process) => process.name === name).map((process) => ({ ...process, argv: [...process.argv] })),
  );
}

function asRecorded(bytes: Uint8Array): RecordedContent {
  const buffer = Buffer.from(bytes);
  return isUtf8(buffer) ? { text: buffer.toString() } : { base64: buffer.toString('base64') };
}

function mapped<A, B>(observed: Observed<A>, change: (value: A) => B): Observed<B> {
  return observed.status === 'present' ? { status: 'present', value: change(observed.value) } : observed;
}

function shortened(content: RecordedContent, shorten: (text: string) => string): RecordedContent {
  return 'text' in content ? { text: shorten(content.text) } : content;
}
