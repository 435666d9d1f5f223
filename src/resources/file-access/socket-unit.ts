import {
  SOCKET_KEYS,
  type SocketKey,
  type SocketSettings,
  type UnitText,
  keyOf,
  socketLines,
  socketSettings,
} from '../common/socket-settings.ts';
import { type AbsPath, absPath, baseName, joinPath } from '../../model/brand.ts';
import { byCodeUnit } from '../../model/canonical.ts';

/** What is to be set. */
export type WantedSettings = Readonly<Partial<Record<SocketKey, string>>>;

/** What docker.socket says about the access of its socket. */
export interface SocketUnit {
  readonly name: string;
  readonly settings: SocketSettings;
  /** The drop-in of ours that would win; undefined where a drop-in of somebody else always wins. */
  readonly dropIn: DropIn | undefined;
}

export interface DropIn {
  readonly file: AbsPath;
  /** What it says now; undefined where it is not there. */
  readonly text: string | undefined;
  readonly folder: AbsPath;
  readonly folderExists: boolean;
}

/** Where drop-ins of the administrator are. */
export const DROP_IN_FOLDER = absPath('/etc/systemd/system/docker.socket.d');
/** The second name sorts behind what people call theirs. */
const OWN_NAMES = ['50-harden.conf', 'zz-harden.conf'] as const;
const OWN_NOTE = '# Keeps the Docker socket closed to others. Made by harden; harden rollback takes it away.';

/** systemd's defaults where nobody sets a key; systemd.socket(5). */
export const SOCKET_DEFAULTS: Readonly<Record<SocketKey, string>> = {
  SocketMode: '0666',
  SocketUser: 'root',
  SocketGroup: 'root',
};

/** The first of our names that sorts behind every drop-in that sets one of the keys. */
export function winningDropIn(dropIns: readonly UnitText[]): AbsPath | undefined {
  const rivals = dropIns
    .filter(
      ({ path, text }) =>
        !OWN_NAMES.some((name) => path === joinPath(DROP_IN_FOLDER, name)) && socketLines(text).length > 0,
    )
    .map(({ path }) => baseName(path));
  const own = OWN_NAMES.find((name) => rivals.every((rival) => byCodeUnit(rival, name) < 0));
  return own === undefined ? undefined : joinPath(DROP_IN_FOLDER, own);
}

/** The drop-in's text with `settings` in it; lines that are there already are changed where they stand, all others kept. */
export function dropInText(text: string | undefined, settings: WantedSettings): string {
  const wanted = SOCKET_KEYS.flatMap((key) => (settings[key] === undefined ? [] : [{ key, value: settings[key] }]));
  if (text === undefined) {
    return [OWN_NOTE, '[Socket]', ...wanted.map(({ key, value }) => `${key}=${value}`), ''].join('\n');
  }
  const missing = wanted.filter(
    ({ key, value }) => socketSettings([{ path: DROP_IN_FOLDER, text }])[key]?.value !== value,
  );
  if (missing.length === 0) {
    return text;
  }
  const replaced = missing.reduce((lines, { key }) => lines.filter((line) => keyOf(line) !== key), text.split('\n'));
  while (replaced.at(-1) === '') {
    replaced.pop();
  }
  const section = replaced.findLast((line) => line.trim().startsWith('['))?.trim();
  const header = section === '[Socket]' ? [] : ['[Socket]'];
  return [...replaced, ...header, ...missing.map(({ key, value }) => `${key}=${value}`), ''].join('\n');
}
