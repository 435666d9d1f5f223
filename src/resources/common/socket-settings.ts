import type { AbsPath } from '../../model/brand.ts';
import type { UnitFacts } from '../../model/facts.ts';
import type { HostReader } from '../../model/host.ts';
import { textOf } from './accounts.ts';

export const SOCKET_KEYS = ['SocketMode', 'SocketUser', 'SocketGroup'] as const;
export type SocketKey = (typeof SOCKET_KEYS)[number];

/** A unit's fragment or drop-in with its text. */
export interface UnitText {
  readonly path: AbsPath;
  readonly text: string;
}

/** Values that count, and the file each is from; a key nobody sets is left out. */
export type SocketSettings = Readonly<Partial<Record<SocketKey, { readonly value: string; readonly file: AbsPath }>>>;

/** The files systemd has read for this unit, in its order. */
export function readSocketSettings(unit: UnitFacts, host: HostReader): SocketSettings {
  const fragment = unit.fragmentPath === undefined ? [] : [unit.fragmentPath];
  return socketSettings(readUnitTexts([...fragment, ...unit.dropInPaths], host));
}

/** Those of the files that can be read. */
export function readUnitTexts(paths: readonly AbsPath[], host: HostReader): readonly UnitText[] {
  return paths.flatMap((path) => {
    const text = textOf(host, path);
    return text.status === 'present' ? [{ path, text: text.value }] : [];
  });
}

/** The values that count, from a fragment and its drop-ins in systemd's order; later ones win, an empty one takes back, a wrong one is ignored. */
export function socketSettings(files: readonly UnitText[]): SocketSettings {
  const found: Partial<Record<SocketKey, { value: string; file: AbsPath }>> = {};
  for (const { path, text } of files) {
    for (const { key, value } of socketLines(text)) {
      if (value === '') {
        Reflect.deleteProperty(found, key);
      } else if (key !== 'SocketMode' || /^[0-7]{1,5}$/.test(value)) {
        found[key] = { value, file: path };
      }
    }
  }
  return found;
}

/** Lines of the section [Socket] that set one of the keys. */
export function socketLines(text: string): readonly { readonly key: SocketKey; readonly value: string }[] {
  let section = '';
  return text.split('\n').flatMap((raw) => {
    const line = raw.trim();
    section = /^\[([^\]]+)\]$/.exec(line)?.[1] ?? section;
    const key = keyOf(line);
    return section === 'Socket' && key !== undefined ? [{ key, value: line.slice(line.indexOf('=') + 1).trim() }] : [];
  });
}

/** The key a line sets. */
export function keyOf(line: string): SocketKey | undefined {
  return SOCKET_KEYS.find((key) => new RegExp(`^\\s*${key}\\s*=`).test(line));
}
