import type { Sys } from '../../src/model/sys.ts';
import { type Call, eachCall } from './each-call.ts';

/** Ends the process that makes the call: nothing may catch it. */
export class Killed extends Error {}

/** Calls that change something on the disk, in the kernel or in what of it is durable. */
export const MUTATING: ReadonlySet<Call> = new Set<Call>([
  ...(['createFile', 'write', 'truncate', 'sync', 'chmod', 'chown', 'copyMetadata', 'rename', 'link'] as const),
  ...(['unlink', 'makeDirectory', 'removeDirectory', 'move', 'run'] as const),
]);

/** Any other call that can fail on a real host. */
export const READING: ReadonlySet<Call> = new Set<Call>([
  ...(['openDirectory', 'openObject', 'openFile', 'read', 'stat', 'statAt', 'list', 'extendedMetadata'] as const),
]);

export interface Fault {
  /** Which calls are counted. */
  readonly counted: ReadonlySet<Call>;
  /** Said before each counted call, with its number from 0: returning lets it through, throwing is the fault. */
  readonly before: (number: number, call: Call) => void;
}

export interface Counted {
  readonly sys: Sys;
  count(): number;
  calls(): readonly Call[];
}

export function faultySys(inner: Sys, fault: Fault): Counted {
  const calls: Call[] = [];
  let dead = false;
  const sys = eachCall(inner, ({ call, proceed }) => {
    if (dead) {
      throw new Killed();
    }
    if (fault.counted.has(call)) {
      calls.push(call);
      try {
        fault.before(calls.length - 1, call);
      } catch (error) {
        dead ||= error instanceof Killed;
        throw error;
      }
    }
    return proceed();
  });
  return { sys, count: () => calls.length, calls: () => calls };
}

export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
