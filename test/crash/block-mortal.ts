import { closeSync } from 'node:fs';
import type { Fd } from '../../src/model/sys.ts';
import { type Call, eachCall } from '../support/each-call.ts';
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
    eachCall(sys, ({ call, args, proceed }) => {
      if (MUTATING.has(call)) {
        dead ||= count === kill;
        count += 1;
      }
      if (dead) {
        throw new Killed();
      }
      const result = proceed();
      if (OPENING.has(call) && typeof result === 'number') {
        open.add(result);
      } else if (call === 'close' && typeof args[0] === 'number') {
        open.delete(args[0]);
      }
      return result;
    });
  return { wrapper, count: () => count, isDead: () => dead, bury: () => open.forEach((fd) => closeSync(fd)) };
}

const OPENING: ReadonlySet<Call> = new Set(['openDirectory', 'openObject', 'createFile', 'openFile'] as const);
