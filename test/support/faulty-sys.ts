import type { Sys } from '../../src/model/sys.ts';

/** Ends the process that makes the call: nothing may catch it. */
export class Killed extends Error {}

type Call = keyof Sys;

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
  const sys = new Proxy(inner, {
    get: (target, key: Call) => {
      // Each member of Sys is a call; the type of a whole interface cannot be indexed by a name of one.
      const call = (target as unknown as Readonly<Record<string, AnyCall>>)[key];
      if (call === undefined) {
        throw new Error(`no call ${key}`);
      }
      return (...args: readonly unknown[]): unknown => {
        if (dead) {
          throw new Killed();
        }
        if (fault.counted.has(key)) {
          calls.push(key);
          try {
            fault.before(calls.length - 1, key);
          } catch (error) {
            dead ||= error instanceof Killed;
            throw error;
          }
        }
        return call(...args);
      };
    },
  });
  return { sys, count: () => calls.length, calls: () => calls };
}

export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** Any call of Sys; none of them needs a `this`. */
type AnyCall = (...args: readonly unknown[]) => unknown;
