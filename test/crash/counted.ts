import type { Sys } from '../../src/model/sys.ts';

type Call = keyof Sys;

/** Numbers from 0, over all that was wrapped with the same counter. */
export interface Counter {
  readonly counted: ReadonlySet<Call>;
  calls: number;
  /** Throwing is the fault. */
  readonly before?: (number: number, call: Call) => void;
  readonly after?: (number: number, call: Call) => void;
}

export function counting(inner: Sys, counter: Counter): Sys {
  return new Proxy(inner, {
    get: (target, key: Call) => {
      // Each member of Sys is a call; the type of a whole interface cannot be indexed by a name of one.
      const call = (target as unknown as Readonly<Record<string, AnyCall>>)[key];
      if (call === undefined || !counter.counted.has(key)) {
        return call;
      }
      return (...args: readonly unknown[]): unknown => {
        const number = counter.calls;
        counter.calls += 1;
        counter.before?.(number, key);
        const result = call(...args);
        counter.after?.(number, key);
        return result;
      };
    },
  });
}

/** Any call of Sys; none of them needs a `this`. */
type AnyCall = (...args: readonly unknown[]) => unknown;
