import { printableJson } from '../../render/printable.ts';
import type { CommandModule } from 'yargs';
import type { Since } from '../../app/since-apply.ts';
import { statusOf } from '../../app/status.ts';
import { EXIT, type ExitCode, HardenError } from '../../model/errors.ts';
import type { StatusAnswer } from '../../model/answers/host.ts';
import type { ContainersDown, HostStatus } from '../../model/status.ts';
import { statusText } from '../../render/status-text.ts';
import { changeableGround, groundFor } from '../compose.ts';
import { keptAt, withStore } from '../store-place.ts';
import type { Finish } from '../finish.ts';
import { moment } from '../keeping.ts';
import { formatOptions, stateOptions } from '../options.ts';
import { print } from '../output.ts';
import { commandPlace } from '../place.ts';
import { refuseUnrecovered } from '../recovered.ts';
import { readTerminal } from '../terminal.ts';
import { waiverStatus } from '../waiver-status.ts';
import { withWaivers } from '../waivers.ts';

interface StatusArguments {
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly ack: boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
}

const MOST_ALARMING: readonly ExitCode[] = [
  EXIT.needsAttention,
  EXIT.rolledBack,
  EXIT.planNotApplicable,
  EXIT.approvalNeeded,
  EXIT.locked,
];

export function statusCommand(finish: Finish) {
  return {
    command: 'status',
    describe:
      'what waits to be kept, carried out or made live, what has no end, which applies stand, what was undone, the last automatic revert',
    builder: (argv) =>
      stateOptions(formatOptions(argv))
        .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
        .option('ack', { type: 'boolean', default: false, describe: 'an automatic revert was seen: exit 0 again' }),
    handler: async (args) => {
      if (args.ack) {
        await acknowledge(args);
      }
      const waivers = await waiverStatus(groundFor({ root: args.root, from: undefined }));
      const { drift, notLive } = await sinceHere(args);
      const containers = args.root === undefined ? await containersHere(args) : undefined;
      const { scheduledStatus } = await import('../scheduled-status.ts');
      const status = {
        ...look(args),
        scheduled: scheduledStatus(args, new Date()),
        ...(drift.length === 0 ? {} : { drift }),
        ...(notLive.length === 0 ? {} : { notLive }),
        ...(containers === undefined ? {} : { containers }),
        ...(waivers === undefined ? {} : { waivers }),
      };
      await print(
        args.json || args.format === 'json'
          ? printableJson({ schema: 'urn:harden:status:1', schemaMinor: 0, ...status } satisfies StatusAnswer)
          : statusText(status, commandPlace(), readTerminal(false).out),
      );
      finish(statusExit(status));
    },
  } satisfies CommandModule<object, StatusArguments>;
}

/** The most alarming of what is found and of what nobody has said they saw. */
function statusExit({ reverts, drift, scheduled }: HostStatus): ExitCode {
  const ended = scheduled?.ended?.exit;
  const left = [...(reverts.length > 0 ? [EXIT.rolledBack] : []), ...(ended === undefined ? [] : [ended])];
  const worst = MOST_ALARMING.find((code) => left.includes(code));
  return worst ?? (left.length === 0 && drift === undefined ? EXIT.ok : EXIT.notAsItShouldBe);
}

function look(args: StatusArguments): HostStatus {
  const ground = groundFor({ root: args.root, from: undefined });
  const kept = keptAt({ root: args.root, stateDir: args['state-dir'] });
  const { monotonicMs } = moment(ground);
  return statusOf(
    {
      snapshots: kept?.list.snapshots ?? [],
      unfinished: kept?.unfinished ?? [],
      openRuns: kept?.openRuns ?? [],
      notes: kept?.notes ?? [],
    },
    { bootId: ground.host.identity().bootId, monotonicMs },
  );
}

/** A look at the host, for what the last apply set; the status goes on without it where the host or the site's files cannot be read. */
async function sinceHere(args: StatusArguments): Promise<Since> {
  const unknown = { drift: [], notLive: [] };
  const ground = groundFor({ root: args.root, from: undefined });
  const kept = keptAt({ root: args.root, stateDir: args['state-dir'] });
  if (kept === undefined || kept.openRuns.length > 0 || kept.unfinished.length > 0) {
    return unknown;
  }
  const { sinceOf } = await import('../../app/since-apply.ts');
  try {
    return await sinceOf(ground, kept.list.snapshots, (wish) =>
      withWaivers(ground, wish, { waivers: [], 'waiver-grace': undefined }),
    );
  } catch (error) {
    if (error instanceof HardenError) {
      return unknown;
    }
    throw error;
  }
}

/** What the last run left down and nobody has started; the engine is asked where a run left something down. */
async function containersHere(args: StatusArguments): Promise<ContainersDown | undefined> {
  const { containersLeft } = await import('../containers-left.ts');
  return containersLeft(args, async () => {
    const { gatherFacts } = await import('../../engine/facts/gather-facts.ts');
    return (await gatherFacts(groundFor({ root: args.root, from: undefined }).host)).engine.containers;
  });
}

async function acknowledge(args: StatusArguments): Promise<void> {
  const { acknowledge: acknowledgeLater } = await import('../scheduled-status.ts');
  return withStore(
    changeableGround(args.root),
    {
      root: args.root,
      stateDir: args['state-dir'],
      acceptVolatile: args['accept-volatile-state'],
      dryRun: false,
      recovered: (list) => refuseUnrecovered(list.filter(({ outcome }) => outcome !== 'waiting')),
    },
    (store) => {
      store.notes.removeAll();
      if (args.root === undefined) {
        acknowledgeLater(args);
      }
      return Promise.resolve();
    },
  );
}
