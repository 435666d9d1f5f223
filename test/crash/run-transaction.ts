import { MUTATING } from '../support/faulty-sys.ts';
import { type Counter, counting } from './counted.ts';
import { openReal } from './real-world.ts';
import { type Work, doWork } from './work.ts';

/*
 * One real run on a planted host, in a process of its own: node run-transaction.ts WISH, a JSON. Says its end as one line of JSON, unless
 * it does not live to say it.
 */

/** What ends the process, at which call that changes something. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly by: 'SIGKILL' | 'throw' | 'memory';
}

export interface Wish {
  readonly folder: string;
  readonly work: Work;
  readonly death?: Death;
}

export interface Said {
  readonly outcome: string;
  /** Calls that change something. */
  readonly calls: number;
}

// The one who starts this program is the only one who writes its argument.
main(JSON.parse(process.argv[2] ?? '') as Wish);

function main(wish: Wish): void {
  const counter = counterFor(wish.death);
  const store = openReal(wish.folder, (sys) => counting(sys, counter));
  const outcome = doWork(store, wish.work);
  const said: Said = { outcome, calls: counter.calls };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

function counterFor(death: Death | undefined): Counter {
  const die = (number: number): void => {
    if (number === death?.at) {
      endBy(death.by);
    }
  };
  const when = death?.when ?? 'before';
  return { counted: MUTATING, calls: 0, ...(when === 'before' ? { before: die } : { after: die }) };
}

function endBy(by: Death['by']): void {
  switch (by) {
    case 'SIGKILL':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'throw':
      throw new Error('a mistake in the program');
    case 'memory': {
      const kept: number[][] = [];
      for (;;) {
        kept.push(new Array<number>(1_000_000).fill(kept.length));
      }
    }
  }
}
