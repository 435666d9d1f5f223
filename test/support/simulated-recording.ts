import type { RecordedFile, Recording } from '../../src/host/recording-schema.ts';
import { RECORDING_MINOR, RECORDING_SCHEMA } from '../../src/host/recording-schema.ts';
import { type AbsPath, absPath } from '../../src/model/brand.ts';
import type { FileType } from '../../src/model/host.ts';

/** A recording of a small host: these files, nothing else that was asked for but what `more` has. */
export function recordingOf(files: Readonly<Record<string, RecordedFile>>, more: Partial<Recording> = {}): Recording {
  const clean: Record<AbsPath, RecordedFile> = {};
  for (const [path, file] of Object.entries(files)) {
    clean[absPath(path)] = file;
  }
  return {
    schema: RECORDING_SCHEMA,
    schemaMinor: RECORDING_MINOR,
    takenAt: '2026-11-22T10:00:00Z',
    tool: { name: 'harden', version: '0.1.0' },
    host: {
      hostname: 'small',
      machineId: '',
      kernelRelease: '6.12',
      machine: 'x86_64',
      bootId: 'boot',
      uid: 0,
      capabilities: [],
      inContainer: false,
    },
    files: clean,
    processes: {},
    queries: [],
    api: {},
    ...more,
  };
}

export function recordedStat(type: FileType, mode: number): NonNullable<RecordedFile['stat']> {
  const times = { mtimeNs: '1000', ctimeNs: '1000' };
  const value = { type, mode, uid: 0, gid: 0, size: 0, nlink: 1, dev: '1', ino: '7', ...times };
  return { status: 'present', value };
}

export function textFile(text: string, mode = 0o644): RecordedFile {
  return { stat: recordedStat('file', mode), content: { status: 'present', value: { text } } };
}

export function answeredQuery(
  tool: 'auditctl' | 'systemctl',
  args: string[],
  stdout: string,
): Recording['queries'][number] {
  return { tool, args, outcome: { type: 'exited', code: 0, stdout, stderr: '' } };
}
