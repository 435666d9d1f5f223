import type { AbsPath } from '../../model/brand.ts';
import { type JsonObject } from '../../model/canonical.ts';
import type { HealthProbes } from '../../model/health.ts';
import type { HostReader } from '../../model/host.ts';
import type { Trouble } from '../../model/transaction.ts';
import { isJsonList, isJsonObject, listMember, textMember } from '../facts/reading.ts';
import { untilNone } from './waiting.ts';

/** A published port, as the Engine API lists it. `address` is what it listens on. */
export interface PublishedPort {
  readonly container: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

/** A port that took a connection, and the address it took it at. */
export interface AcceptingPort extends PublishedPort {
  readonly at: string;
}

const CONNECT_MS = 2_000;
/** More than this is not tried on each address. */
const MAX_ADDRESSES = 3;

/** Published ports of running containers; undefined where the engine does not tell. */
export async function publishedPorts(host: HostReader, socket: AbsPath): Promise<readonly PublishedPort[] | undefined> {
  const list = await host.docker(socket, '/containers/json');
  if (list.type !== 'answered' || list.status !== 200 || !isJsonList(list.body)) {
    return undefined;
  }
  return list.body
    .filter(isJsonObject)
    .flatMap((container) => listMember(container, 'Ports').filter(isJsonObject).flatMap(portOf(container)));
}

function portOf(container: JsonObject): (port: JsonObject) => readonly PublishedPort[] {
  const [first] = listMember(container, 'Names');
  const name = typeof first === 'string' ? first.replace(/^\//, '') : '';
  return (port) =>
    typeof port['PublicPort'] === 'number'
      ? [
          {
            container: name,
            address: textMember(port, 'IP') ?? '',
            port: port['PublicPort'],
            protocol: textMember(port, 'Type') ?? '',
          },
        ]
      : [];
}

/** Those of the TCP ports that take a connection now, each at the first address that does: one others use, else loopback. */
export async function acceptingPorts(
  ports: readonly PublishedPort[],
  probes: HealthProbes,
): Promise<readonly AcceptingPort[]> {
  const tcp = ports.filter(({ protocol }) => protocol === 'tcp');
  const tried = await Promise.all(tcp.map((port) => firstAccepting(port, probes)));
  return tried.flatMap((one) => one ?? []);
}

async function firstAccepting(port: PublishedPort, probes: HealthProbes): Promise<AcceptingPort | undefined> {
  for (const at of addressesFor(port, probes)) {
    if ((await probes.ask({ type: 'tcp', host: at, port: port.port }, CONNECT_MS)) === undefined) {
      return { ...port, at };
    }
  }
  return undefined;
}

function addressesFor({ address }: PublishedPort, probes: HealthProbes): readonly string[] {
  const { v4, v6 } = probes.addresses();
  switch (address) {
    case '':
    case '0.0.0.0':
      return [...v4.slice(0, MAX_ADDRESSES), '127.0.0.1'];
    case '::':
      return [...v6.slice(0, MAX_ADDRESSES), '::1'];
    default:
      return [address];
  }
}

/** Without the userland proxy, what came in over loopback or IPv6 may not any more; the plan says so. */
export function needsProxy({ at }: AcceptingPort): boolean {
  return at.includes(':') || at.startsWith('127.');
}

/** Every port takes connections again where it took them before. */
export async function judgePorts(
  before: readonly AcceptingPort[],
  probes: HealthProbes,
  limitMs: number,
  stop: () => boolean,
): Promise<readonly Trouble[]> {
  return untilNone(
    async () => {
      const tried = await Promise.all(
        before.map(async (port) => ({
          port,
          reason: await probes.ask({ type: 'tcp', host: port.at, port: port.port }, CONNECT_MS),
        })),
      );
      return tried.flatMap(({ port, reason }) =>
        reason === undefined
          ? []
          : [
              {
                what: `port ${port.port} of ${port.container}`,
                reason: `${reason} (at ${port.at}); it took connections before`,
              },
            ],
      );
    },
    limitMs,
    stop,
  );
}

/** What of the published ports nobody tries. */
export function notTried(ports: readonly PublishedPort[]): readonly string[] {
  const other = ports.filter(({ protocol }) => protocol !== 'tcp');
  const words = other.map(
    ({ container, port, protocol }) => `port ${port}/${protocol} of ${container}: only TCP is tried`,
  );
  return [...new Set(words)];
}
