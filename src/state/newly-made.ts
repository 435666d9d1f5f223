import { type AbsPath, baseName, parentPath } from '../model/brand.ts';
import type { Sys } from '../model/sys.ts';
import { holding } from './held.ts';
import { LOCK } from './lock.ts';
import { attempt, errnoName, reasonOf } from './trouble.ts';

/** Folders a store makes on its way, so that a run that keeps nothing leaves none of them. */
export class NewlyMade {
  readonly #sys: Sys;
  /** The first one was made first. */
  readonly #made: AbsPath[] = [];
  readonly #locked = new Set<AbsPath>();

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /** Before `path`, and what is missing above it, is made. */
  note(path: AbsPath): void {
    const missing: AbsPath[] = [];
    for (let at = path; at !== '/' && !this.#isThere(at); at = parentPath(at)) {
      missing.unshift(at);
    }
    this.#made.push(...missing.filter((one) => !this.#made.includes(one)));
  }

  /** The lock in that folder is ours until the store is closed. */
  locked(folder: AbsPath): void {
    this.#locked.add(folder);
  }

  keepAll(): void {
    this.#made.length = 0;
  }

  /** While the locks are still held; the folder of the machine's own lock was made first and goes last. What holds something stays. */
  removeWhatIsEmpty(): void {
    for (const path of this.#made.splice(0).reverse()) {
      attempt(() => this.#remove(path));
    }
  }

  #remove(path: AbsPath): void {
    const sys = this.#sys;
    holding(sys, sys.openDirectory(parentPath(path)), (parent) => {
      const name = baseName(path);
      holding(sys, sys.openObject(parent, name), (folder) => {
        const content = sys.list(folder);
        if (this.#locked.has(path) && content.length === 1 && content[0] === LOCK) {
          sys.unlink(folder, LOCK);
        }
      });
      sys.removeDirectory(parent, name);
    });
  }

  /** What cannot be looked at is taken for there: it is not ours to remove. */
  #isThere(path: AbsPath): boolean {
    const sys = this.#sys;
    try {
      return holding(
        sys,
        sys.openDirectory(parentPath(path)),
        (parent) => sys.statAt(parent, baseName(path)) !== undefined,
      );
    } catch (error) {
      // Anything but a failed call is a mistake of ours, and is thrown again.
      reasonOf(error);
      return errnoName(error) !== 'ENOENT';
    }
  }
}
