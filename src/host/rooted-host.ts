import { realpathSync, statSync } from 'node:fs';
import { type AbsPath, absPath, baseName, joinPath, parentPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostIdentity, HostReader } from '../model/host.ts';
import { present, unreadable } from '../model/state.ts';
import { type Place, readAttributes } from './attributes.ts';
import { wordsFor } from './errno.ts';
import { machineIdFrom, readIdentity } from './identity.ts';
import { rootedTree } from './rooted-tree.ts';
import { treeReader } from './tree-reader.ts';

const NOT_RUNNING = 'a folder, not a running host';

/**
 * A folder taken as `/`. Only its files answer; nothing runs in it, and no program of it is started.
 * @throws HardenError (exit 64) where `root` is not a folder that can be looked into.
 */
export function rootedHost(root: string): HostReader {
  const folder = existingFolder(root);
  const files = treeReader(rootedTree(folder));
  const textOf = (path: string): string => {
    const content = files.read(absPath(path));
    return content.status === 'present' ? Buffer.from(content.value).toString() : '';
  };
  const placeOf = (path: AbsPath): Place => {
    const parent = files.realPath(parentPath(path));
    const stat = files.stat(path);
    // Below a resolved parent the kernel meets no link that could lead out of the folder.
    return parent.status === 'present' && path !== '/'
      ? { path, outside: outsideOf(folder, joinPath(parent.value, baseName(path))), stat }
      : { path, outside: folder, stat };
  };
  return {
    kind: 'root',
    ...files,
    identity: () => identityOf(textOf('/etc/hostname'), textOf('/etc/machine-id'), folder),
    attributes: (paths) => readAttributes(paths.map(placeOf)),
    mounts: () => unreadable(`${NOT_RUNNING}: what is mounted there is not known`),
    processes: () => present([]),
    query: () => Promise.resolve({ type: 'not-found' }),
    docker: () => Promise.resolve({ type: 'unreachable', reason: NOT_RUNNING, code: 'absent' }),
  };
}

function existingFolder(root: string): AbsPath {
  try {
    const folder = absPath(realpathSync.native(root));
    if (!statSync(folder).isDirectory()) {
      throw new Error('it is not a folder');
    }
    return folder;
  } catch (error) {
    throw new HardenError({
      code: 'H1034',
      exit: EXIT.usage,
      message: `${root} cannot be taken as a root folder. Nothing was read or changed.`,
      details: [wordsFor(error)],
      hint: 'Name the folder that holds the etc and usr of the host.',
      cause: error,
    });
  }
}

function outsideOf(folder: AbsPath, path: AbsPath): string {
  return folder === '/' ? path : `${folder}${path}`;
}

/** Name and id of the folder, its own name where no host name is written in it; kernel, rights and boot are those of the process that works on it. */
function identityOf(hostname: string, machineId: string, folder: AbsPath): HostIdentity {
  const name = hostname
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#'));
  // An image gets its id at its first boot; until then it is told from others by where it stands.
  const id = machineIdFrom(machineId);
  return { ...readIdentity(), hostname: name ?? baseName(folder), machineId: id === '' ? `image ${folder}` : id };
}
