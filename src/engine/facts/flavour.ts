import type { EngineFlavour } from '../../model/facts.ts';
import type { HostKind, ProcessInfo } from '../../model/host.ts';
import type { PackageName } from './packages.ts';

/** What tells engines apart. */
export interface FlavourSigns {
  readonly hostKind: HostKind;
  /** Running dockerds of this root. */
  readonly daemons: readonly ProcessInfo[];
  /** False where processes could not be listed, or this process may not see those of others. */
  readonly processesKnown: boolean;
  /** The API gave an answer. */
  readonly answered: boolean;
  /** A dockerd in one of the system's folders for programs. */
  readonly systemBinary: string | undefined;
  readonly packages: ReadonlySet<PackageName>;
  /** docker-ce's own package source is set up: the sign on systems without dpkg. */
  readonly dockerRepository: boolean;
  /** Platform.Name of GET /version. */
  readonly platform: string;
  readonly snap: boolean;
  readonly desktop: boolean;
  /** Accounts with a docker.service of their own below ~/.config. */
  readonly rootlessUnits: readonly string[];
  /** /usr/bin/docker leads to podman, or is podman-docker's script. */
  readonly podman: boolean;
  /** A kubelet, or a distribution of Kubernetes with one inside, runs here: its process name. */
  readonly kubelet: string | undefined;
}

export interface Flavour {
  readonly flavour: EngineFlavour;
  readonly refusal: string | undefined;
}

/** Which engine this is, and the sentence to show where it is none that harden changes. */
export function flavourOf(signs: FlavourSigns): Flavour {
  const found = engineOf(signs);
  return { flavour: found.flavour, refusal: found.refusal ?? surroundings(signs) };
}

function engineOf(signs: FlavourSigns): Flavour {
  const engines = enginesOf(signs);
  if (engines.length > 1) {
    const list = `${engines.slice(0, -1).join(', ')} and ${engines.at(-1) ?? ''}`;
    return {
      flavour: 'several',
      refusal: `This host has more than one Docker engine: ${list}. Keep one, or stop the others, then plan again.`,
    };
  }
  const running = signs.daemons[0];
  if (running !== undefined) {
    return runningEngine(signs, running);
  }
  return signs.systemBinary === undefined
    ? otherEngine(signs)
    : { flavour: systemFlavour(signs, signs.systemBinary), refusal: undefined };
}

/** Every engine counts once: by its process, or by what is installed where it does not run. */
function enginesOf(signs: FlavourSigns): readonly string[] {
  const running = signs.daemons
    .map((one) => `${exeOf(one) ?? 'dockerd'}${one.uid === 0 ? '' : ` of user ${one.uid}`}`)
    .sort();
  const snapRuns = running.some(isSnapPath);
  const systemRuns = signs.daemons.some((one) => one.uid === 0 && !isSnapPath(exeOf(one) ?? ''));
  const system = signs.systemBinary === undefined || systemRuns ? [] : [signs.systemBinary];
  // A rootless engine uses the system's binary: installed alone it is not a second engine.
  const installed = signs.daemons.some((one) => one.uid !== 0) ? [] : system;
  return [...running, ...(signs.snap && !snapRuns ? ['the docker snap'] : []), ...installed];
}

function runningEngine(signs: FlavourSigns, running: ProcessInfo): Flavour {
  const exe = exeOf(running) ?? signs.systemBinary ?? '';
  if (isSnapPath(exe)) {
    return SNAP;
  }
  if (running.uid !== 0) {
    return rootless(`user ${running.uid}`);
  }
  return exe.startsWith('/mnt/wsl/') ? DESKTOP : { flavour: systemFlavour(signs, exe), refusal: undefined };
}

function otherEngine(signs: FlavourSigns): Flavour {
  const owner = signs.rootlessUnits[0];
  if (signs.snap) {
    return SNAP;
  }
  if (owner !== undefined) {
    return rootless(owner);
  }
  if (signs.desktop) {
    return DESKTOP;
  }
  return signs.podman
    ? PODMAN
    : { flavour: 'none', refusal: signs.answered ? undefined : 'There is no Docker engine on this host.' };
}

function systemFlavour(signs: FlavourSigns, exe: string): EngineFlavour {
  if (signs.packages.has('docker-ce') || signs.platform.startsWith('Docker Engine - Community')) {
    return 'docker-ce';
  }
  if (signs.packages.has('docker.io')) {
    return 'docker.io';
  }
  return signs.dockerRepository && exe === '/usr/bin/dockerd' ? 'docker-ce' : 'other-root';
}

function surroundings(signs: FlavourSigns): string | undefined {
  if (signs.kubelet !== undefined) {
    return `This is a Kubernetes node (${signs.kubelet} runs here): its containers belong to the cluster, and restarts here hurt its pods.`;
  }
  const elsewhere = signs.hostKind === 'live' && signs.answered && signs.processesKnown && signs.daemons.length === 0;
  return elsewhere
    ? 'The engine that answers here runs in another root than this process, so its files are not the ones seen here. Run harden on the host itself.'
    : undefined;
}

function exeOf(process: ProcessInfo): string | undefined {
  return process.exe.status === 'present' ? process.exe.value : undefined;
}

function isSnapPath(path: string): boolean {
  return path.startsWith('/snap/') || path.startsWith('/var/lib/snapd/');
}

function rootless(owner: string): Flavour {
  return {
    flavour: 'rootless',
    refusal: `The Docker engine of this host is rootless (${owner}): its settings are that account's own, not the system's. harden changes engines of root.`,
  };
}

const SNAP: Flavour = {
  flavour: 'snap',
  refusal:
    'Docker is installed as a snap: its files are confined and its configuration is replaced with each refresh. harden changes engines from packages.',
};
const DESKTOP: Flavour = {
  flavour: 'desktop',
  refusal: 'This is Docker Desktop: its engine runs in a virtual machine and is set up in its own settings.',
};
const PODMAN: Flavour = {
  flavour: 'podman',
  refusal: 'The docker command of this host is Podman: there is no Docker engine to change.',
};
