import { setTimeout as sleep } from 'node:timers/promises';
import type { AbsPath } from '../../model/brand.ts';
import type { HealthReport, HealthSetup, TrialOutcome } from '../../model/health.ts';
import type { HostReader } from '../../model/host.ts';
import type { Trouble } from '../../model/transaction.ts';
import { engineAnswers } from '../execute.ts';
import { type ContainerHealth, comeBack, containersNow, fallAgain, lookAgain } from './containers.ts';
import { failingChecks } from './own-checks.ts';
import {
  type AcceptingPort,
  type PublishedPort,
  acceptingPorts,
  judgePorts,
  needsProxy,
  notTried,
  publishedPorts,
} from './ports.ts';

/** The engine and what it ran before a change. */
interface EngineBaseline {
  readonly containers: readonly ContainerHealth[];
  readonly published: readonly PublishedPort[];
  readonly accepting: readonly AcceptingPort[];
  /** Undefined where nobody wants a trial. */
  readonly trial: TrialOutcome | undefined;
}

/** The host as it was before a change. */
export interface HealthBaseline {
  readonly failing: readonly Trouble[];
  /** `unseen`: it did not tell what runs, so nothing of that can be held against the change. */
  readonly engine: EngineBaseline | 'untouched' | 'unseen';
}

/** Where the gate looks, and who may stop it. */
export interface HealthGround {
  readonly host: HostReader;
  readonly socket: AbsPath;
  readonly setup: HealthSetup;
  readonly stop: () => boolean;
}

/** What was announced, and is not held against the change. */
export interface Announced {
  /** Held all the same where their restart policy brings them back. */
  readonly containersStopped: readonly string[];
  /** The engine looks at other containers than before: those it had stay where they are. */
  readonly otherContainers: boolean;
  /** The userland proxy is switched off. */
  readonly withoutProxy: boolean;
}

/** What a judgement found. */
export interface HealthJudged extends HealthReport {
  readonly troubles: readonly Trouble[];
}

/**
 * Looks before the change; a trial container is started only where `engine` says that the engine answers and will be activated, and
 * not where a check fails that `mustPass` asks for, or the engine does not tell what runs.
 */
export async function healthBefore(
  ground: HealthGround,
  { engine, mustPass }: { readonly engine: 'untouched' | 'silent' | 'answers'; readonly mustPass: boolean },
): Promise<HealthBaseline> {
  const { host, socket, setup, stop } = ground;
  const failing = await failingChecks(setup.checks, setup.probes, stop);
  if (engine === 'untouched' || (mustPass && failing.length > 0) || stop()) {
    return { failing, engine: 'untouched' };
  }
  const [containers, published] =
    engine === 'silent'
      ? []
      : await Promise.all([
          lookAgain(() => containersNow(host, socket)),
          lookAgain(() => publishedPorts(host, socket)),
        ]);
  if (containers === undefined || published === undefined) {
    return { failing, engine: 'unseen' };
  }
  const accepting = await acceptingPorts(published, setup.probes);
  const trial = await setup.trial?.tryOnce(socket, setup.limits.trialMs);
  return { failing, engine: { containers, published, accepting, trial } };
}

/**
 * Holds the host against what it was. The engine, containers, ports and a trial container count only where the engine was activated;
 * the site's own checks always.
 */
export async function judgeHealth(
  ground: HealthGround,
  before: HealthBaseline,
  announced: Announced,
): Promise<HealthJudged> {
  const engine = await judgeEngine(ground, before.engine, announced);
  const { checks } = ground.setup;
  // What a dead engine takes along is told by the engine.
  const failing = engine.troubles.length > 0 ? [] : await failingChecks(checks, ground.setup.probes, ground.stop);
  const own = checks.length === 0 ? [] : [`${checks.length} of the site's own checks`];
  const failedBefore = new Set(before.failing.map(({ what }) => what));
  return {
    troubles: [...engine.troubles, ...failing.filter(({ what }) => !failedBefore.has(what))],
    checked: [...engine.checked, ...own],
    notChecked: [...engine.notChecked, ...before.failing.map(({ what }) => `${what}: it failed before the change too`)],
  };
}

const NOTHING: HealthJudged = { troubles: [], checked: [], notChecked: [] };

