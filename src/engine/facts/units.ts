import { type AbsPath, absPath, cleanPath, joinPath, parentPath } from '../../model/brand.ts';
import { byCodeUnit } from '../../model/canonical.ts';
import type { UnitFacts } from '../../model/facts.ts';
import type { HostReader, Query } from '../../model/host.ts';
import { canonical, namesIn, textOf, textOrEmpty } from './reading.ts';
import { parseShow, shownCommand, type ShownUnit, shownPaths, shownStreams } from './systemctl-show.ts';
import {
  expandCommand,
  parseEnvironmentFile,
  readUnitSettings,
  type UnitSettings,
  type UnitText,
} from './unit-file.ts';

const UNIT_NAMES = [
  'docker.service',
  'docker.socket',
  'containerd.service',
  'auditd.service',
  'audit-rules.service',
] as const;
export type UnitName = (typeof UNIT_NAMES)[number];

/** A unit with what its files say; `facts` is what leaves this folder. */
interface Unit {
  readonly facts: UnitFacts;
  /** ExecStart and ExecStartPost, every command of them. */
  readonly commands: readonly (readonly string[])[];
  /** Environment= and the readable EnvironmentFile=s together. */
  readonly environment: Readonly<Record<string, string>>;
}
export type Units = ReadonlyMap<UnitName, Unit>;

/** Where units are looked for, the strongest first. */
const UNIT_FOLDERS: readonly AbsPath[] = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
].map(absPath);

const SHOWN = [
  'Id',
  'LoadState',
  'ActiveState',
  'FragmentPath',
  'DropInPaths',
  'ExecStart',
  'Listen',
  'NeedDaemonReload',
];

/** One question about all units. */
export const UNIT_QUERY: Query = { tool: 'systemctl', args: ['show', ...UNIT_NAMES, '-p', SHOWN.join(',')] };

/** What the unit files say, as systemd would find them; states are `unknown`. Units that are not there have no entry. */
export function unitsFromFiles(host: HostReader): Units {
  return new Map(
    UNIT_NAMES.flatMap((name) => {
      const place = findUnit(host, name);
      if (place === undefined) {
        return [];
      }
      return [[name, unitOf(host, { name, ...place, activeState: 'unknown' })] as const];
    }),
  );
}

/** What systemd says about places and states, with commands and settings from the files it names: its own print of a command loses the quotes. */
export function unitsFromSystemd(host: HostReader, output: string): Units {
  const shown = parseShow(output);
  return new Map(
    UNIT_NAMES.flatMap((name) => {
      const unit = shown.get(name);
      const loadState = unit?.get('LoadState')?.[0] ?? 'not-found';
      return unit === undefined || loadState === 'not-found' ? [] : [[name, shownUnit(host, name, unit)] as const];
    }),
  );
}

interface UnitPlace {
  readonly loadState: string;
  readonly fragmentPath: AbsPath | undefined;
  readonly dropInPaths: readonly AbsPath[];
}

interface UnitParts extends UnitPlace {
  readonly name: UnitName;
  readonly activeState: string;
  readonly needsReload?: boolean;
}

function shownUnit(host: HostReader, name: UnitName, shown: ShownUnit): Unit {
  const first = (property: string, otherwise: string): string => shown.get(property)?.[0] ?? otherwise;
  const fragment = cleanPath(first('FragmentPath', ''));
  const unit = unitOf(host, {
    name,
    loadState: first('LoadState', 'unknown'),
    activeState: first('ActiveState', 'unknown'),
    fragmentPath: fragment === undefined ? undefined : canonical(host, fragment),
    dropInPaths: shownPaths(shown.get('DropInPaths') ?? []).map((path) => canonical(host, path)),
    needsReload: first('NeedDaemonReload', 'no') === 'yes',
  });
  const listen = shown.get('Listen');
  const withListen = listen === undefined ? unit : { ...unit, facts: { ...unit.facts, listen: shownStreams(listen) } };
  return unit.facts.execStart.length > 0 ? withListen : withShownCommands(withListen, shown.get('ExecStart') ?? []);
}

/** For units whose files cannot be read. */
function withShownCommands(unit: Unit, shown: readonly string[]): Unit {
  const commands = shown.map(shownCommand);
  return { ...unit, commands, facts: { ...unit.facts, execStart: commands[0] ?? [] } };
}

function unitOf(host: HostReader, parts: UnitParts): Unit {
  const paths = parts.fragmentPath === undefined ? parts.dropInPaths : [parts.fragmentPath, ...parts.dropInPaths];
  const settings = readUnitSettings(paths.flatMap((path) => unitText(host, path)));
  const environment = environmentOf(host, settings);
  const commands = settings.execStart.map((command) => expandCommand(command, environment));
  const { needsReload, ...place } = parts;
  return {
    environment,
    commands: [...commands, ...settings.execStartPost.map((command) => expandCommand(command, environment))],
    facts: {
      ...place,
      execStart: commands[0] ?? [],
      execStartOverridden: settings.execStart.some((command) => command.file !== parts.fragmentPath),
      listen: settings.listen,
      umask: settings.umask,
      socketGroup: settings.socketGroup,
      socketMode: settings.socketMode,
      refusesManualStop: settings.refusesManualStop,
      needsReload,
    },
  };
}

function unitText(host: HostReader, path: AbsPath): readonly UnitText[] {
  const text = textOf(host, path);
  return text.status === 'present' ? [{ path, text: text.value }] : [];
}

/** A later assignment wins, and files win over Environment=. */
function environmentOf(host: HostReader, settings: UnitSettings): Readonly<Record<string, string>> {
  const files = settings.environmentFiles.map(({ path }) => parseEnvironmentFile(textOrEmpty(host, path)));
  return Object.assign({}, settings.environment, ...files) as Readonly<Record<string, string>>;
}

function findUnit(host: HostReader, name: UnitName): UnitPlace | undefined {
  const path = UNIT_FOLDERS.map((folder) => joinPath(folder, name)).find((one) => host.stat(one).status === 'present');
  if (path === undefined) {
    return undefined;
  }
  const fragmentPath = canonical(host, path);
  if (isMask(host, fragmentPath)) {
    return { loadState: 'masked', fragmentPath: undefined, dropInPaths: [] };
  }
  return { loadState: 'loaded', fragmentPath, dropInPaths: findDropIns(host, name) };
}

/** By name over all folders, the strongest folder first for equal names; a link to /dev/null or an empty file hides a weaker one. */
function findDropIns(host: HostReader, name: UnitName): readonly AbsPath[] {
  const strongest = new Map<string, AbsPath>();
  const type = name.slice(name.lastIndexOf('.') + 1);
  for (const folder of [`${name}.d`, `${type}.d`].flatMap((own) =>
    UNIT_FOLDERS.map((parent) => joinPath(parent, own)),
  )) {
    for (const file of namesIn(host, folder).filter((one) => one.endsWith('.conf') && !strongest.has(one))) {
      strongest.set(file, joinPath(folder, file));
    }
  }
  return [...strongest.entries()]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([, path]) => canonical(host, path))
    .filter((path) => !isMask(host, path));
}

function isMask(host: HostReader, path: AbsPath): boolean {
  const stat = host.stat(path);
  return path === '/dev/null' || (stat.status === 'present' && stat.value.type === 'file' && stat.value.size === 0);
}

/** Drop-ins of this unit alone, without those that serve all units of its type. */
export function ownDropIns(unit: UnitFacts): readonly AbsPath[] {
  return unit.dropInPaths.filter((path) => parentPath(path).endsWith(`/${unit.name}.d`));
}
