import { type AbsPath, absPath, joinPath } from '../model/brand.ts';
import type { OwnProgram } from '../model/revert-clock.ts';
import type { Fd, Sys } from '../model/sys.ts';
import { holding, openIfThere, readIfThere } from './held.ts';
import { attempt } from './trouble.ts';
import { quoted, writePublic } from './unit-text.ts';
import { type Targets, inExistingFolder, inFolder } from './walk.ts';

const UNIT = 'harden-recover.service';
const UNITS_OF_PACKAGES = absPath('/usr/lib/systemd/system');
const UNITS_OF_THE_SITE = absPath('/etc/systemd/system');
const WANTED_BY = 'sysinit.target.d';
const DROP_IN = 'harden-recover.conf';
/** Made under these names and then renamed: what a kill leaves half made is known by its name. */
const NEW_UNIT = '.harden-recover.service.new';
const NEW_DROP_IN = '.harden-recover.conf.new';
const NEW_FOLDER = '.harden-recover.d.new';
const MARK = '# Laid by harden for the time of one run; it goes by itself.\n';
const FOLDER_MARK = '# So does its folder.\n';

export interface BootNet {
  readonly program: OwnProgram;
  readonly stateDir: AbsPath;
  /** Arguments that lead the program to the same state folder. */
  readonly where: readonly string[];
}

/**
 * Makes the next boot end an unfinished transaction before anything reads its files. systemd reads it at boot only, so nothing is
 * reloaded. Left alone where a package brings such a unit. Returns why there is none, where there is none.
 */
export function layBootNet(targets: Targets, net: BootNet): string | undefined {
  const { unsafe } = net.program;
  if (unsafe !== undefined) {
    return `${unsafe.reason}; to mend it: ${unsafe.mend}`;
  }
  const laid = attempt(() => lay(targets, net));
  return laid.ok ? laid.value : laid.reason;
}

/** Takes away what `layBootNet` made with the same `where`, whole or half; nothing else. Returns why it could not. */
export function removeBootNet(targets: Targets, where: readonly string[]): string | undefined {
  const removed = attempt(() =>
    inFolder(targets, inSite(UNIT), { found: removeIn(targets.sys, where), missing: () => undefined }),
  );
  return removed.ok ? undefined : removed.reason;
}

/** The unit: early, before sysinit.target and whatever reads what we change. It has no condition, so that one left behind goes at the next boot. */
export function bootUnit({ program, stateDir, where }: BootNet): string {
  const start = `${program.argv.map(quoted).join(' ')} ${leadingTo(where)}`;
  const readers = 'docker.service docker.socket containerd.service auditd.service audit-rules.service';
  return `${MARK}[Unit]
Description=Take back what a run of harden did not finish before the machine stopped
DefaultDependencies=no
RequiresMountsFor=${quoted(stateDir)}
After=local-fs.target
Before=sysinit.target ${readers} shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${start}
TimeoutStartSec=5min
`;
}

function inSite(name: string): AbsPath {
  return joinPath(UNITS_OF_THE_SITE, name);
}

function lay(targets: Targets, net: BootNet): string | undefined {
  const { sys } = targets;
  const isPackaged = inFolder(targets, joinPath(UNITS_OF_PACKAGES, UNIT), {
    found: (folder, name) => sys.statAt(folder, name) !== undefined,
    missing: () => false,
  });
  if (isPackaged) {
    return undefined;
  }
  return inExistingFolder(targets, inSite(UNIT), (folder) => {
    removeIn(sys, net.where)(folder);
    const other = textOf(sys, folder, UNIT);
    if (sys.statAt(folder, UNIT) !== undefined) {
      return `${inSite(UNIT)} ${isOurs(other) ? 'is there for a run with another state folder' : "is somebody else's"}`;
    }
    const there = openIfThere(sys, folder, WANTED_BY);
    if (there !== undefined) {
      const why = holding(sys, there, () => {
        if (sys.stat(there).type !== 'directory' || sys.statAt(there, DROP_IN) !== undefined) {
          return `${inSite(WANTED_BY)} holds something of somebody else's`;
        }
        writePublic(sys, there, NEW_DROP_IN, dropIn(''));
        sys.rename(there, NEW_DROP_IN, DROP_IN);
        sys.sync(there);
        return undefined;
      });
      if (why !== undefined) {
        return why;
      }
    } else {
      layFolder(sys, folder);
    }
    writePublic(sys, folder, NEW_UNIT, bootUnit(net));
    sys.rename(folder, NEW_UNIT, UNIT);
    sys.sync(folder);
    return undefined;
  });
}

