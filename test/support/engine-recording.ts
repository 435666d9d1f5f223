import type { Recording } from '../../src/host/recording-schema.ts';
import { absPath } from '../../src/model/brand.ts';
import { recordedStat, recordingOf } from './simulated-recording.ts';

const SOCKET = absPath('/run/docker.sock');

/** A host where a dockerd of this version runs, started with these arguments and no file. */
export function engineRecording(version: string, argv: readonly string[] = []): Recording {
  const exe = { status: 'present' as const, value: absPath('/usr/sbin/dockerd') };
  const dockerd = {
    pid: 1001,
    name: 'dockerd',
    exe,
    argv: ['dockerd', ...argv],
    uid: 0,
    startTicks: '1',
    environment: {},
  };
  const folder = { stat: recordedStat('directory', 0o755), entries: { status: 'present' as const, value: [] } };
  return recordingOf(
    { '/etc/docker': folder, '/run': folder },
    {
      processes: { dockerd: { environment: [], found: { status: 'present', value: [dockerd] } } },
      api: { [SOCKET]: { '/version': { type: 'answered', status: 200, body: { Version: version } } } },
    },
  );
}

/** Texts for `--validate`: `exact` where dockerd's own words are simulated too, not only its verdict. */
export const CANDIDATES: readonly { readonly text: string; readonly exact: boolean }[] = [
  ...['{}', '', '  ', 'null', '\uFEFF{}', '{"debug":true,"debug":false}', '{"insecure-registry":["x"]}'].map(exactly),
  ...['{"foo":1}', '{"Debug":true}', '{"ICC":false}', '{"graph-x":""}'].map(exactly),
  ...['{"icc":false,"iptables":false}', '{"log-driver":"nosuch"}', '{"seccomp-profile":"/nope"}'].map(exactly),
  ...['{"labels":["a"]}', '{"log-level":"zz"}', '{"max-concurrent-downloads":-1}', '[]', '{"debug":true'].map(exactly),
  ...['{"validate":true}', '{"cdi-spec-dirs":["/x"]}', '{"allow-direct-routing":true}', '{"bip6":"fd00::/64"}'].map(
    exactly,
  ),
  ...['{"oom-score-adjust":1}', '{"default-network-opts":{}}', '{"runtimes":{}}'].map(exactly),
  ...[
    '{"foo":1,"bar":2}',
    '{"icc":"x"}',
    '{"icc":true,}',
    '{"debug":1}',
    '{"mtu":"1"}',
    '{"labels":"a=b"}',
    '{"data-root":1}',
    '{"api-cors-header":"*"}',
  ].map(roughly),
];

function exactly(text: string): { readonly text: string; readonly exact: boolean } {
  return { text, exact: true };
}

function roughly(text: string): { readonly text: string; readonly exact: boolean } {
  return { text, exact: false };
}
