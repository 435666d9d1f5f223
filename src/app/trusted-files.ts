import { type AbsPath, joinPath, parentPath } from '../model/brand.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostReader } from '../model/host.ts';

/** What a file is, for the message where it is not taken. */
export interface TrustedKind {
  readonly code: ErrorCode;
  /** `a file of health checks` */
  readonly what: string;
  /** Why only root may decide it: `what it says runs as root`. */
  readonly because: string;
}

type Looker = Pick<HostReader, 'stat' | 'realPath'>;

const MAX_FILES = 100;

/** Files of a folder ending in .json5, sorted by name. A folder that was asked for must be there. @throws HardenError exit 65 */
export function filesIn(
  host: Pick<HostReader, 'list'>,
  folder: AbsPath,
  asked: boolean,
  kind: TrustedKind,
): readonly AbsPath[] {
  const names = host.list(folder);
  if (names.status === 'absent' && !asked) {
    return [];
  }
  if (names.status !== 'present') {
    throw notTaken(kind, `${folder} cannot be read`, [
      names.status === 'unreadable' ? names.reason : 'it is not there',
    ]);
  }
  const files = names.value.filter((name) => name.endsWith('.json5') && !name.startsWith('.'));
  if (files.length > MAX_FILES) {
    throw notTaken(kind, `${folder} holds ${files.length} files, more than the ${MAX_FILES} that are read`, []);
  }
  return files.map((name) => joinPath(folder, name));
}

/** The text of a file that nobody but root can change. @throws HardenError exit 65 */
export function trustedText(host: Looker & Pick<HostReader, 'read'>, path: AbsPath, kind: TrustedKind): string {
  refuseForeign(host, path, kind);
  const bytes = host.read(path);
  if (bytes.status !== 'present') {
    throw notTaken(kind, `${path} cannot be read`, [bytes.status === 'unreadable' ? bytes.reason : 'it is not there']);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.value);
  } catch {
    throw notTaken(kind, `${path} cannot be read`, ['it is not UTF-8']);
  }
}

/** Nobody but root may be able to exchange or edit it, down from `/`. @throws HardenError exit 65 */
export function refuseForeign(host: Looker, path: AbsPath, kind: TrustedKind): void {
  const resolved = realPathOf(host, path);
  if (resolved === undefined) {
    throw notTaken(kind, `${path} is not there`, [`It is ${kind.what}.`]);
  }
  // A link is somebody's too: the folders it stands in are looked at as well as those it leads to.
  for (const one of new Set([...upTo(path), ...upTo(resolved)])) {
    const stat = host.stat(one);
    const reason = stat.status === 'present' ? foreign(stat.value) : `it cannot be looked at`;
    if (reason !== undefined) {
      throw notTaken(kind, `${path} is not trusted: ${one} ${reason}`, [`It is ${kind.what}, and ${kind.because}.`]);
    }
  }
}

/** With every link resolved; undefined where it is not there or cannot be looked at. */
export function realPathOf(host: Pick<HostReader, 'realPath'>, path: AbsPath): AbsPath | undefined {
  const found = host.realPath(path);
  return found.status === 'present' ? found.value : undefined;
}

function foreign(stat: { readonly type: string; readonly uid: number; readonly mode: number }): string | undefined {
  if (stat.uid !== 0) {
    return 'does not belong to root';
  }
  return stat.type !== 'symlink' && (stat.mode & 0o022) !== 0 ? 'can be written by others than root' : undefined;
}

function upTo(path: AbsPath): readonly AbsPath[] {
  return path === '/' ? [path] : [...upTo(parentPath(path)), path];
}

function notTaken(kind: TrustedKind, what: string, details: readonly string[]): HardenError {
  return new HardenError({
    code: kind.code,
    exit: EXIT.malformed,
    message: `${what}. Nothing was changed.`,
    details,
    hint:
      kind.code === 'H5002'
        ? 'Files and programs of health checks belong to root, mode 0644 or 0755 at most.'
        : 'Files in /etc/harden belong to root, mode 0644 at most.',
  });
}
