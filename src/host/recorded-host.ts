import type { AbsPath } from '../model/brand.ts';
import { canonicalJson } from '../model/canonical.ts';
import type { CommandOutcome, FileAttributes, HostReader, ProcessInfo } from '../model/host.ts';
import { type Observed, present, unreadable } from '../model/state.ts';
import type { RecordedContent, RecordedFile, Recording } from './recording-schema.ts';
import { DEFAULT_READ_LIMIT } from './tree-reader.ts';

const NOT_RECORDED = 'not in the recording';
const NO_ATTRIBUTES: FileAttributes = { flags: null, hasAcl: null };

/** Answers what was asked when the recording was made; whatever else is asked is `unreadable`, never guessed. */
export function recordedHost(recording: Recording): HostReader {
  const file = (path: AbsPath): RecordedFile => recording.files[path] ?? {};
  const outcomes = new Map(recording.queries.map(({ tool, args, outcome }) => [canonicalJson([tool, args]), outcome]));
  return {
    kind: 'recorded',
    identity: () => recording.host,
    stat: (path) => file(path).stat ?? missing(path),
    read: (path, limit = DEFAULT_READ_LIMIT) => contentOf(path, file(path).content, limit),
    list: (path) => file(path).entries ?? missing(path),
    realPath: (path) => file(path).realPath ?? missing(path),
    attributes: (paths) =>
      Promise.resolve(new Map(paths.map((path) => [path, file(path).attributes ?? NO_ATTRIBUTES]))),
    mounts: () => recording.mounts ?? unreadable(`mounts: ${NOT_RECORDED}`),
    processes: (names, environment) => processesOf(recording, names, environment),
    query: ({ tool, args }) => Promise.resolve(outcomes.get(canonicalJson([tool, args])) ?? notAsked()),
    docker: (socket, path) =>
      Promise.resolve(
        recording.api[socket]?.[path] ?? {
          type: 'unreachable',
          reason: `${socket} GET ${path}: ${NOT_RECORDED}`,
          code: 'other',
        },
      ),
  };
}

function missing(path: AbsPath): Observed<never> {
  return unreadable(`${path}: ${NOT_RECORDED}`);
}

function notAsked(): CommandOutcome {
  return { type: 'not-started', reason: NOT_RECORDED };
}

function contentOf(path: AbsPath, content: RecordedFile['content'], limit: number): Observed<Uint8Array> {
  if (content?.status !== 'present') {
    return content ?? missing(path);
  }
  const bytes = bytesOf(content.value);
  return bytes.length > limit
    ? unreadable(`${path}: ${bytes.length} bytes, more than the ${limit} that are read`)
    : present(bytes);
}

function bytesOf(content: RecordedContent): Uint8Array {
  return new Uint8Array('text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64'));
}

/** All names and variables must have been asked for; the answer is that of all names together, by pid. */
function processesOf(
  { processes }: Recording,
  names: readonly string[],
  environment: readonly string[],
): Observed<readonly ProcessInfo[]> {
  const all: ProcessInfo[] = [];
  for (const name of names) {
    const answer = processes[name];
    if (answer === undefined || !environment.every((variable) => answer.environment.includes(variable))) {
      return unreadable(`processes named ${name}: ${NOT_RECORDED}`);
    }
    if (answer.found.status === 'unreadable') {
      return answer.found;
    }
    all.push(...(answer.found.status === 'present' ? answer.found.value : []));
  }
  return present(all.map((process) => onlyAsked(process, environment)).sort((a, b) => a.pid - b.pid));
}

function onlyAsked(process: ProcessInfo, names: readonly string[]): ProcessInfo {
  const asked = Object.entries(process.environment).filter(([name]) => names.includes(name));
  return { ...process, environment: Object.fromEntries(asked) };
}
