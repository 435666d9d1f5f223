import type { Sys } from '../../src/model/sys.ts';
import { type Call, eachCall } from '../support/each-call.ts';

/** Numbers from 0, over all that was wrapped with the same counter. */
export interface Counter {
  readonly counted: ReadonlySet<Call>;
  calls: number;
  /** Throwing is the fault. */
  readonly before?: (number: number, call: Call) => void;
  readonly after?: (number: number, call: Call) => void;
}

export function counting(inner: Sys, counter: Counter): Sys {
  return eachCall(inner, ({ call, proceed }) => {
    if (!counter.counted.has(call)) {
      return proceed();
    }
    const number = counter.calls;
    counter.calls += 1;
    counter.before?.(number, call);
    const result = proceed();
    counter.after?.(number, call);
    return result;
  });
}