function layFolder(sys: Sys, folder: Fd): void {
  sys.makeDirectory(folder, NEW_FOLDER, 0o755);
  holding(sys, sys.openObject(folder, NEW_FOLDER), (made) => {
    sys.chmod(made, 0o755);
    writePublic(sys, made, DROP_IN, dropIn(FOLDER_MARK));
    sys.sync(made);
  });
  sys.rename(folder, NEW_FOLDER, WANTED_BY);
}

function dropIn(folderMark: string): string {
  return `${MARK}${folderMark}[Unit]\nWants=${UNIT}\n`;
}

/** The unit goes first: without it the rest means nothing. One that leads to another state folder keeps all of it. */
function removeIn(sys: Sys, where: readonly string[]): (folder: Fd) => undefined {
  return (folder) => {
    const unit = textOf(sys, folder, UNIT);
    if (isOurs(unit) && !unit.includes(`${leadingTo(where)}\n`)) {
      return undefined;
    }
    let changed = isOurs(unit) && removeFile(sys, folder, UNIT);
    changed = removeFile(sys, folder, NEW_UNIT) || changed;
    const there = openIfThere(sys, folder, WANTED_BY);
    const text = there === undefined ? '' : holding(sys, there, () => dropInOf(sys, there));
    if (text.startsWith(MARK + FOLDER_MARK)) {
      sys.rename(folder, WANTED_BY, NEW_FOLDER);
      changed = true;
    } else if (isOurs(text)) {
      holding(sys, sys.openObject(folder, WANTED_BY), (other) => {
        removeFile(sys, other, DROP_IN);
        sys.sync(other);
      });
    }
    changed = removeFolder(sys, folder) || changed;
    if (changed) {
      sys.sync(folder);
    }
    return undefined;
  };
}

/** Somebody who put a file of their own into the folder keeps both. */
function removeFolder(sys: Sys, folder: Fd): boolean {
  const made = openIfThere(sys, folder, NEW_FOLDER);
  if (made === undefined) {
    return false;
  }
  const left = holding(sys, made, () => {
    removeFile(sys, made, DROP_IN);
    return sys.list(made);
  });
  if (left.length === 0) {
    sys.removeDirectory(folder, NEW_FOLDER);
  } else {
    sys.rename(folder, NEW_FOLDER, WANTED_BY);
  }
  return true;
}

function dropInOf(sys: Sys, folder: Fd): string {
  if (sys.stat(folder).type !== 'directory') {
    return '';
  }
  removeFile(sys, folder, NEW_DROP_IN);
  return textOf(sys, folder, DROP_IN);
}

/** The end of the line that starts the program: it tells one state folder from another. */
function leadingTo(where: readonly string[]): string {
  return ['recover', '--boot', ...where].map(quoted).join(' ');
}

function textOf(sys: Sys, folder: Fd, name: string): string {
  return sys.statAt(folder, name)?.type === 'file' ? new TextDecoder().decode(readIfThere(sys, folder, name)) : '';
}

function isOurs(text: string): boolean {
  return text.startsWith(MARK);
}

function removeFile(sys: Sys, folder: Fd, name: string): boolean {
  if (sys.statAt(folder, name) === undefined) {
    return false;
  }
  sys.unlink(folder, name);
  return true;
}
