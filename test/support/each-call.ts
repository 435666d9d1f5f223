import type { Sys } from '../../src/model/sys.ts';

export type Call = keyof Sys;

/** One call on its way: `proceed` makes it, as often as it is asked to. */
export interface CallMade {
  readonly call: Call;
  readonly args: readonly unknown[];
  readonly proceed: () => unknown;
}

/** `inner`, but each call of it is what `around` makes of it. */
export function eachCall(inner: Sys, around: (made: CallMade) => unknown): Sys {
  return new Proxy(inner, {
    get: (target, call: Call) => {
      const made: unknown = Reflect.get(target, call);
      if (typeof made !== 'function') {
        throw new Error(`no call ${call}`);
      }
      return (...args: readonly unknown[]): unknown =>
        around({ call, args, proceed: (): unknown => Reflect.apply(made, target, args) });
    },
  });
}
