import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordedHost } from '../../src/host/recorded-host.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import type { Recording } from '../../src/host/recording-schema.ts';
import { changedPaths, diskImage } from '../../src/host/simulated/disk-image.ts';
import { simulatedHost } from '../../src/host/simulated/simulated-host.ts';
import { type AbsPath, absPath, baseName, parentPath } from '../../src/model/brand.ts';
import type { ApiOutcome, HostReader, Query } from '../../src/model/host.ts';
import { type Observed, absent, present } from '../../src/model/state.ts';
import { recordedStat, recordingOf, textFile } from '../support/simulated-recording.ts';

const HOSTS = join(import.meta.dirname, '../../snapshots/hosts');
const recordings = readdirSync(HOSTS).filter((name) => name.endsWith('.json'));

const seen = <T>(value: T): Extract<Observed<T>, { status: 'present' }> => ({ status: 'present', value });

describe.each(recordings)('%s, simulated', (name) => {
  const recording = parseRecording(readFileSync(join(HOSTS, name), 'utf8'), name);
  const paths = Object.keys(recording.files).map(absPath);

  test('answers about every recorded file what the recording does', async () => {
    const [recorded, simulated] = [recordedHost(recording), simulatedHost(recording)];
    for (const path of paths) {
      expect({ path, ...fileAnswers(simulated, recording, path) }).toEqual({
        path,
        ...fileAnswers(recorded, recording, path),
      });
    }
    const asked = paths.filter((path) => recording.files[path]?.attributes !== undefined);
    expect(await simulated.attributes(asked)).toEqual(await recorded.attributes(asked));
  });

  test('answers every recorded question about programs and the machine what the recording does', async () => {
    const [recorded, simulated] = [recordedHost(recording), simulatedHost(recording)];
    expect(await machineAnswers(simulated, recording)).toEqual(await machineAnswers(recorded, recording));
  });

  test('lets a writer see what a reader sees', () => {
    const { sys, ...reader } = simulatedHost(recording);
    for (const path of paths.filter((one) => one !== '/')) {
      const stat = reader.stat(path);
      const folder = reader.realPath(parentPath(path));
      if (stat.status === 'unreadable' || folder.status !== 'present') {
        continue;
      }
      const held = sys.openDirectory(folder.value);
      expect({ path, stat: sys.statAt(held, baseName(path)) }).toEqual({
        path,
        stat: stat.status === 'present' ? stat.value : undefined,
      });
      sys.close(held);
    }
  });
});