async function judgeEngine(
  ground: HealthGround,
  before: HealthBaseline['engine'],
  announced: Announced,
): Promise<HealthJudged> {
  if (before === 'untouched') {
    return NOTHING;
  }
  const { host, socket, setup } = ground;
  const silent = await engineAnswers(host, socket, setup.limits.engineMs).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (silent !== undefined) {
    return { ...NOTHING, troubles: [{ what: 'dockerd', reason: silent }] };
  }
  return before === 'unseen'
    ? { ...NOTHING, checked: [ANSWERS], notChecked: [UNSEEN] }
    : judgeRunning(ground, before, announced);
}

const ANSWERS = 'the engine answers';
const UNSEEN = 'containers and their ports: the engine did not tell what ran before';

async function judgeRunning(
  { host, socket, setup, stop }: HealthGround,
  before: EngineBaseline,
  announced: Announced,
): Promise<HealthJudged> {
  const { limits, probes } = setup;
  const gone = new Set(
    before.containers
      .filter(
        ({ name, comesBack }) =>
          announced.containersStopped.includes(name) && (!comesBack || announced.otherContainers),
      )
      .map(({ name }) => name),
  );
  const containers = before.containers.filter(({ name }) => !gone.has(name));
  const mayBreak = (port: AcceptingPort): boolean => announced.withoutProxy && needsProxy(port);
  const ports = before.accepting.filter((port) => !gone.has(port.container) && !mayBreak(port));
  const look = (): Promise<readonly ContainerHealth[] | undefined> => containersNow(host, socket);
  const running = await comeBack(containers, look, limits.containersMs, stop);
  const since = performance.now();
  // A container that does not run takes no connections; that is said once.
  const closed = running.troubles.length > 0 ? [] : await judgePorts(ports, probes, limits.portsMs, stop);
  const well = running.troubles.length + closed.length === 0 && !stop();
  const trial = well ? await tryAgain(setup, socket, before.trial) : undefined;
  if (well && containers.length > 0) {
    await sleep(Math.max(0, limits.watchMs - (performance.now() - since)));
  }
  const fallen = well ? toldOf(await fallAgain(containers, running.now, look)) : NO_FALL;
  return {
    troubles: [...running.troubles, ...closed, ...fallen.troubles, ...troubleOf(trial)],
    checked: [
      ANSWERS,
      ...(containers.length === 0 ? [] : [`${counted(containers.length, 'container')} as before`]),
      ...(ports.length === 0 ? [] : [`${counted(ports.length, 'published port')} open`]),
      ...(trial?.type === 'started' ? ['a new container starts'] : []),
    ],
    notChecked: [
      ...running.undecided,
      ...fallen.notChecked,
      ...notTried(before.published),
      ...(ports.length < before.accepting.length && announced.withoutProxy
        ? ['ports over loopback and IPv6: the plan names them']
        : []),
      ...trialRemarks(setup, before.trial, trial),
    ],
  };
}

async function tryAgain(
  { trial, limits }: HealthSetup,
  socket: AbsPath,
  before: TrialOutcome | undefined,
): Promise<TrialOutcome | undefined> {
  return before?.type === 'started' ? trial?.tryOnce(socket, limits.trialMs) : undefined;
}

function troubleOf(trial: TrialOutcome | undefined): readonly Trouble[] {
  return trial?.type === 'failed' ? [{ what: 'a new container does not start', reason: trial.reason }] : [];
}

function trialRemarks(
  { trial: wanted }: HealthSetup,
  before: TrialOutcome | undefined,
  after: TrialOutcome | undefined,
): readonly string[] {
  const left = new Set([...(before?.left ?? []), ...(after?.left ?? [])]);
  return [
    ...(wanted === undefined ? ['whether a new container starts: no trial was wanted'] : []),
    ...(before?.type === 'failed' ? [`whether a new container starts: none did before either (${before.reason})`] : []),
    ...[...left].map((what) => `${what} of the trial could not be removed`),
  ];
}

const NO_FALL = { troubles: [], notChecked: [] } as const;

function toldOf(fallen: readonly Trouble[] | undefined): Pick<HealthJudged, 'troubles' | 'notChecked'> {
  return fallen === undefined
    ? { troubles: [], notChecked: ['whether containers stay up: the engine did not tell'] }
    : { troubles: fallen, notChecked: [] };
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
