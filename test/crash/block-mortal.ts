import { closeSync } from 'node:fs';
import type { Fd, Sys } from '../../src/model/sys.ts';
import { Killed, MUTATING } from '../support/faulty-sys.ts';
import type { SysWrapper } from './block-host.ts';

export interface Mortal {
  readonly wrapper: SysWrapper;
  count(): number;
  isDead(): boolean;
  /** Gives back what the kernel takes from a dead process: its descriptors, and the locks with them. */
  bury(): void;
}

/** Calls of a process that is killed before its changing call number `kill`, counted from 0; for ever alive without it. */
export function mortal(kill = Number.POSITIVE_INFINITY): Mortal {
  const open = new Set<Fd>();
  let count = 0;
  let dead = false;
  const wrapper: SysWrapper = (sys) =>
    new Proxy(sys, {
      get: (target, key: keyof Sys) => {
        // Each member of Sys is a call; the type of a whole interface cannot be indexed by a name of one.
        const call = (target as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>)[key];
        return (...args: readonly unknown[]): unknown => {
          if (MUTATING.has(key)) {
            dead ||= count === kill;
            count += 1;
          }
          if (dead || call === undefined) {
            throw new Killed();
          }
          const result = call(...args);
          if (OPENING.has(key) && typeof result === 'number') {
            open.add(result);
          } else if (key === 'close' && typeof args[0] === 'number') {
            open.delete(args[0]);
          }
          return result;
        };
      },
    });
  return { wrapper, count: () => count, isDead: () => dead, bury: () => open.forEach((fd) => closeSync(fd)) };
}

const OPENING: ReadonlySet<keyof Sys> = new Set(['openDirectory', 'openObject', 'createFile', 'openFile'] as const);
