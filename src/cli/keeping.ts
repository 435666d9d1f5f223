import type { Ground } from '../app/ground.ts';
import { clockName } from '../app/revert-timer.ts';
import { ownProgram } from '../host/own-program.ts';
import { monotonicMs } from '../host/monotonic.ts';
import { revertClocks } from '../host/revert-clocks.ts';
import { type AbsPath, absPath } from '../model/brand.ts';
import { PLACE_OPTIONS, placeArguments } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Moment } from '../model/revert.ts';
import type { RevertClocks } from '../model/revert-clock.ts';
import type { Sys } from '../model/sys.ts';
import type { Recovered } from '../model/transaction.ts';
import { layBootNet, removeBootNet } from '../state/boot-net.ts';
import type { Store } from '../state/store.ts';
import { tell } from './output.ts';

/** Which state folder a later start of this program must find. */
export interface StateArguments {
  readonly stateDir: string | undefined;
  readonly acceptVolatile: boolean;
}

/** Now, for people and for clocks. */
export function moment(ground: Pick<Ground, 'now'>): Moment {
  return { iso: ground.now().toISOString(), monotonicMs: monotonicMs() };
}

/** What starts this program again when a time is up; it finds the same state folder. */
export function clocksFor(place: StateArguments): RevertClocks {
  return revertClocks(ownProgram(), argumentsOf(place));
}

/** The unit that lets the next boot end what a run leaves; it is there while a run is at work or waits. */
export interface Net {
  /** Of runs that were ended just now; a clock that is missed finds nothing to do. */
  stopClocks(ended: readonly Recovered[]): Promise<void>;
  /** The store, with the net laid before anything begins. */
  under(store: Store): Store;
  /** As long as something has no end, the net stays. */
  takeAway(store: Store): void;
}

const NO_NET: Net = { stopClocks: () => Promise.resolve(), under: (store) => store, takeAway: () => undefined };

export function bootNet(
  ground: Pick<Ground, 'host'>,
  place: StateArguments & { readonly root: string | undefined; readonly dryRun: boolean },
  { sys, stateDir }: { readonly sys: Sys; readonly stateDir: AbsPath },
): Net {
  const systemd = ground.host.stat(absPath('/run/systemd/system')).status === 'present';
  if (place.root !== undefined || place.dryRun || !systemd) {
    return NO_NET;
  }
  const targets = { sys, trust: 'strict' } as const;
  const lay = (): void => {
    const why = layBootNet(targets, { program: ownProgram(), stateDir, where: argumentsOf(place) });
    if (why !== undefined) {
      tell(
        `harden: if the machine stops during this run, the boot does not take it back, the next harden does: ${why}\n`,
      );
    }
  };
  return {
    stopClocks: async (ended) => {
      for (const { id } of ended.filter(({ outcome }) => outcome === 'undone' || outcome === 'committed')) {
        await clocksFor(place).of('systemd').disarm(clockName(id, '*'));
      }
    },
    under: (store) => ({
      ...store,
      begin: (spec) => {
        lay();
        return store.begin(spec);
      },
    }),
    takeAway: (store) => {
      try {
        const why = store.snapshots.unfinished().length === 0 ? removeBootNet(targets, argumentsOf(place)) : undefined;
        tell(why === undefined ? '' : `harden: harden-recover.service stays in /etc/systemd/system: ${why}\n`);
      } catch (error) {
        // How the run ended is worth more than this; the next run tries again.
        tell(`harden: harden-recover.service was not looked for: ${error instanceof Error ? error.message : ''}\n`);
      }
    },
  };
}

export function waitsToBeKept(id: string): HardenError {
  return new HardenError({
    code: 'H6020',
    exit: EXIT.locked,
    message: `the changes of run ${id} are taken back unless somebody keeps them, so nothing else is begun. Nothing was changed.`,
    hint: `To keep them: harden confirm ${id}; to take them back now: harden rollback ${id}`,
  });
}

/** A clock and the boot take back what was done to this machine, never to a folder. */
export function argumentsOf({ stateDir, acceptVolatile }: StateArguments): readonly string[] {
  return placeArguments({ stateDir, acceptVolatile }, PLACE_OPTIONS.recover);
}
