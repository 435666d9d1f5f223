import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Recording } from '../../src/host/recording-schema.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import { encode } from './fuzz-target.ts';

const PROJECT = join(import.meta.dirname, '../..');

/** Recordings of real hosts. */
export function recordings(): readonly Recording[] {
  const folder = join(PROJECT, 'snapshots/hosts');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => parseRecording(readFileSync(join(folder, name), 'utf8'), name));
}

/** Contents of the files whose path matches, of all recorded hosts, each once. */
export function recordedFiles(path: RegExp): readonly Uint8Array[] {
  const texts = recordings().flatMap(({ files }) =>
    Object.entries(files).flatMap(([name, { content }]) =>
      path.test(name) && content?.status === 'present' && 'text' in content.value ? [content.value.text] : [],
    ),
  );
  return [...new Set(texts)].map(encode);
}

/** What a tool printed on the recorded hosts. */
export function recordedOutput(tool: string, firstArgument: string): readonly Uint8Array[] {
  const texts = recordings().flatMap(({ queries }) =>
    queries.flatMap((query) =>
      query.tool === tool && query.args[0] === firstArgument && query.outcome.type === 'exited'
        ? [query.outcome.stdout]
        : [],
    ),
  );
  return [...new Set(texts)].map(encode);
}

/** Bodies of the Engine's answers to a path. */
export function recordedAnswers(path: string): readonly Uint8Array[] {
  const bodies = recordings().flatMap(({ api }) =>
    Object.values(api).flatMap((answers) => {
      const answer = answers[path];
      return answer?.type === 'answered' ? [JSON.stringify(answer.body)] : [];
    }),
  );
  return [...new Set(bodies)].map(encode);
}

/** A recording of a real host with few of its files, so that a million of them can be read. */
export function smallRecordings(): readonly Uint8Array[] {
  return recordings().map((recording) => {
    const kept = (record: Readonly<Record<string, unknown>>): object =>
      Object.fromEntries(Object.entries(record).slice(0, 4));
    const { files, processes, api, queries } = recording;
    const answers = Object.fromEntries(
      Object.entries(api).map(([socket, all]) => [socket, Object.fromEntries(Object.entries(all).slice(0, 1))]),
    );
    const parts = { files: kept(files), processes: kept(processes), queries: queries.slice(0, 1), api: answers };
    return encode(JSON.stringify({ ...recording, ...parts, mounts: undefined }));
  });
}

/** Files of the catalogue below a folder. */
export function catalogueFiles(folder: string): readonly Uint8Array[] {
  const path = join(PROJECT, 'remediations/docker', folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.json5'))
    .sort()
    .map((name) => readFileSync(join(path, name)));
}
