import { closeSync, constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import { type AbsPath, absPath } from '../model/brand.ts';
import type { Fd } from '../model/sys.ts';
import { O_PATH, type Tree, fdPath } from './tree.ts';

const MAX_LINKS = 40;
const DIRECTORY = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const OBJECT = O_PATH | constants.O_NOFOLLOW;

interface Held {
  readonly fd: Fd;
  readonly name: string;
}

/**
 * Resolves as a process would whose root directory is `root`: absolute links start there, `..` ends there. Each component
 * is opened below the descriptor of the one before and never through a link, so a tree that changes meanwhile cannot lead out.
 */
export function rootedTree(root: string): Tree {
  return {
    open: (path, follow) => {
      const held = walk(root, path, follow);
      const last = held.pop();
      release(held);
      // The root itself is always held.
      return last?.fd ?? openSync(root, DIRECTORY);
    },
    realPath: (path) => {
      const held = walk(root, path, true);
      release(held);
      return absPath(
        `/${held
          .slice(1)
          .map(({ name }) => name)
          .join('/')}`,
      );
    },
  };
}

/** Descriptors from the root to the object; the caller closes them. */
function walk(root: string, path: AbsPath, follow: boolean): Held[] {
  const held: Held[] = [{ fd: openSync(root, DIRECTORY), name: '' }];
  try {
    let pending = path.split('/').slice(1);
    for (let links = 0; pending.length > 0;) {
      const [name = '', ...rest] = pending;
      const target = step(held, name, rest.length === 0, follow);
      links += target === undefined ? 0 : 1;
      if (links > MAX_LINKS) {
        throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
      }
      pending = target === undefined ? rest : [...target.split('/'), ...rest];
      if (target?.startsWith('/') === true) {
        release(held.splice(1));
      }
    }
    return held;
  } catch (error) {
    release(held);
    throw error;
  }
}

/** Goes one component on, or gives the target of the link that stands there. */
function step(held: Held[], name: string, last: boolean, follow: boolean): string | undefined {
  if (name === '' || name === '.') {
    return undefined;
  }
  if (name === '..') {
    release(held.length > 1 ? held.splice(-1) : []);
    return undefined;
  }
  const at = `${fdPath(held.at(-1)?.fd ?? -1)}/${name}`;
  if ((!last || follow) && lstatSync(at).isSymbolicLink()) {
    return readlinkSync(at);
  }
  held.push({ fd: openSync(at, last ? OBJECT : DIRECTORY), name });
  return undefined;
}

function release(held: readonly Held[]): void {
  for (const { fd } of held) {
    closeSync(fd);
  }
}
