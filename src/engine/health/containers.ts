import type { AbsPath } from '../../model/brand.ts';
import { type Json, type JsonObject, byCodeUnit } from '../../model/canonical.ts';
import type { HostReader } from '../../model/host.ts';
import type { Trouble } from '../../model/transaction.ts';
import { isJsonList, isJsonObject, objectMember, textMember } from '../facts/reading.ts';
import { untilNone } from './waiting.ts';

/** How one container fares. `health` is the word of its own health check; undefined where it has none. */
export interface ContainerHealth {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly restarting: boolean;
  readonly health: string | undefined;
  readonly startedAt: string;
  /** The engine starts it again whenever it starts itself. */
  readonly comesBack: boolean;
}

/** All containers that run; undefined where the engine does not answer, for one of them either. One that went meanwhile runs no more. */
export async function containersNow(
  host: HostReader,
  socket: AbsPath,
): Promise<readonly ContainerHealth[] | undefined> {
  const list = await host.docker(socket, '/containers/json');
  if (list.type !== 'answered' || list.status !== 200 || !isJsonList(list.body)) {
    return undefined;
  }
  const ids = list.body.filter(isJsonObject).flatMap((one) => textMember(one, 'Id') ?? []);
  const all = await Promise.all(ids.map((id) => host.docker(socket, `/containers/${id}/json`)));
  if (all.some((one) => one.type !== 'answered' || (one.status !== 200 && one.status !== 404))) {
    return undefined;
  }
  return all
    .flatMap((one) => (one.type === 'answered' && one.status === 200 ? containerOf(one.body) : []))
    .toSorted((a, b) => byCodeUnit(a.name, b.name));
}

function containerOf(body: Json): readonly ContainerHealth[] {
  if (!isJsonObject(body)) {
    return [];
  }
  const state = objectMember(body, 'State');
  return [
    {
      id: textMember(body, 'Id') ?? '',
      name: (textMember(body, 'Name') ?? '').replace(/^\//, ''),
      running: state['Running'] === true || state['Restarting'] === true,
      restarting: state['Restarting'] === true,
      health: textMember(objectMember(state, 'Health'), 'Status'),
      startedAt: textMember(state, 'StartedAt') ?? '',
      comesBack: ['always', 'unless-stopped'].includes(policyOf(body)),
    },
  ];
}

function policyOf(body: JsonObject): string {
  return textMember(objectMember(objectMember(body, 'HostConfig'), 'RestartPolicy'), 'Name') ?? '';
}

/** What `comeBack` found: troubles, what it could not decide, and how the containers were when it was done. */
export interface CameBack {
  readonly troubles: readonly Trouble[];
  readonly undecided: readonly string[];
  readonly now: readonly ContainerHealth[];
}

type Look = () => Promise<readonly ContainerHealth[] | undefined>;

/** Every container that ran runs, and is not restarting or unhealthy where it was not. Waits for those still on their way. */
export async function comeBack(
  before: readonly ContainerHealth[],
  look: Look,
  limitMs: number,
  stop: () => boolean,
): Promise<CameBack> {
  let now: readonly ContainerHealth[] = [];
  const left = await untilNone(
    async () => {
      now = (await look()) ?? [];
      return before.flatMap((one) => badTurn(one, same(one, now)) ?? []);
    },
    limitMs,
    stop,
  );
  const waits = ({ reason }: Trouble): boolean => reason === UNDECIDED;
  return {
    troubles: left.filter((one) => !waits(one)),
    undecided: left.filter(waits).map(({ what }) => `${what}: ${UNDECIDED}`),
    now,
  };
}

/**
 * Containers that were up a moment ago and were started again since, or are not up any more: they fall again and again. Undefined where
 * the engine, which answered a moment ago, told nothing in several tries.
 */
export async function fallAgain(
  before: readonly ContainerHealth[],
  moment: readonly ContainerHealth[],
  look: Look,
): Promise<readonly Trouble[] | undefined> {
  const now = await lookAgain(look);
  if (now === undefined) {
    return undefined;
  }
  return before
    .filter(({ restarting }) => !restarting)
    .flatMap((one) => {
      const first = same(one, moment);
      const last = same(one, now);
      const fell = last === undefined || last.restarting || last.startedAt !== first?.startedAt;
      return first !== undefined && fell ? [troubleOf(one, FALLS)] : [];
    });
}

const UNDECIDED = 'its own health check has not decided yet';
const FALLS = 'ends and is restarted again and again, which it was not before';

/** What several tries got of the engine; undefined where it told nothing. */
export async function lookAgain<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  let now = await look();
  for (let again = 0; now === undefined && again < LOOKS_AGAIN; again += 1) {
    now = await look();
  }
  return now;
}

/** Each waits for the engine as long as a question may take. */
const LOOKS_AGAIN = 3;

function badTurn(before: ContainerHealth, now: ContainerHealth | undefined): Trouble | undefined {
  if (now?.running !== true) {
    return before.running ? troubleOf(before, 'ran before and does not run now') : undefined;
  }
  if (now.restarting && !before.restarting) {
    return troubleOf(before, FALLS);
  }
  if (now.health === 'unhealthy' && before.health !== 'unhealthy') {
    return troubleOf(before, 'its own health check fails, which it did not before');
  }
  return now.health === 'starting' && before.health === 'healthy' ? troubleOf(before, UNDECIDED) : undefined;
}

function troubleOf({ name }: ContainerHealth, reason: string): Trouble {
  return { what: `container ${name}`, reason };
}

function same(one: ContainerHealth, all: readonly ContainerHealth[] | undefined): ContainerHealth | undefined {
  return all?.find(({ id }) => id === one.id);
}
