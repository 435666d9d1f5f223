import type { HostFacts } from '../../model/facts.ts';
import type { Evidence } from '../../model/state.ts';
import { type DaemonSources, fileMember, hostsOf, textsOf } from '../common/daemon-sources.ts';
import { switchValue } from '../../model/command-flags.ts';
import type { Judge } from './state.ts';

const TLS_SUBJECTS = ['tls-ca', 'tls-certificate', 'tls-key'] as const;

/** No TCP at all, or TCP only for clients with a certificate of our authority. */
export const judgeTcpListeners: Judge = ({ sources }, { facts, manual }) => {
  const listeners = tcpListeners(sources, facts);
  const open = textsOf(facts.engine.info['Warnings']).filter((warning) =>
    /accessible on http|without encryption/i.test(warning),
  );
  const evidence: readonly Evidence[] = [
    ...listenerEvidence(listeners, sources),
    ...(open.length > 0 ? [{ source: 'Engine API GET /info', read: 'Warnings', value: open }] : []),
  ];
  if (sources.file.status === 'unclear') {
    return { verdict: 'not-checked', reason: sources.file.reason, evidence };
  }
  const lacking = listeners.length === 0 ? [] : lackingTls(sources, facts);
  const all = listeners.length === 0 ? evidence : [...evidence, ...tlsEvidence(sources, facts)];
  if (lacking.length === 0 && open.length === 0) {
    const unseen = unseenDaemon(facts);
    return unseen === undefined
      ? { verdict: 'pass', evidence: all }
      : { verdict: 'not-checked', reason: `${unseen}; the settings are as they should be`, evidence: all };
  }
  const where = listeners.length === 0 ? 'TCP' : listeners.map(({ address }) => address).join(', ');
  const why = lacking.length > 0 ? lacking.join(', ') : 'the engine says that it is open';
  return { verdict: 'manual', reason: `the API listens on ${where}, and ${why}`, evidence: all, steps: manual };
};

/** Without a daemon that answers, settings are all there is, and somebody may start it with others. */
function unseenDaemon({ engine }: HostFacts): string | undefined {
  if (!engine.running) {
    return 'dockerd is not running';
  }
  return engine.unreachable === undefined ? undefined : `dockerd does not answer: ${engine.unreachable}`;
}

interface Listener {
  readonly address: string;
  readonly source: string;
}

/** Of flags and file, and of docker.socket where dockerd takes its sockets from systemd. */
function tcpListeners(sources: DaemonSources, facts: HostFacts): readonly Listener[] {
  const hosts = hostsOf(sources);
  const unit = facts.engine.socketUnit;
  const handedOver = hosts.some(({ address }) => address.startsWith('fd://'));
  const streams =
    handedOver && unit !== undefined
      ? unit.listen.filter(isPort).map((address) => ({ address, source: unit.name }))
      : [];
  return [...hosts.filter(({ address }) => isTcp(address)), ...streams];
}

/** An address without a scheme means tcp, as dockerd reads it. */
function isTcp(address: string): boolean {
  return address.startsWith('tcp://') || (address !== '' && !/^(?:unix|fd|npipe):\/\//.test(address));
}

/** ListenStream= with a port number, alone or behind an address; paths, abstract sockets and vsock are something else. */
function isPort(stream: string): boolean {
  return /^(?:.*:)?\d+$/.test(stream) && !/^[/@]|^vsock/.test(stream);
}

function lackingTls(sources: DaemonSources, facts: HostFacts): readonly string[] {
  const verify = verifies(sources);
  const missing = TLS_SUBJECTS.filter((name) => facts.subjects[name].status !== 'present');
  return [
    ...(verify ? [] : ['clients are not asked for a certificate']),
    ...(verify && missing.length > 0 ? [`these files of it are not there: ${missing.join(', ')}`] : []),
  ];
}

function verifies(sources: DaemonSources): boolean {
  return switchValue(sources.argv, 'tlsverify') ?? fileMember(sources, 'tlsverify') === true;
}

function listenerEvidence(listeners: readonly Listener[], sources: DaemonSources): readonly Evidence[] {
  return listeners.length === 0
    ? [
        { source: 'dockerd command line', read: '--host tcp://', value: null },
        { source: sources.fileName, read: 'hosts tcp://', value: null },
      ]
    : listeners.map(({ source, address }) => ({ source, read: 'listener', value: address }));
}

function tlsEvidence(sources: DaemonSources, facts: HostFacts): readonly Evidence[] {
  const flag = switchValue(sources.argv, 'tlsverify');
  const setting: Evidence =
    flag === undefined
      ? { source: sources.fileName, read: 'tlsverify', value: fileMember(sources, 'tlsverify') ?? null }
      : { source: 'dockerd command line', read: '--tlsverify', value: flag };
  return [
    setting,
    ...TLS_SUBJECTS.map((name) => {
      const subject = facts.subjects[name];
      return { source: 'file system', read: name, value: subject.status === 'present' ? subject.paths : null };
    }),
  ];
}
