import { digestOfBytes } from '../model/canonical.ts';
import type { FileStat } from '../model/host.ts';
import type { Fd, Sys } from '../model/sys.ts';
import type { Access } from '../model/transaction.ts';
import { holding } from './held.ts';
import { sameState } from './manifest.ts';
import { type Seen, sameObject, see } from './see.ts';
import { Refusal } from './trouble.ts';
import { holdingObject } from './walk.ts';

/** Where the metadata of a new file come from; `extended` is what they must be after the copy. `shelter`: a hidden name for the folder it is made in. */
export interface MetadataSource {
  readonly fd: Fd;
  readonly extended: string | null;
  readonly shelter: string;
}

export interface NewFile {
  readonly temp: string;
  readonly content: Uint8Array;
  readonly access: Access;
  /** Undefined: nothing but `access`. */
  readonly metadata: MetadataSource | undefined;
  /** Undefined: written now. Else all metadata of this object, its mtime too, at the very end; its access must be `access`. */
  readonly exact: Fd | undefined;
}

/**
 * A finished file under a hidden name: durable, read back, never readable by more than `access` allows.
 * @throws Refusal or an error of Sys; the hidden name may be left then.
 */
export function prepareFile(sys: Sys, folder: Fd, file: NewFile): FileStat {
  if (file.metadata === undefined) {
    fill(sys, folder, file);
  } else {
    fillSheltered(sys, folder, file, file.metadata.shelter);
  }
  const back = see(sys, folder, file.temp, true);
  const { access } = file;
  const content = { sha256: digestOfBytes(file.content), size: file.content.length, mtimeNs: null, extended: null };
  if (back.stat === undefined || !sameState(back.state, { kind: 'object', fileType: 'file', access, content })) {
    throw new Refusal('the new file did not read back as it was written');
  }
  return back.stat;
}

/**
 * Old owner, mode and ACL come together: while they are on the empty file nobody may open it, who would still have it open when it is full
 * and less is allowed.
 */
function fillSheltered(sys: Sys, folder: Fd, file: NewFile, shelter: string): void {
  sys.makeDirectory(folder, shelter, 0o700);
  holding(sys, sys.openObject(folder, shelter), (inside) => {
    sys.chmod(inside, 0o700);
    fill(sys, inside, file);
    if (sys.statAt(folder, file.temp) !== undefined) {
      throw new Refusal(`somebody else has the name ${file.temp}`);
    }
    sys.move(inside, file.temp, folder, file.temp);
  });
  sys.removeDirectory(folder, shelter);
}

function fill(sys: Sys, folder: Fd, file: NewFile): void {
  holding(sys, sys.createFile(folder, file.temp), (fd) => {
    if (file.metadata !== undefined) {
      sys.copyMetadata(file.metadata.fd, fd, false);
      if (file.metadata.extended !== null && sys.extendedMetadata(fd) !== file.metadata.extended) {
        throw new Refusal('its ACL or extended attributes could not be carried over');
      }
    }
    // Nobody needs it meanwhile: what writes is open already.
    sys.chmod(fd, 0o600 & file.access.mode);
    sys.write(fd, file.content, 0);
    if (file.exact === undefined) {
      sys.chown(fd, file.access.uid, file.access.gid);
      sys.chmod(fd, file.access.mode);
    } else {
      sys.copyMetadata(file.exact, fd, true);
    }
    sys.sync(fd);
  });
}

/**
 * Puts a prepared file in the place of `before`, whose inode stays reachable as `saved`.
 * Where nothing was there the name is taken by a link, which cannot overwrite what somebody put there meanwhile.
 */
export function putInPlace(
  sys: Sys,
  folder: Fd,
  names: { readonly name: string; readonly temp: string; readonly saved: string },
  before: Seen,
): void {
  const { name, temp, saved } = names;
  if (before.stat === undefined) {
    sys.link(folder, temp, name);
    sys.unlink(folder, temp);
  } else {
    sys.link(folder, name, saved);
    sys.sync(folder);
    if (!sameObject(sys.statAt(folder, name), before.stat) || !sameObject(sys.statAt(folder, saved), before.stat)) {
      throw new Refusal('somebody else changed it at this moment');
    }
    sys.rename(folder, temp, name);
  }
  sys.sync(folder);
}

/** Takes away one of our own names, whatever of ours it is; `listed` are the names that may stand inside. */
export function removeOurs(sys: Sys, folder: Fd, name: string, listed: ReadonlySet<string>): boolean {
  const type = holdingObject(sys, folder, name, (fd, stat) => {
    if (stat.type === 'directory') {
      for (const child of sys.list(fd).filter((one) => listed.has(one))) {
        removeOurs(sys, fd, child, listed);
      }
    }
    return stat.type;
  });
  if (type === 'directory') {
    sys.removeDirectory(folder, name);
  } else if (type !== undefined) {
    sys.unlink(folder, name);
  }
  return type !== undefined;
}
