import { type AbsPath, absPath, baseName, cleanPath, joinPath, parentPath } from '../../model/brand.ts';
import type { ApiOutcome, Command, CommandOutcome, HostReader, ProcessInfo } from '../../model/host.ts';
import { type Observed, present } from '../../model/state.ts';
import type { Sys } from '../../model/sys.ts';
import { type MemoryDisk, lookUp, put } from '../memory-disk.ts';
import { recordedHost } from '../recorded-host.ts';
import type { Recording } from '../recording-schema.ts';
import { type AuditKernel, auditKernel } from './audit-kernel.ts';
import { type SimulatedEngine, simulatedEngine } from './engine.ts';
import { treeOfRecording } from './recorded-tree.ts';
import { simulatedSys } from './simulated-sys.ts';
import { type SimulatedSystemd, simulatedSystemd } from './systemd.ts';
import { simulatedTreeReader } from './tree-reader.ts';

/** A recording one can write to: files in memory, audit rules, docker.service and a dockerd that take up what is written. */
export interface SimulatedHost extends HostReader {
  readonly sys: Sys;
  /** All its files, as they are now. */
  readonly disk: MemoryDisk;
}

/** Where systemd looks for what is added to a unit. */
const DROP_IN_FOLDERS = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'].map(absPath);

/**
 * Before the first write it answers as the recording does. Where a command goes beyond what is simulated it fails and says so. Containers that do
 * not outlive a restart of dockerd stay down: a recording does not hold their restart policies.
 */
export function simulatedHost(recording: Recording): SimulatedHost {
  const tree = treeOfRecording(recording);
  const files = simulatedTreeReader(tree);
  const text = (path: string): string | undefined => {
    const clean = cleanPath(path);
    const content = clean === undefined ? undefined : files.read(clean, Number.MAX_SAFE_INTEGER);
    return content?.status === 'present' ? Buffer.from(content.value).toString() : undefined;
  };
  const recorded = recordedHost(recording);
  const engine = simulatedEngine({
    recording,
    text,
    isFile: (path) => look(files, path) === 'other',
    setFile: (path, content) => setFile(tree.disk, files, { path, content }),
  });
  const audit = auditKernel({
    list: outcomeOf(recording, 'auditctl', '-l'),
    status: outcomeOf(recording, 'auditctl', '-s'),
    machine: recording.host.machine,
    version: auditVersion(recording, text),
    look: (path) => look(files, path),
    text,
  });
  const systemd = simulatedSystemd({
    recording,
    engine,
    dropIns: (unit) => DROP_IN_FOLDERS.flatMap((folder) => confFiles(files, joinPath(folder, `${unit}.d`))),
    stamp: (path) => {
      const stat = look(files, path) === 'other' ? files.stat(absPath(path)) : undefined;
      return stat?.status === 'present' ? `${stat.value.mtimeNs} ${stat.value.size}` : '';
    },
  });
  const run = (command: Command): CommandOutcome => runCommand(command, { audit, systemd, engine });
  return {
    kind: 'simulated',
    ...files,
    disk: tree.disk,
    sys: simulatedSys(tree, run),
    identity: () => recording.host,
    mounts: () => recorded.mounts(),
    processes: (names, environment) => processesOf(recording, engine, { names, environment }),
    query: ({ tool, args }) => Promise.resolve(tool === 'auditctl' ? audit.auditctl(args) : systemd.systemctl(args)),
    docker: async (socket, path): Promise<ApiOutcome> => engine.answer(socket, path) ?? recorded.docker(socket, path),
  };
}

interface Programs {
  readonly audit: AuditKernel;
  readonly systemd: SimulatedSystemd;
  readonly engine: SimulatedEngine;
}

function runCommand(command: Command, { audit, systemd, engine }: Programs): CommandOutcome {
  switch (command.tool) {
    case 'auditctl':
      return audit.auditctl(command.args);
    case 'systemctl':
      return systemd.systemctl(command.args);
    case 'dockerd':
      return engine.validate(command.args);
  }
}

type Files = ReturnType<typeof simulatedTreeReader>;

function look(files: Files, path: string): 'directory' | 'other' | 'absent' | 'unknown' {
  const clean = cleanPath(path);
  const real = clean === undefined ? undefined : files.realPath(clean);
  if (real?.status !== 'present') {
    return real?.status === 'unreadable' ? 'unknown' : 'absent';
  }
  const stat = files.stat(real.value);
  return stat.status !== 'present' ? 'unknown' : stat.value.type === 'directory' ? 'directory' : 'other';
}

interface ProgramFile {
  readonly path: string;
  readonly content: string | undefined;
}

/** In a folder that is there; folders of programs are not made. */
function setFile(disk: MemoryDisk, files: Files, { path, content }: ProgramFile): void {
  const clean = cleanPath(path);
  const folder = clean === undefined ? undefined : files.realPath(parentPath(clean));
  if (clean === undefined || folder?.status !== 'present') {
    return;
  }
  const place = joinPath(folder.value, baseName(clean));
  if (content === undefined) {
    lookUp(disk, folder.value)?.entries.delete(baseName(clean));
  } else {
    put(disk, place, 'file', { content, mode: 0o644 });
  }
}

function confFiles(files: Files, folder: AbsPath): readonly string[] {
  const names = files.list(folder);
  return names.status === 'present'
    ? names.value.filter((name) => name.endsWith('.conf')).map((name) => joinPath(folder, name))
    : [];
}

function outcomeOf({ queries }: Recording, tool: string, option: string): CommandOutcome {
  const query = queries.find((one) => one.tool === tool && one.args.length === 1 && one.args[0] === option);
  return query?.outcome ?? { type: 'not-started', reason: 'not in the recording' };
}

/** auditctl's own answer, else the package database's. */
function auditVersion(recording: Recording, text: (path: string) => string | undefined): string {
  const said = outcomeOf(recording, 'auditctl', '-v');
  const told = said.type === 'exited' ? /(\d+(?:\.\d+)+)/.exec(said.stdout)?.[1] : undefined;
  const packaged = /^Package: auditd\n(?:.+\n)*?Version: (?:\d+:)?(\d+(?:\.\d+)+)/m.exec(
    text('/var/lib/dpkg/status') ?? '',
  )?.[1];
  return told ?? packaged ?? '0.0';
}

interface ProcessQuestion {
  readonly names: readonly string[];
  readonly environment: readonly string[];
}

/** Programs nobody asked for when the recording was made do not run, variables nobody asked for are not set. */
function processesOf(
  { processes }: Recording,
  engine: SimulatedEngine,
  { names, environment }: ProcessQuestion,
): Observed<readonly ProcessInfo[]> {
  const all: ProcessInfo[] = [];
  for (const name of names) {
    const found = processes[name]?.found;
    if (found?.status === 'unreadable') {
      return found;
    }
    all.push(...(engine.processes(name) ?? (found?.status === 'present' ? found.value : [])));
  }
  return present(all.map((process) => onlyAsked(process, environment)).sort((a, b) => a.pid - b.pid));
}

function onlyAsked(process: ProcessInfo, names: readonly string[]): ProcessInfo {
  return {
    ...process,
    environment: Object.fromEntries(Object.entries(process.environment).filter(([name]) => names.includes(name))),
  };
}
