import type { AbsPath } from '../../model/brand.ts';
import type { Json, JsonObject } from '../../model/canonical.ts';
import type { ApiOutcome, CommandOutcome } from '../../model/host.ts';
import type { RecordedProcess, Recording } from '../recording-schema.ts';
import {
  type LiveSettings,
  bridgeWith,
  infoWith,
  liveSettingsOf,
  reloadedWith,
  startedWith,
  textOf,
  versionWith,
} from './engine-answers.ts';
import { counted, ended, holdsNetwork, isRunning } from './engine-containers.ts';
import {
  type ReadSettings,
  beyondSimulation,
  canValidate,
  isObject,
  readSettings,
  startFailure,
} from './engine-settings.ts';

export interface EngineSurroundings {
  readonly recording: Recording;
  /** Text of a file as it is now; undefined where there is none. */
  readonly text: (path: string) => string | undefined;
  readonly isFile: (path: string) => boolean;
  /** A program writes a small file of its own, or takes it away. */
  readonly setFile: (path: string, text: string | undefined) => void;
}

/** A dockerd: what it runs with, what it answers, how it takes up its file. */
export interface SimulatedEngine {
  isRunning(): boolean;
  /** SIGHUP. A file it cannot take up changes nothing; the sender learns nothing of it. */
  reload(): void;
  /** Undefined where it runs; else the last line of its log. Ends the one that runs. */
  restart(): string | undefined;
  stop(): void;
  /** Processes of that name that are its own, as they are now: `dockerd` itself, the `docker-proxy` of each published port. */
  processes(name: string): readonly RecordedProcess[] | undefined;
  answer(socket: AbsPath, path: string): ApiOutcome | undefined;
  /** `dockerd --validate …`. */
  validate(args: readonly string[]): CommandOutcome;
}

interface Now {
  readonly running: boolean;
  readonly live: LiveSettings;
  readonly containers: readonly Json[];
  readonly process: RecordedProcess | undefined;
  /** They end with their dockerd. A recording made without any gets none. */
  readonly proxies: readonly RecordedProcess[];
  readonly pidFile: string;
  readonly starts: number;
}

const LIST = '/containers/json?all=1';
const USUAL_FILE = '/etc/docker/daemon.json';
const USUAL_PID_FILE = '/var/run/docker.pid';

export function simulatedEngine({ recording, text, isFile, setFile }: EngineSurroundings): SimulatedEngine {
  const recorded = recordedEngine(recording);
  const read = (argv: readonly string[]): ReadSettings => {
    const named = configFileOf(argv);
    const path = named ?? USUAL_FILE;
    return readSettings({ text: text(path), path, explicit: named !== undefined, argv, version: recorded.version });
  };
  const argv = recorded.process?.argv.slice(1) ?? [];
  const atStart = read(argv);
  const fileAtStart = atStart.type === 'good' ? atStart.file : {};
  const allAtStart = atStart.type === 'good' ? atStart.all : {};
  let now = recordedState(recorded, allAtStart);
  const stop = (): void => {
    if (now.running) {
      setFile(now.pidFile, undefined);
    }
    now = stopped(now);
  };
  return {
    isRunning: () => now.running,
    stop,
    processes: (name) => ownProcesses(name, now),
    reload: () => {
      const settings = read(argv);
      if (now.running && settings.type === 'good' && beyondSimulation(settings.file, fileAtStart) === undefined) {
        now = { ...now, live: { ...now.live, ...reloadedWith(settings.file, now.live) } };
      }
    },
    restart: () => {
      stop();
      const settings = read(argv);
      const failure =
        settings.type === 'bad'
          ? settings.said
          : (startFailure(settings.all, isFile) ?? beyondSimulation(settings.file, fileAtStart));
      if (failure !== undefined || settings.type === 'bad' || recorded.process === undefined) {
        return failure ?? 'the recorded host ran no engine';
      }
      now = started(now, settings.all, recorded, numbersAfter(recording));
      setFile(now.pidFile, String(now.process?.pid));
      return undefined;
    },
    answer: (socket, path) => (now.running ? answerWith(recording.api[socket]?.[path], path, now) : refusedBy(socket)),
    validate: (args) =>
      canValidate(recorded.version)
        ? verdictOf(read(args), fileAtStart)
        : exited(125, "unknown flag: --validate\nSee 'dockerd --help'."),
  };
}

function recordedState(recorded: RecordedEngine, all: JsonObject): Now {
  return {
    running: recorded.process !== undefined,
    live: liveSettingsOf(recorded.info, recorded.bridge, all),
    containers: recorded.containers,
    process: recorded.process,
    proxies: recorded.proxies,
    pidFile: pidFileIn(all),
    starts: 0,
  };
}

