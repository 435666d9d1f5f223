import type { Json } from '../model/canonical.ts';
import type { Mount } from '../model/host.ts';
import type { RecordedContent, RecordedProcess, RecordedQuery, Recording } from './recording-schema.ts';

/** What is done to each part of a recording that holds texts of the host; `where` names the place for people. */
export interface Rewrite {
  fileText(text: string, where: string): string;
  /** Keeps the number of items. */
  list(items: readonly string[], where: string): readonly string[];
  variable(name: string, value: string, where: string): string;
  output(text: string, where: string): string;
  body(body: Json, where: string): Json;
}

export function rewriteRecording(recording: Recording, rewrite: Rewrite): Recording {
  const { mounts } = recording;
  return {
    ...recording,
    files: mapEntries(recording.files, (path, file) =>
      file.content?.status === 'present'
        ? { ...file, content: { ...file.content, value: rewriteContent(file.content.value, path, rewrite) } }
        : file,
    ),
    ...(mounts?.status === 'present'
      ? { mounts: { ...mounts, value: mounts.value.map((mount) => rewriteMount(mount, rewrite)) } }
      : {}),
    processes: mapEntries(recording.processes, (name, { environment, found }) => ({
      environment,
      found:
        found.status === 'present'
          ? { ...found, value: found.value.map((process) => rewriteProcess(name, process, rewrite)) }
          : found,
    })),
    queries: recording.queries.map((query) => rewriteQuery(query, rewrite)),
    api: mapEntries(recording.api, (_, answers) =>
      mapEntries(answers, (path, answer) =>
        answer.type === 'answered' ? { ...answer, body: rewrite.body(answer.body, `Engine API GET ${path}`) } : answer,
      ),
    ),
  };
}

/** The same JSON with every number and text in it changed; `key` is the member it is the value of, or that of its list. */
export function mapLeaves(value: Json, change: (leaf: string | number, key: string) => Json, key = ''): Json {
  if (typeof value === 'string' || typeof value === 'number') {
    return change(value, key);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return isList(value)
    ? value.map((item) => mapLeaves(item, change, key))
    : mapEntries(value, (name, member) => mapLeaves(member, change, name));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function mapEntries<K extends string, A, B>(
  record: Readonly<Record<K, A>>,
  change: (key: K, value: A) => B,
): Record<K, B> {
  // Object.entries knows keys as strings only; these are the record's own.
  const entries = Object.entries(record) as [K, A][];
  return Object.fromEntries(entries.map(([key, value]) => [key, change(key, value)])) as Record<K, B>;
}

function rewriteMount(mount: Mount, rewrite: Rewrite): { [K in keyof Mount]: Mount[K] } & { options: string[] } {
  const where = `mount of ${mount.mountPoint}`;
  return { ...mount, source: rewrite.output(mount.source, where), options: [...rewrite.list(mount.options, where)] };
}

function rewriteProcess(name: string, process: RecordedProcess, rewrite: Rewrite): RecordedProcess {
  return {
    ...process,
    argv: [...rewrite.list(process.argv, `command line of ${name}`)],
    environment: mapEntries(process.environment, (variable, value) =>
      rewrite.variable(variable, value, `environment of ${name}`),
    ),
  };
}

function rewriteQuery(query: RecordedQuery, rewrite: Rewrite): RecordedQuery {
  const { tool, args, outcome } = query;
  const text = (output: string): string => rewrite.output(output, [tool, ...args].join(' '));
  return outcome.type === 'exited' || outcome.type === 'killed'
    ? { ...query, outcome: { ...outcome, stdout: text(outcome.stdout), stderr: text(outcome.stderr) } }
    : query;
}

function rewriteContent(content: RecordedContent, where: string, rewrite: Rewrite): RecordedContent {
  if ('text' in content) {
    return { text: rewrite.fileText(content.text, where) };
  }
  const change = (text: string): string => rewrite.fileText(text, where);
  const bytes = rewriteWide(Buffer.from(content.base64, 'base64'), change);
  // Each byte as one letter: ASCII is seen, and all other bytes stay.
  return { base64: Buffer.from(change(bytes.toString('latin1')), 'latin1').toString('base64') };
}

/** What follows a byte order mark of UTF-16 may be just that, or not: it is looked at both ways. */
function rewriteWide(bytes: Buffer, change: (text: string) => string): Buffer {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark !== 'fffe' && mark !== 'feff') {
    return bytes;
  }
  const even = bytes.length - (bytes.length % 2);
  const swapped = (raw: Buffer): Buffer => (mark === 'feff' ? Buffer.from(raw).swap16() : raw);
  const text = swapped(bytes.subarray(0, even)).toString('utf16le');
  return Buffer.concat([swapped(Buffer.from(change(text), 'utf16le')), bytes.subarray(even)]);
}
