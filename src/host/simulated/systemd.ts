import { byCodeUnit } from '../../model/canonical.ts';
import type { CommandOutcome } from '../../model/host.ts';
import type { Recording } from '../recording-schema.ts';
import type { SimulatedEngine } from './engine.ts';

export interface SystemdSurroundings {
  readonly recording: Recording;
  readonly engine: SimulatedEngine;
  /** Paths of `*.conf` below the drop-in folders of a unit, as they are now. */
  readonly dropIns: (unit: string) => readonly string[];
  /** Something that is equal as long as a file is. */
  readonly stamp: (path: string) => string;
}

/** Units as systemd showed them when the recording was made; docker.service and docker.socket also move. */
export interface SimulatedSystemd {
  systemctl(args: readonly string[]): CommandOutcome;
}

type Property = readonly [name: string, value: string];

interface Loaded {
  readonly dropIns: readonly string[];
  readonly stamps: string;
}

/** docker.service may start this often within a minute. No time passes on a simulated host, so only reset-failed forgets a start. */
const START_LIMIT = 3;
const NOT_RECORDED: CommandOutcome = { type: 'not-started', reason: 'not in the recording' };
const FORCE =
  'To force a start use "systemctl reset-failed docker.service"\nfollowed by "systemctl start docker.service" again.';
const DETAILS = 'See "systemctl status docker.service" and "journalctl -xeu docker.service" for details.';

export function simulatedSystemd(surroundings: SystemdSurroundings): SimulatedSystemd {
  const shown = shownUnits(surroundings.recording);
  const systemd = new Systemd(surroundings, shown);
  return {
    systemctl: ([verb = '', ...args]) =>
      shown.units.size === 0
        ? exited(1, '', "System has not been booted with systemd as init system (PID 1). Can't operate.")
        : systemd.systemctl(verb, args),
  };
}

class Systemd {
  readonly #surroundings: SystemdSurroundings;
  readonly #engine: SimulatedEngine;
  readonly #shown: Shown;
  readonly #active: Map<string, string>;
  /** Files of units as they were when the recording was made, and as systemd last read them. */
  readonly #first: ReadonlyMap<string, Loaded>;
  #loaded: ReadonlyMap<string, Loaded>;
  #starts = 0;

  constructor(surroundings: SystemdSurroundings, shown: Shown) {
    this.#surroundings = surroundings;
    this.#engine = surroundings.engine;
    this.#shown = shown;
    this.#active = new Map([...shown.units].map(([unit, properties]) => [unit, valueOf(properties, 'ActiveState')]));
    this.#first = this.#readUnits();
    this.#loaded = this.#first;
  }

  systemctl(verb: string, args: readonly string[]): CommandOutcome {
    if (verb === 'show') {
      return this.#show(args);
    }
    if (verb === 'daemon-reload') {
      this.#loaded = this.#readUnits();
      return exited(0, '', '');
    }
    const units = args.map((unit) => (unit.includes('.') ? unit : `${unit}.service`));
    const strange = units.find((unit) => !this.#isLoaded(unit));
    if (strange !== undefined) {
      return verb === 'reset-failed'
        ? exited(1, '', `Failed to reset failed state of unit ${strange}: Unit ${strange} not loaded.`)
        : exited(5, '', `Failed to ${verb} ${strange}: Unit ${strange} not found.`);
    }
    if (verb === 'reset-failed') {
      return this.#resetFailed(units);
    }
    return units.length === 1 && units[0] === 'docker.service'
      ? this.#act(verb)
      : exited(1, '', `the simulated systemd does not ${verb} ${units.join(' ')}`);
  }

  #act(verb: string): CommandOutcome {
    switch (verb) {
      case 'restart':
        return this.#start();
      case 'start':
        return this.#engine.isRunning() ? exited(0, '', '') : this.#start();
      case 'stop':
        this.#engine.stop();
        this.#set('docker.service', 'inactive');
        return exited(0, '', "Stopping 'docker.service', but its triggering units are still active:\ndocker.socket");
      case 'reload':
        if (!this.#engine.isRunning()) {
          return exited(1, '', 'docker.service is not active, cannot reload.');
        }
        this.#engine.reload();
        return exited(0, '', '');
      default:
        return exited(1, '', `Unknown command verb '${verb}'.`);
    }
  }

