import { cleanPath, isBelow } from '../model/brand.ts';
import { byCodeUnit } from '../model/canonical.ts';
import type { Mount } from '../model/host.ts';

/**
 * Mounts from the text of /proc/PID/mountinfo (proc(5)), in its order, later ones over earlier ones:
 * `id parent major:minor root mount-point options [optional fields] - type source super-options`.
 * Lines that do not have this form are left out; in a chroot the kernel leaves out what is not below it.
 */
export function parseMountinfo(text: string): readonly Mount[] {
  const lines = text.split('\n').flatMap((line) => parseLine(line.split(' ')) ?? []);
  const byId = new Map(lines.map((line) => [line.id, line]));
  return lines.map((line) => ({
    ...line.mount,
    ...(isOntoItself(line, byId.get(line.parent)) ? { ontoItself: true as const } : {}),
  }));
}

/** `root`: the folder of the file system `device` that is seen at the mount point. */
interface Line {
  readonly id: string;
  readonly parent: string;
  readonly device: string;
  readonly root: string;
  readonly mount: Mount;
}

function parseLine(fields: readonly string[]): Line | undefined {
  // Optional fields start at the seventh; no field before them can be a lone dash.
  const dash = fields.indexOf('-', 6);
  const [id = '', parent = '', device = '', root = '', mountPoint, perMount] = fields;
  const [fsType, source, superBlock] = fields.slice(dash + 1);
  if (dash < 0 || mountPoint === undefined || perMount === undefined || fsType === undefined || source === undefined) {
    return undefined;
  }
  const path = cleanPath(unescape(mountPoint));
  const options = new Set([...perMount.split(','), ...(superBlock ?? '').split(',')].map(unescape));
  options.delete('');
  if (path === undefined) {
    return undefined;
  }
  const mount = {
    mountPoint: path,
    fsType: unescape(fsType),
    source: unescape(source),
    options: [...options].sort(byCodeUnit),
  };
  return { id, parent, device, root: unescape(root), mount };
}

/** What is mounted is what was there before, seen through the mount around it. */
function isOntoItself({ device, root, mount }: Line, around: Line | undefined): boolean {
  if (around?.device !== device || !isBelow(mount.mountPoint, around.mount.mountPoint)) {
    return false;
  }
  const slash = (path: string): string => (path === '/' ? '' : path);
  return root === slash(around.root) + mount.mountPoint.slice(slash(around.mount.mountPoint).length);
}

/** Space, tab, newline, backslash and `#` stand there as a backslash and three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
