import { cleanPath } from '../model/brand.ts';
import { byCodeUnit } from '../model/canonical.ts';
import type { Mount } from '../model/host.ts';

/**
 * Mounts from the text of /proc/PID/mountinfo (proc(5)), in its order, later ones over earlier ones:
 * `id parent major:minor root mount-point options [optional fields] - type source super-options`.
 * Lines that do not have this form are left out; in a chroot the kernel leaves out what is not below it.
 */
export function parseMountinfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const mount = parseLine(line.split(' '));
    return mount === undefined ? [] : [mount];
  });
}

function parseLine(fields: readonly string[]): Mount | undefined {
  // Optional fields start at the seventh; no field before them can be a lone dash.
  const dash = fields.indexOf('-', 6);
  const [, , , , mountPoint, perMount] = fields;
  const [fsType, source, superBlock] = fields.slice(dash + 1);
  if (dash < 0 || mountPoint === undefined || perMount === undefined || fsType === undefined || source === undefined) {
    return undefined;
  }
  const path = cleanPath(unescape(mountPoint));
  const options = new Set([...perMount.split(','), ...(superBlock ?? '').split(',')].map(unescape));
  options.delete('');
  return path === undefined
    ? undefined
    : {
        mountPoint: path,
        fsType: unescape(fsType),
        source: unescape(source),
        options: [...options].sort(byCodeUnit),
      };
}

/** Space, tab, newline, backslash and `#` stand there as a backslash and three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