function stopped(now: Now): Now {
  const containers = now.live.liveRestore ? now.containers : now.containers.map(ended);
  return { ...now, running: false, process: undefined, proxies: [], containers };
}

type Renumber = (process: RecordedProcess, starts: number) => RecordedProcess;

/** Containers that run through a restart keep the default bridge as it is. Their ports get proxies anew, where the settings want any. */
function started(before: Now, all: JsonObject, recorded: RecordedEngine, renumbered: Renumber): Now {
  const settings = startedWith(all, recorded.version);
  const starts = before.starts + 1;
  const containers = settings.liveRestore ? before.containers : before.containers.map(ended);
  return {
    running: true,
    live: { ...settings, icc: containers.some(holdsNetwork) ? before.live.icc : settings.icc },
    containers,
    process: recorded.process === undefined ? undefined : renumbered(recorded.process, starts),
    proxies:
      all['userland-proxy'] === false || !containers.some(isRunning)
        ? []
        : recorded.proxies.map((proxy) => renumbered(proxy, starts)),
    pidFile: pidFileIn(all),
    starts,
  };
}

/** Later numbers than any recorded process has, in the recorded order. */
function numbersAfter({ processes }: Recording): Renumber {
  const all = Object.values(processes).flatMap(({ found }) => (found.status === 'present' ? found.value : []));
  const highest = (number: (process: RecordedProcess) => number): number =>
    all.reduce((most, one) => Math.max(most, number(one)), 0);
  const pids = highest(({ pid }) => pid);
  const ticks = highest(({ startTicks }) => Number(startTicks));
  return (process, starts) => ({
    ...process,
    pid: process.pid + starts * pids,
    startTicks: String(Number(process.startTicks) + starts * ticks),
  });
}

function ownProcesses(name: string, { process, proxies }: Now): readonly RecordedProcess[] | undefined {
  switch (name) {
    case 'dockerd':
      return process === undefined ? [] : [process];
    case 'docker-proxy':
      return proxies;
    default:
      return undefined;
  }
}

function pidFileIn(all: JsonObject): string {
  return textOf(all['pidfile'], USUAL_PID_FILE);
}

interface RecordedEngine {
  readonly process: RecordedProcess | undefined;
  readonly proxies: readonly RecordedProcess[];
  readonly version: string;
  readonly info: JsonObject;
  readonly bridge: Json | undefined;
  readonly containers: readonly Json[];
}

function recordedEngine({ api, processes }: Recording): RecordedEngine {
  const body = (path: string): Json | undefined =>
    Object.values(api).flatMap((answers) => {
      const answer = answers[path];
      return answer?.type === 'answered' && answer.status === 200 ? [answer.body] : [];
    })[0];
  const info = body('/info');
  const version = body('/version');
  const containers = body(LIST);
  const named = (name: string): readonly RecordedProcess[] => {
    const found = processes[name]?.found;
    return found?.status === 'present' ? found.value : [];
  };
  return {
    process: named('dockerd')[0],
    proxies: named('docker-proxy'),
    version: textOf(isObject(version) ? version['Version'] : undefined),
    info: isObject(info) ? info : {},
    bridge: body('/networks/bridge'),
    containers: Array.isArray(containers) ? containers : [],
  };
}

type Answer = Recording['api'][AbsPath][string];

function answerWith(answer: Answer | undefined, path: string, { live, containers }: Now): ApiOutcome | undefined {
  if (answer?.type !== 'answered' || answer.status !== 200) {
    return answer;
  }
  if (path === LIST) {
    return { ...answer, body: containers };
  }
  if (!isObject(answer.body)) {
    return answer;
  }
  switch (path) {
    case '/info':
      return { ...answer, body: counted(infoWith(answer.body, live), containers) };
    case '/version':
      return { ...answer, body: versionWith(answer.body, live) };
    case '/networks/bridge':
      return { ...answer, body: bridgeWith(answer.body, live) };
    default:
      return answer;
  }
}

function refusedBy(socket: AbsPath): ApiOutcome {
  return { type: 'unreachable', reason: `nobody listens on ${socket}`, code: 'refused' };
}

function verdictOf(settings: ReadSettings, before: JsonObject): CommandOutcome {
  if (settings.type === 'bad') {
    return exited(1, settings.said);
  }
  const beyond = beyondSimulation(settings.file, before);
  return beyond === undefined ? exited(0, 'configuration OK') : exited(1, beyond);
}

function configFileOf(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((one) => /^--config-file(?:=|$)/.test(one));
  const given = argv[at];
  return at < 0 || given === undefined
    ? undefined
    : given.includes('=')
      ? given.slice(given.indexOf('=') + 1)
      : argv[at + 1];
}

function exited(code: number, said: string): CommandOutcome {
  return { type: 'exited', code, stdout: '', stderr: `${said}\n` };
}
