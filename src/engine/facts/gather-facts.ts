import { absPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { HostReader, ProcessInfo } from '../../model/host.ts';
import { type AuditAnswers, auditFacts, loaderOf, readDiskActions, readRuleFiles } from './audit.ts';
import { DAEMON_VARIABLES } from './daemon-settings.ts';
import { askEngine, type EngineAnswers, noAnswers } from './engine-api.ts';
import { containerdOf, dataRootPlace, type DaemonStart, engineFacts, readDaemonStart, runtimesOf } from './engine.ts';
import { flavourOf } from './flavour.ts';
import { readFlavourSigns, SIGN_PROCESSES } from './flavour-signs.ts';
import { imageFolders, type OstreeSigns, parseOsRelease } from './os.ts';
import { type InstalledPackages, parseDpkgStatus, upstreamVersion } from './packages.ts';
import { textOf, textOrEmpty } from './reading.ts';
import { INIT_NAMES, serviceManagerOf, systemdRuns } from './service-manager.ts';
import { findSubjects } from './subjects.ts';
import { UNIT_QUERY, type Units, unitsFromFiles, unitsFromSystemd } from './units.ts';
import { AGENT_NAMES, findWarnings } from './warnings.ts';

const PROCESS_NAMES = ['dockerd', 'containerd', 'auditd', ...INIT_NAMES, ...SIGN_PROCESSES, ...AGENT_NAMES];
/** The first that is there counts, as ostree reads them. */
const PREPARE_ROOT = ['/etc/ostree/prepare-root.conf', '/usr/lib/ostree/prepare-root.conf'].map(absPath);
const DPKG_STATUS = absPath('/var/lib/dpkg/status');
/** The package database of a large desktop is some 10 MB. */
const DPKG_STATUS_LIMIT = 64 * 1024 * 1024;

/**
 * Everything that is known about the host before a resource is looked at. Starts at most four processes (`auditctl -l`, `-s`, `systemctl show`;
 * `auditctl -v` only where there is no dpkg), asks the Engine API four questions at once, and never wakes a stopped engine through its socket.
 */
export async function gatherFacts(host: HostReader): Promise<HostFacts> {
  const around = lookAround(host);
  const early = around.daemon === undefined ? undefined : askAtSockets(host, around.start);
  if (early !== undefined && host.kind === 'live') {
    await questionsOnTheirWay();
  }
  const seen = { ...around, packages: readPackages(host) };
  const audit = askAudit(host, seen.packages);
  const { units, serviceManager } = await readUnits(host, seen);
  const start = readDaemonStart(host, seen.daemon, units);
  const answers =
    early !== undefined && start.apiSocket === seen.start.apiSocket
      ? await early
      : await answersFrom(host, { ...seen, start, units });
  return assemble(host, { ...seen, start, units, serviceManager, answers, audit: await audit });
}

interface Seen {
  readonly processes: readonly ProcessInfo[];
  readonly processesKnown: boolean;
  readonly daemon: ProcessInfo | undefined;
  readonly fileUnits: Units;
  readonly start: DaemonStart;
  readonly packages: InstalledPackages;
}

interface Gathered extends Seen {
  readonly units: Units;
  readonly serviceManager: HostFacts['serviceManager'];
  readonly answers: EngineAnswers;
  readonly audit: { readonly answers: AuditAnswers | undefined; readonly version: string | undefined };
}

/** The engine takes longest to answer: what it is asked leaves before files and programs keep this thread busy. */
function questionsOnTheirWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function lookAround(host: HostReader): Omit<Seen, 'packages'> {
  const listed = host.processes(PROCESS_NAMES, DAEMON_VARIABLES);
  const processes = listed.status === 'present' ? listed.value : [];
  const fileUnits = unitsFromFiles(host);
  const daemon = processes.find((one) => one.name === 'dockerd');
  return {
    processes,
    processesKnown: listed.status === 'present' && host.identity().uid === 0,
    daemon,
    fileUnits,
    start: readDaemonStart(host, daemon, fileUnits),
  };
}

function readPackages(host: HostReader): InstalledPackages {
  const status = host.read(DPKG_STATUS, DPKG_STATUS_LIMIT);
  return parseDpkgStatus(status.status === 'present' ? status.value : new Uint8Array());
}

async function askAudit(host: HostReader, packages: InstalledPackages): Promise<Gathered['audit']> {
  const installed = upstreamVersion(packages.versions.get('auditd'));
  if (host.kind === 'root') {
    return { answers: undefined, version: installed };
  }
  const [list, status, version] = await Promise.all([
    host.query({ tool: 'auditctl', args: ['-l'] }),
    host.query({ tool: 'auditctl', args: ['-s'] }),
    installed === undefined ? host.query({ tool: 'auditctl', args: ['-v'] }) : undefined,
  ]);
  return {
    answers: { list, status },
    version: installed ?? upstreamVersion(version?.type === 'exited' ? version.stdout : undefined),
  };
}

async function readUnits(host: HostReader, seen: Seen): Promise<Pick<Gathered, 'units' | 'serviceManager'>> {
  const init = {
    hostKind: host.kind,
    systemdFolder: host.stat(absPath('/run/systemd/system')).status === 'present',
    first: seen.processes.find((one) => one.pid === 1),
  };
  const show = systemdRuns(init) ? await host.query(UNIT_QUERY) : undefined;
  const units = show?.type === 'exited' && show.code === 0 ? unitsFromSystemd(host, show.stdout) : seen.fileUnits;
  return { units, serviceManager: serviceManagerOf({ ...init, show }) };
}

/** Where no daemon was seen: systemd starts one for whoever connects to a socket it holds, so that one is left alone. */
async function answersFrom(
  host: HostReader,
  { start, units, daemon }: Pick<Gathered, 'start' | 'units' | 'daemon'>,
): Promise<EngineAnswers> {
  if (host.kind === 'root') {
    return noAnswers('this is a folder, not a running machine');
  }
  if (daemon === undefined && units.get('docker.socket')?.facts.activeState === 'active') {
    return noAnswers(`dockerd does not run (connecting to ${start.apiSocket} would start it)`);
  }
  return askAtSockets(host, start);
}

async function askAtSockets(host: HostReader, start: DaemonStart): Promise<EngineAnswers> {
  return start.sockets.length === 0
    ? noAnswers('the engine listens at no unix socket, and harden asks it at no other')
    : askEngine(host, start.apiSocket);
}

function osRelease(host: HostReader): string {
  const text = textOf(host, absPath('/etc/os-release'));
  return text.status === 'present' ? text.value : textOrEmpty(host, absPath('/usr/lib/os-release'));
}

function assemble(host: HostReader, all: Gathered): HostFacts {
  const { start, units, answers, packages } = all;
  const identity = host.identity();
  const os = parseOsRelease(osRelease(host));
  const mounts = host.mounts();
  const dataRoot = dataRootPlace(host, start, answers.info);
  const parts = { start, units, answers, dataRoot: dataRoot.value };
  const containerd = containerdOf(host, parts, all.processes);
  const flavour = flavourOf(readFlavourSigns(host, { ...all, hasAnswered: answers.unreachable === undefined }));
  const engine = engineFacts({ ...parts, flavour, packages: packages.versions, containerd });
  const audit = auditFacts({
    ...all.audit,
    identity,
    kernelCommandLine: textOrEmpty(host, absPath('/proc/cmdline')),
    loader: loaderOf(host, units),
    ruleFiles: readRuleFiles(host),
    diskActions: readDiskActions(host),
  });
  return {
    hostKind: host.kind,
    identity,
    os,
    serviceManager: all.serviceManager,
    imageBased: imageFolders(os, ostreeSigns(host), mounts.status === 'present' ? mounts.value : []),
    engine,
    audit,
    subjects: findSubjects(host, {
      ...parts,
      dataRoot,
      containerd,
      imagesInContainerd: engine.imageStore === 'containerd',
      runtimes: runtimesOf(start, answers.info),
    }),
    warnings: findWarnings(host, {
      processes: all.processes,
      units,
      audit,
      configFile: start.filePath,
      daemonJsonOwner: packages.daemonJsonOwner,
    }),
  };
}

function ostreeSigns(host: HostReader): OstreeSigns {
  const booted = host.stat(absPath('/run/ostree-booted')).status === 'present';
  const texts = booted ? PREPARE_ROOT.map((path) => textOrEmpty(host, path)) : [];
  return { booted, prepareRoot: texts.find((text) => text !== '') ?? '' };
}
