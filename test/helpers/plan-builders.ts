import { absPath, resourceAddress } from '../../src/model/brand.ts';
import { digestOf } from '../../src/model/canonical.ts';
import type { Assessment, Comparison, ProposedChange } from '../../src/model/change.ts';
import { type HostFacts, SUBJECTS, type Subject, type SubjectName } from '../../src/model/facts.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Remediation, SelectedControl, Selection } from '../../src/model/remediation.ts';
import { restartFactsOf } from '../../src/engine/restart-facts.ts';
import { buildPlan, type Finding, type PlanOrigin } from '../../src/plan/build.ts';

/** A proposal to set one key of daemon.json; `over` replaces members. */
export function optionChange(key: string, over: Partial<ProposedChange> = {}): ProposedChange {
  return {
    address: resourceAddress('daemon-option', key),
    title: `Set ${key}`,
    target: { type: 'daemon-option', file: absPath('/etc/docker/daemon.json'), key },
    op: 'set',
    before: { state: 'unset', effective: false },
    after: true,
    fingerprint: digestOf([key, 'unset']),
    risk: 'low',
    impact: 'restart',
    liveAfter: 'now',
    reversible: true,
    needs: [],
    breaks: [],
    notes: [],
    ...over,
  };
}

export function accessChange(path: string, over: Partial<ProposedChange> = {}): ProposedChange {
  return {
    ...optionChange(path),
    address: resourceAddress('file-access', path),
    title: `Tighten ${path}`,
    target: { type: 'file-access', path: absPath(path), durable: undefined },
    before: { mode: '0664' },
    after: { mode: '0644' },
    impact: 'none',
    ...over,
  };
}

export function failing(change: ProposedChange, reason = 'not as wanted'): Assessment {
  return assessed(change.address, { verdict: 'fail', reason, evidence: [], change });
}

export function assessed(address: string, comparison: Comparison): Assessment {
  return { address: resourceAddress(...(address.split(/:(.*)/s) as [string, string])), comparison };
}

export function selectedControl(control: string, id: string, over: Partial<Remediation> = {}): SelectedControl {
  return {
    remediation: {
      control,
      chapter: 'daemon',
      title: `Title of ${control}`,
      level: 1,
      references: { 'cis-docker-1.8.0': id },
      why: 'Because.',
      breaks: 'Nothing.',
      risk: 'low',
      tags: [],
      desired: [{ type: 'daemon-option', key: control, value: true }],
      parameters: [],
      manual: ['Do it by hand.'],
      ...over,
    },
    id,
    parameters: {},
  };
}

export function selectionOf(controls: readonly SelectedControl[]): Selection {
  return {
    profile: {
      name: 'cis-docker-1.8.0/L1',
      title: 'Level 1',
      benchmark: 'cis-docker-1.8.0',
      level: 1,
      parameters: {},
      include: [],
      exclude: [],
    },
    selected: controls,
    leftOut: [],
    notCovered: 'Chapters 4 to 7 are not looked at by this version.',
  };
}

/** As on a host whose containers stay up where live-restore is on, or goes on first. */
export function restartOf(facts: HostFacts): PlanOrigin['restart'] {
  return {
    ...restartFactsOf(facts),
    keepsContainers: (changes) =>
      facts.engine.info['LiveRestoreEnabled'] === true ||
      changes.some(({ address }) => address === 'daemon-option:live-restore'),
  };
}

const ORIGIN: Omit<PlanOrigin, 'restart'> = {
  createdAt: '2026-01-02T03:04:05.000Z',
  expiresAt: '2026-01-03T03:04:05.000Z',
  createdBy: 'ops',
  toolVersion: '0.0.0',
  hostIdHmac: 'aa',
  recording: null,
  include: [],
  exclude: [],
};

/** A plan with one control per finding. */
export function planOf(
  findings: readonly { readonly control: SelectedControl; readonly assessments: readonly Assessment[] }[],
  facts: HostFacts = someFacts(),
  origin: Partial<PlanOrigin> = {},
): Plan {
  const list: readonly Finding[] = findings;
  return buildPlan(selectionOf(list.map((finding) => finding.control)), list, facts, {
    ...ORIGIN,
    restart: restartOf(facts),
    ...origin,
  });
}

/** A systemd host with a running engine and no containers. */
export function someFacts(over: Partial<HostFacts['engine']> = {}, host: Partial<HostFacts> = {}): HostFacts {
  const nowhere: Subject = { status: 'absent', reason: 'not here', planned: undefined, evidence: [] };
  return {
    hostKind: 'live',
    identity: {
      hostname: 'web-01',
      machineId: 'm',
      kernelRelease: '6.1.0',
      machine: 'x86_64',
      bootId: 'b',
      uid: 0,
      capabilities: [],
      inContainer: false,
    },
    os: { id: 'debian', versionId: '13', name: 'Debian GNU/Linux 13 (trixie)' },
    serviceManager: { type: 'systemd', reason: 'it is PID 1' },
    imageBased: undefined,
    engine: {
      flavour: 'docker.io',
      refusal: undefined,
      running: true,
      unreachable: undefined,
      version: '26.1.5',
      containerdVersion: undefined,
      runcVersion: undefined,
      apiSocket: absPath('/run/docker.sock'),
      exe: absPath('/usr/sbin/dockerd'),
      argv: [],
      argvSource: 'process',
      configFile: { path: absPath('/etc/docker/daemon.json'), explicit: false },
      service: undefined,
      socketUnit: undefined,
      containerdService: undefined,
      info: {},
      versionInfo: {},
      bridge: null,
      dataRoot: absPath('/var/lib/docker'),
      containerdRoot: undefined,
      imageStore: 'graph-driver',
      storageDriver: 'overlay2',
      swarm: 'inactive',
      userNamespaces: false,
      containers: [],
      imageCount: 0,
      containerd: { exe: undefined, argv: [], managedByDockerd: true },
      ...over,
    },
    audit: {
      unavailable: undefined,
      version: '4.0.2',
      enabled: 1,
      failure: 1,
      auditdPid: 1,
      lost: 0,
      backlogLimit: 64,
      kernelRules: [],
      loader: 'augenrules',
      rulesDirectory: absPath('/etc/audit/rules.d'),
      ruleFiles: [],
      diskActions: {},
    },
    subjects: Object.fromEntries(SUBJECTS.map((name) => [name, nowhere])) as Record<SubjectName, Subject>,
    warnings: [],
    ...host,
  };
}
