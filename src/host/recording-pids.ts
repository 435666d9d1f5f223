import type { Json } from '../model/canonical.ts';
import { mapEntries, mapLeaves } from './recording-parts.ts';
import type { RecordedFile, RecordedProcess, RecordedQuery, Recording } from './recording-schema.ts';

/** Places in texts of other programs where a pid stands: `auditctl -s`, `systemctl show`. */
const PIDS_IN_TEXT = /((?:^|\s)pid[ =]|^(?:Main|ExecMain|Control)PID=)(\d+)(?=\s|;|$)/gm;
const PROC_PATH = /^(\/proc\/)(\d+)(?=\/|$)/;
const PID_FILE = '.pid';
/** Above what a person would take for a real one at boot; 0 (none) and 1 (the first process) keep their meaning. */
const FIRST = 1001;

type Renumber = (pid: string) => string;

/**
 * The same recording with pids and start times replaced by their rank, so that two recordings of an unchanged host are
 * equal. Equal stays equal and older stays older, also between a process, a pid file, `auditctl -s` and `systemctl show`.
 */
export function normalised(recording: Recording): Recording {
  const pids = new Set<string>();
  renumbered(recording, (pid) => {
    pids.add(pid);
    return pid;
  });
  const ranks = ranking(
    [...pids].filter((pid) => Number(pid) > 1),
    FIRST,
  );
  const ticks = ranking(
    allProcesses(recording).map(({ startTicks }) => startTicks),
    1,
  );
  const pidsDone = renumbered(recording, (pid) => ranks.get(pid) ?? pid);
  return withProcesses(pidsDone, (process) => ({
    ...process,
    startTicks: ticks.get(process.startTicks) ?? process.startTicks,
  }));
}

function ranking(values: readonly string[], first: number): ReadonlyMap<string, string> {
  const sorted = [...new Set(values)].sort((a, b) => Number(a) - Number(b));
  return new Map(sorted.map((value, rank) => [value, String(first + rank)]));
}

function allProcesses({ processes }: Recording): readonly RecordedProcess[] {
  return Object.values(processes).flatMap(({ found }) => (found.status === 'present' ? found.value : []));
}

function withProcesses(recording: Recording, change: (process: RecordedProcess) => RecordedProcess): Recording {
  return {
    ...recording,
    processes: mapEntries(recording.processes, (_, { environment, found }) => ({
      environment,
      found: found.status === 'present' ? { ...found, value: found.value.map(change) } : found,
    })),
  };
}

function renumbered(recording: Recording, renumber: Renumber): Recording {
  const path = <T extends string>(text: T): T =>
    // A path stays a path: only digits of one component change.
    text.replace(PROC_PATH, (_, proc: string, pid: string) => proc + renumber(pid)) as T;
  const files = Object.entries(recording.files).map(
    ([name, file]) => [path(name), fileWith(name, file, renumber)] as const,
  );
  return withProcesses(
    {
      ...recording,
      files: Object.fromEntries(files),
      queries: recording.queries.map((query) => queryWith(query, renumber)),
      api: mapEntries(recording.api, (_socket, answers) =>
        mapEntries(answers, (_path, answer) =>
          answer.type === 'answered' ? { ...answer, body: bodyWith(answer.body, renumber) } : answer,
        ),
      ),
    },
    (process) => ({ ...process, pid: Number(renumber(String(process.pid))) }),
  );
}

function fileWith(name: string, file: RecordedFile, renumber: Renumber): RecordedFile {
  const { content } = file;
  if (!name.endsWith(PID_FILE) || content?.status !== 'present' || !('text' in content.value)) {
    return file;
  }
  const text = content.value.text.replace(/^\d+(?=\s*$)/, renumber);
  return { ...file, content: { ...content, value: { text } } };
}

function queryWith(query: RecordedQuery, renumber: Renumber): RecordedQuery {
  const { outcome } = query;
  return outcome.type === 'exited'
    ? {
        ...query,
        outcome: {
          ...outcome,
          stdout: outcome.stdout.replaceAll(PIDS_IN_TEXT, (_, before: string, pid: string) => before + renumber(pid)),
        },
      }
    : query;
}

/** Members named `Pid` hold one. */
function bodyWith(body: Json, renumber: Renumber): Json {
  return mapLeaves(body, (leaf, key) =>
    key === 'Pid' && typeof leaf === 'number' ? Number(renumber(String(leaf))) : leaf,
  );
}
