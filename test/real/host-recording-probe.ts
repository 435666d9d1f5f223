import { liveHost } from '../../src/host/live-host.ts';
import { recordedHost } from '../../src/host/recorded-host.ts';
import { recordingReader, recordingText } from '../../src/host/recorder.ts';
import { parseRecording } from '../../src/host/recording-file.ts';
import { absPath } from '../../src/model/brand.ts';
import type { HostReader } from '../../src/model/host.ts';

/** Run inside a throwaway host: prints what was answered live, the recording of it, and what that answers. */
const socket = absPath('/run/docker.sock');

async function ask(host: HostReader): Promise<unknown> {
  const daemonJson = host.read(absPath('/etc/docker/daemon.json'));
  return {
    daemonJson: daemonJson.status === 'present' ? Buffer.from(daemonJson.value).toString() : daemonJson,
    pidFile: host.read(absPath('/run/docker.pid')).status,
    processes: host.processes(['dockerd', 'containerd'], ['HTTPS_PROXY']),
    info: await host.docker(socket, '/info'),
    version: await host.docker(socket, '/version'),
    containers: await host.docker(socket, '/containers/json?all=1'),
    mounts: host.mounts(),
  };
}

const recorder = recordingReader(liveHost());
const live = await ask(recorder.reader);
const { recording, redactions } = recorder.recording({ takenAt: new Date().toISOString(), toolVersion: 'test' });
const text = recordingText(recording);
const recorded = await ask(recordedHost(parseRecording(text, 'recording')));
process.stdout.write(JSON.stringify({ live, recorded, text, redactions }));