describe('a simulated host', () => {
  const files = {
    '/etc': { stat: recordedStat('directory', 0o755), entries: seen(['docker', 'secret']) },
    '/etc/docker': { stat: recordedStat('directory', 0o755) },
    '/etc/docker/daemon.json': textFile('{}', 0o640),
    '/lib/systemd/docker.service': {
      ...textFile('[Unit]'),
      realPath: seen(absPath('/usr/lib/systemd/docker.service')),
    },
    '/usr/bin/big': { stat: recordedStat('file', 0o755) },
    '/usr/bin/alias': { realPath: seen(absPath('/usr/sbin/real')) },
    '/usr/bin/other': { realPath: seen(absPath('/usr/bin/other')), stat: recordedStat('file', 0o755) },
  } as const;
  const host = () => simulatedHost(recordingOf(files));

  test('shows its readers what its writer did: new, changed, renamed and removed', () => {
    const { sys, ...reader } = host();
    const folder = sys.openDirectory(absPath('/etc/docker'));
    const before = diskImage(reader.disk);
    const file = sys.createFile(folder, 'new');
    sys.write(file, new TextEncoder().encode('{"icc":false}'), 0);
    sys.chmod(file, 0o600);
    sys.rename(folder, 'new', 'daemon.json');
    const path = absPath('/etc/docker/daemon.json');
    expect(text(reader.read(path))).toBe('{"icc":false}');
    expect(reader.stat(path)).toMatchObject({ value: { mode: 0o600, size: 13 } });
    expect(reader.stat(absPath('/etc/docker/new'))).toEqual(absent);
    expect(changedPaths(before, diskImage(reader.disk))).toEqual([path]);
    sys.unlink(folder, 'daemon.json');
    expect(reader.stat(path)).toEqual(absent);
    expect(reader.read(path)).toEqual(absent);
  });

  test('has the links that its real paths tell of, and no more', () => {
    const reader = host();
    expect(text(reader.read(absPath('/usr/lib/systemd/docker.service')))).toBe('[Unit]');
    expect(reader.realPath(absPath('/lib/systemd'))).toEqual(present('/usr/lib/systemd'));
    expect(reader.realPath(absPath('/usr/bin/alias'))).toEqual(present('/usr/sbin/real'));
    expect(reader.realPath(absPath('/usr/bin/other'))).toEqual(present('/usr/bin/other'));
  });

  test('makes up no content: what was not recorded can be read by nobody', () => {
    const { sys, ...reader } = host();
    expect(reader.read(absPath('/usr/bin/big')).status).toBe('unreadable');
    expect(reader.stat(absPath('/etc/secret')).status).toBe('unreadable');
    const held = sys.openObject(sys.openDirectory(absPath('/usr/bin')), 'big');
    expect(() => sys.read(held, 10)).toThrow('not in the recording');
  });

  test('leaves the recording as it is', () => {
    const recording = recordingOf(files);
    const copy = structuredClone(recording);
    const { sys } = simulatedHost(recording);
    sys.unlink(sys.openDirectory(absPath('/etc/docker')), 'daemon.json');
    expect(recording).toEqual(copy);
    expect(text(simulatedHost(recording).read(absPath('/etc/docker/daemon.json')))).toBe('{}');
  });
});

/** The answers that were recorded. What a recording replaces in a text (pids, secrets) may have another length than on the host. */
function fileAnswers(host: HostReader, { files }: Recording, path: AbsPath): object {
  const { stat, content, entries, realPath } = files[path] ?? {};
  const found = host.stat(path);
  const size =
    content?.status === 'present' && found.status === 'present' ? { value: { ...found.value, size: 0 } } : {};
  return {
    ...(stat === undefined ? {} : { stat: { ...found, ...size } }),
    ...(content === undefined ? {} : { content: host.read(path) }),
    ...(entries === undefined ? {} : { entries: host.list(path) }),
    ...(realPath === undefined ? {} : { realPath: host.realPath(path) }),
  };
}

async function machineAnswers(host: HostReader, { queries, api, processes }: Recording): Promise<readonly unknown[]> {
  const running = Object.entries(processes).map(([name, { environment }]) => host.processes([name], environment));
  const answers: Promise<ApiOutcome>[] = Object.entries(api).flatMap(([socket, paths]) =>
    Object.keys(paths).map((path) => host.docker(absPath(socket), path)),
  );
  const asked = queries.map((recorded) => host.query(queryOf(recorded)));
  return [host.identity(), host.mounts(), ...running, ...(await Promise.all(asked)), ...(await Promise.all(answers))];
}

function queryOf({ tool, args: [first = '', ...rest] }: Recording['queries'][number]): Query {
  const questions: readonly Query[] = [
    { tool: 'systemctl', args: ['show', ...rest] },
    { tool: 'auditctl', args: ['-l'] },
    { tool: 'auditctl', args: ['-s'] },
    { tool: 'auditctl', args: ['-v'] },
  ];
  const found = questions.find((one) => one.tool === tool && one.args[0] === first);
  if (found === undefined) {
    throw new Error(`no question: ${tool} ${first}`);
  }
  return found;
}

function text(content: Observed<Uint8Array>): string | undefined {
  return content.status === 'present' ? Buffer.from(content.value).toString() : undefined;
}
