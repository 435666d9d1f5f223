import { printableJson } from '../../render/printable.ts';
import type { Argv, CommandModule } from 'yargs';
import { makePlan } from '../../app/make-plan.ts';
import type { Ground } from '../../app/ground.ts';
import type { WaiverContext } from '../../catalogue/waivers.ts';
import { DEFAULT_PROFILE } from '../../catalogue/profiles.ts';
import type { WaiverCheckAnswer, WaiversAnswer } from '../../model/answers/waivers.ts';
import { EXIT } from '../../model/errors.ts';
import { type WaiverStanding, daysLeft } from '../../model/waiver.ts';
import type { WaiverRow } from '../../render/waiver-text.ts';
import { groundFor, wishFor } from '../compose.ts';
import type { Finish } from '../finish.ts';
import { formatOptions, fromOption, waiverOptions } from '../options.ts';
import { print } from '../output.ts';
import { readTerminal } from '../terminal.ts';
import { type WaiverArguments, withWaivers } from '../waivers.ts';
import { addCommand, removeCommand } from './waiver-write.ts';

interface LookArguments extends WaiverArguments {
  readonly waivers: string[];
  readonly profile: string;
  readonly root: string | undefined;
  readonly from: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
}

export function waiverCommand(finish: Finish) {
  return {
    command: 'waiver',
    describe: 'what the site lives with: list | check | add | remove',
    builder: (argv: Argv) =>
      argv
        .command(listCommand())
        .command(checkCommand(finish))
        .command(addCommand())
        .command(removeCommand())
        .demandCommand(1, 'name one: list, check, add, remove'),
    handler: () => undefined,
  } satisfies CommandModule;
}

function looking<T>(argv: Argv<T>) {
  return waiverOptions(formatOptions(fromOption(argv)))
    .option('profile', {
      alias: 'p',
      type: 'string',
      requiresArg: true,
      default: DEFAULT_PROFILE,
      describe: 'whose numbers the waivers use',
    })
    .option('root', { type: 'string', requiresArg: true, describe: 'a folder taken as / (an image, a chroot)' })
    .conflicts('root', 'from');
}

function listCommand() {
  return {
    command: 'list',
    describe: 'all waivers, each with its end',
    builder: (argv) => looking(argv),
    handler: async (args) => {
      const { ground, wish } = await lookedAt(args);
      const { standings } = await makePlan(ground, wish);
      const { benchmark } = wish.selection.profile;
      const rows = standings.map((standing) => rowOf(standing, ground, benchmark));
      const { waiverListText } = await import('../../render/waiver-text.ts');
      const { hostname } = ground.host.identity();
      await print(
        isJson(args)
          ? json({
              schema: 'urn:harden:waivers:1',
              schemaMinor: 0,
              host: hostname,
              waivers: rows,
            } satisfies WaiversAnswer)
          : waiverListText(rows, hostname, readTerminal(false).out),
      );
    },
  } satisfies CommandModule<object, LookArguments>;
}

function checkCommand(finish: Finish) {
  return {
    command: 'check',
    describe: 'every mistake, and what is over, not needed, or ends soon; exit 2 where there is any',
    builder: (argv) => looking(argv),
    handler: async (args) => {
      const { ground, wish } = await lookedAt(args);
      const { plan, standings } = await makePlan(ground, wish);
      const { reviewWaivers } = await import('../../plan/waiver-review.ts');
      const remarks = reviewWaivers(standings, plan).map(({ waiver, kind, text }) => ({
        id: waiver.id,
        place: `${waiver.file}:${waiver.line}`,
        kind,
        text,
      }));
      const { waiverCheckText } = await import('../../render/waiver-text.ts');
      await print(
        isJson(args)
          ? json({
              schema: 'urn:harden:waiver-check:1',
              schemaMinor: 0,
              waivers: standings.length,
              remarks,
            } satisfies WaiverCheckAnswer)
          : waiverCheckText(standings.length, remarks, readTerminal(false).out),
      );
      finish(remarks.length > 0 ? EXIT.notAsItShouldBe : EXIT.ok);
    },
  } satisfies CommandModule<object, LookArguments>;
}

async function lookedAt(args: LookArguments) {
  const ground = groundFor({ root: args.root, from: args.from });
  const whole = wishFor(ground, { profile: args.profile, control: [], exclude: [] }, 0);
  return { ground, wish: await withWaivers(ground, whole, args) };
}

function rowOf(
  { waiver, state }: WaiverStanding,
  { catalogue, now }: Ground,
  benchmark: WaiverContext['benchmark'],
): WaiverRow {
  const [only, second] = catalogue.remediations.filter(({ control }) => waiver.controls.includes(control));
  const one = only === undefined || second !== undefined ? undefined : only;
  return {
    id: waiver.id,
    what:
      one === undefined
        ? `${waiver.control} (${waiver.controls.length} controls)`
        : `${one.references[benchmark] ?? one.control} ${one.title}`,
    hosts: waiver.hosts,
    reason: waiver.reason,
    owner: waiver.owner,
    until: waiver.until,
    daysLeft: daysLeft(waiver.until, now().toISOString()),
    state: state.type,
    place: `${waiver.file}:${waiver.line}`,
  };
}

function isJson({ json: asJson, format }: LookArguments): boolean {
  return asJson || format === 'json';
}

function json(value: unknown): string {
  return printableJson(value);
}
