import type { Json } from '../../model/canonical.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Evidence } from '../../model/state.ts';
import { fileMember, textsOf } from '../common/daemon-sources.ts';
import { flagValues } from '../../model/command-flags.ts';
import type { Judge } from './state.ts';

const INFO = 'Engine API GET /info';

/** Nobody can tell from here whether a whole system is hardened. */
export const judgeOsHardening: Judge = (_state, { facts, manual }) => ({
  verdict: 'manual',
  reason: 'whether the whole system follows a baseline cannot be read from it',
  evidence: [
    { source: '/etc/os-release', read: 'PRETTY_NAME', value: facts.os.name },
    { source: 'uname', read: 'kernel release', value: facts.identity.kernelRelease },
  ],
  steps: manual,
});

/** Says what runs. Whether that is current is known to package sources and release notes only, never to a calendar. */
export const judgeEngineVersion: Judge = (_state, { facts, manual }) => {
  const { version, containerdVersion, runcVersion, running } = facts.engine;
  const source = running ? 'Engine API GET /version' : 'package database';
  const evidence: readonly Evidence[] = [
    { source, read: 'Engine', value: version ?? null },
    { source, read: 'containerd', value: containerdVersion ?? null },
    { source, read: 'runc', value: runcVersion ?? null },
  ];
  const known = [version, containerdVersion, runcVersion].some((value) => value !== undefined);
  return known
    ? {
        verdict: 'manual',
        reason: `Engine ${version ?? 'unknown'}: whether it still gets security fixes is not written on the host`,
        evidence,
        steps: manual,
      }
    : {
        verdict: 'not-checked',
        reason: facts.engine.unreachable ?? 'no version of the engine is to be found',
        evidence,
      };
};

export const judgeRootless: Judge = (_state, { facts, manual }) => {
  const { flavour, info, unreachable, running } = facts.engine;
  const options = textsOf(info['SecurityOptions']);
  const isRootless = flavour === 'rootless' || options.some((option) => option.split(',').includes('name=rootless'));
  const evidence: readonly Evidence[] =
    unreachable === undefined
      ? [{ source: INFO, read: 'SecurityOptions', value: options }]
      : [{ source: 'host', read: 'kind of engine', value: flavour }];
  return isRootless
    ? { verdict: 'pass', evidence }
    : {
        verdict: 'manual',
        reason: `the daemon ${running ? 'runs' : 'is set up to run'} as root; going rootless means a new installation`,
        evidence,
        steps: manual,
      };
};

/** Neither driver exists in engines from the given major version on. */
export const judgeStorageDriver =
  (driver: 'aufs' | 'devicemapper', goneSince: number): Judge =>
  (_state, { facts, manual }) => {
    const evidence = driverEvidence(facts);
    const major = majorVersion(facts.engine.version);
    if (major !== undefined && major >= goneSince) {
      return { verdict: 'not-applicable', reason: `engines from ${goneSince}.0 on do not have ${driver}`, evidence };
    }
    const used = facts.engine.storageDriver;
    if (used === undefined) {
      return {
        verdict: 'not-checked',
        reason: facts.engine.unreachable ?? 'the engine names no storage driver',
        evidence,
      };
    }
    return used === driver
      ? {
          verdict: 'manual',
          reason: `the storage driver is ${driver}; changing it hides all images and containers`,
          evidence,
          steps: manual,
        }
      : { verdict: 'pass', evidence };
  };

/** A setting of devicemapper; other drivers refuse to start with it. */
export const judgeBaseDeviceSize: Judge = ({ sources }, { facts, manual }) => {
  const driver = facts.engine.storageDriver;
  const flags = flagValues(sources.argv, 'storage-opt');
  const keys = textsOf(fileMember(sources, 'storage-opts'));
  const size = (options: readonly string[]): Json =>
    options.findLast((option) => option.startsWith('dm.basesize')) ?? null;
  const evidence: readonly Evidence[] = [
    ...driverEvidence(facts),
    { source: 'dockerd command line', read: '--storage-opt dm.basesize', value: size(flags) },
    { source: sources.fileName, read: 'storage-opts dm.basesize', value: size(keys) },
  ];
  if (size(flags) !== null || size(keys) !== null) {
    return { verdict: 'manual', reason: 'dm.basesize is set', evidence, steps: manual };
  }
  if (sources.file.status === 'unclear') {
    return { verdict: 'not-checked', reason: sources.file.reason, evidence };
  }
  if (driver === undefined) {
    return {
      verdict: 'not-checked',
      reason: facts.engine.unreachable ?? 'the engine names no storage driver',
      evidence,
    };
  }
  return driver === 'devicemapper'
    ? { verdict: 'pass', evidence }
    : { verdict: 'not-applicable', reason: `the storage driver is ${driver}`, evidence };
};

function driverEvidence({ engine }: HostFacts): readonly Evidence[] {
  return [{ source: INFO, read: 'Driver', value: engine.storageDriver ?? null }];
}

function majorVersion(version: string | undefined): number | undefined {
  const major = /^(\d+)\./.exec(version ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}