  #start(): CommandOutcome {
    if (this.#starts >= START_LIMIT) {
      this.#engine.stop();
      return this.#failed(`start of the service was attempted too often.\n${DETAILS}\n${FORCE}`);
    }
    this.#starts += 1;
    if (this.#engine.restart() !== undefined) {
      // systemd tries again by itself until the limit is reached, which takes some seconds; then the socket fails too.
      this.#starts = START_LIMIT;
      return this.#failed(`the control process exited with error code.\n${DETAILS}`);
    }
    this.#set('docker.service', 'active');
    this.#set('docker.socket', 'active');
    return exited(0, '', '');
  }

  #failed(why: string): CommandOutcome {
    this.#set('docker.service', 'failed');
    this.#set('docker.socket', 'failed');
    return exited(1, '', `Job for docker.service failed because ${why}`);
  }

  #resetFailed(units: readonly string[]): CommandOutcome {
    this.#starts = units.includes('docker.service') ? 0 : this.#starts;
    for (const unit of units.filter((one) => this.#active.get(one) === 'failed')) {
      this.#active.set(unit, 'inactive');
    }
    return exited(0, '', '');
  }

  #show(args: readonly string[]): CommandOutcome {
    const { units, properties } = showQuestion(args);
    if (units.some((unit) => !this.#shown.units.has(unit)) || properties.some((name) => !this.#shown.asked.has(name))) {
      return NOT_RECORDED;
    }
    const now = this.#readUnits();
    const blocks = units.map((unit) =>
      (this.#shown.units.get(unit) ?? [])
        .filter(([name]) => properties.length === 0 || properties.includes(name))
        .map(([name, value]) => `${name}=${this.#valueNow(unit, [name, value], now)}\n`)
        .join(''),
    );
    return exited(0, blocks.join('\n'), '');
  }

  #valueNow(unit: string, [name, value]: Property, now: ReadonlyMap<string, Loaded>): string {
    const loaded = this.#loaded.get(unit);
    switch (name) {
      case 'ActiveState':
        return this.#active.get(unit) ?? value;
      case 'DropInPaths':
        return pathsAfter(value, this.#first.get(unit), loaded).join(' ');
      case 'NeedDaemonReload':
        // What was due when the recording was made is due until systemd reads its units anew.
        return loaded?.stamps !== now.get(unit)?.stamps || (value === 'yes' && this.#loaded === this.#first)
          ? 'yes'
          : 'no';
      case 'ExecStart':
        return unit === 'docker.service' ? withPid(value, this.#engine) : value;
      default:
        return value;
    }
  }

  #set(unit: 'docker.service' | 'docker.socket', state: string): void {
    if (this.#shown.units.has(unit)) {
      this.#active.set(unit, state);
    }
  }

  #isLoaded(unit: string): boolean {
    const properties = this.#shown.units.get(unit);
    return properties !== undefined && valueOf(properties, 'LoadState') !== 'not-found';
  }

  #readUnits(): ReadonlyMap<string, Loaded> {
    return new Map(
      [...this.#shown.units].map(([unit, properties]) => [unit, loadedNow(unit, properties, this.#surroundings)]),
    );
  }
}

interface Shown {
  readonly units: ReadonlyMap<string, readonly Property[]>;
  /** Properties that were asked for. */
  readonly asked: ReadonlySet<string>;
}

function showQuestion(args: readonly string[]): {
  readonly units: readonly string[];
  readonly properties: readonly string[];
} {
  const isValue = (at: number): boolean => args[at - 1] === '-p';
  return {
    units: args.filter((one, at) => !one.startsWith('-') && !isValue(at)),
    properties: args.filter((_, at) => isValue(at)).flatMap((list) => list.split(',')),
  };
}

function shownUnits({ queries }: Recording): Shown {
  const units = new Map<string, readonly Property[]>();
  const asked = new Set<string>();
  for (const { tool, args, outcome } of queries) {
    if (tool !== 'systemctl' || args[0] !== 'show' || outcome.type !== 'exited' || outcome.code !== 0) {
      continue;
    }
    args.filter((_, at) => args[at - 1] === '-p').forEach((list) => list.split(',').forEach((name) => asked.add(name)));
    for (const block of outcome.stdout.split('\n\n')) {
      const properties = block
        .split('\n')
        .flatMap((line): Property[] =>
          line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
        );
      const unit = valueOf(properties, 'Id');
      if (unit !== '') {
        units.set(unit, properties);
      }
    }
  }
  return { units, asked };
}

function valueOf(properties: readonly Property[], name: string): string {
  return properties.find(([one]) => one === name)?.[1] ?? '';
}

function loadedNow(unit: string, properties: readonly Property[], { dropIns, stamp }: SystemdSurroundings): Loaded {
  const paths = dropIns(unit);
  return {
    dropIns: paths,
    stamps: JSON.stringify([valueOf(properties, 'FragmentPath'), ...paths].map((path) => [path, stamp(path)])),
  };
}

/** What was shown at first, without the drop-ins that went and with those that came, by name. */
function pathsAfter(shown: string, first: Loaded | undefined, now: Loaded | undefined): readonly string[] {
  const before = first?.dropIns ?? [];
  const current = now?.dropIns ?? [];
  const kept = shown.split(' ').filter((path) => path !== '' && (current.includes(path) || !before.includes(path)));
  const added = current.filter((path) => !before.includes(path));
  return added.length === 0
    ? kept
    : [...kept, ...added].sort((a, b) => byCodeUnit(a.slice(a.lastIndexOf('/')), b.slice(b.lastIndexOf('/'))));
}

function withPid(command: string, engine: SimulatedEngine): string {
  const pid = engine.processes('dockerd')?.[0]?.pid;
  return pid === undefined ? command : command.replace(/\bpid=\d+/, `pid=${pid}`);
}

function exited(code: number, stdout: string, said: string): CommandOutcome {
  return { type: 'exited', code, stdout, stderr: said === '' ? '' : `${said}\n` };
}
