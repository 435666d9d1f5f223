import { type AbsPath, cleanPath } from '../../model/brand.ts';
import type { HostReader } from '../../model/host.ts';
import { type Observed, present, unreadable } from '../../model/state.ts';
import type { AssessContext } from '../resource-type.ts';
import type { OptionTarget } from './proposal.ts';
import { daemonStart, startWitness } from './daemon-start.ts';
import { type DaemonDocument, DOCUMENT_LIMIT, oversized, parseDocument } from './document.ts';
import { parseFlags } from './flags.ts';
import { startedWith } from './start-note.ts';
import type { OptionState } from './state.ts';
import { gatherSurroundings } from './surroundings.ts';

/** A daemon.json as found: where it really is, what it says, and when its content was written (decimal nanoseconds). */
export interface FoundFile {
  readonly file: AbsPath;
  readonly linkedFrom: AbsPath | undefined;
  readonly document: DaemonDocument;
  readonly bytes: Uint8Array | undefined;
  readonly writtenNs: string | undefined;
}

/** Reads everything one comparison needs. Never writes; what cannot be read is a reason, not a value. */
export async function observeOption(
  target: OptionTarget,
  context: AssessContext,
  host: HostReader,
): Promise<Observed<OptionState>> {
  const found = findFile(target.file, host);
  if (found.status !== 'present') {
    return found.status === 'absent' ? unreadable(`${target.file} could not be looked at`) : found;
  }
  const { file, linkedFrom, document, writtenNs } = found.value;
  const { facts, parameters } = context;
  const flags = parseFlags(facts.engine.argv);
  const values = [
    ...Object.values(parameters),
    flags.get(target.key)?.value ?? null,
    document.status === 'object' ? (document.value[target.key] ?? null) : null,
  ];
  const proxies =
    target.key === 'userland-proxy' && facts.engine.running ? host.processes(['docker-proxy'], []) : undefined;
  return present({
    file,
    linkedFrom,
    document,
    youngerThanDaemon: isYounger(writtenNs, daemonStart(facts, document, host)),
    startedWith: startedWith(startWitness(facts, document, host), file, host)?.settings,
    proxyRunning: proxies?.status === 'present' && proxies.value.length > 0,
    surroundings: await gatherSurroundings([target.key], values, facts, host),
  });
}

/** Follows links to the file that has to be written. `present` also where there is no file yet. */
export function findFile(configured: AbsPath, host: HostReader): Observed<FoundFile> {
  const real = host.realPath(configured);
  if (real.status === 'unreadable') {
    return real;
  }
  if (real.status === 'absent') {
    return host.stat(configured).status === 'present'
      ? unreadable(`${configured} is a link to nowhere`)
      : present({
          file: configured,
          linkedFrom: undefined,
          document: parseDocument(undefined),
          bytes: undefined,
          writtenNs: undefined,
        });
  }
  const file = real.value;
  const linkedFrom =
    host.stat(configured).status === 'present' && file !== cleanPath(configured) ? configured : undefined;
  const stat = host.stat(file);
  if (stat.status !== 'present') {
    return stat.status === 'absent' ? unreadable(`${file} went away while it was read`) : stat;
  }
  if (stat.value.type !== 'file') {
    return unreadable(`${file} is a ${stat.value.type}, not a file`);
  }
  const writtenNs = stat.value.mtimeNs;
  if (stat.value.size > DOCUMENT_LIMIT) {
    return present({ file, linkedFrom, document: oversized(), bytes: undefined, writtenNs });
  }
  const bytes = host.read(file, DOCUMENT_LIMIT);
  if (bytes.status !== 'present') {
    return bytes.status === 'absent' ? unreadable(`${file} went away while it was read`) : bytes;
  }
  return present({ file, linkedFrom, document: parseDocument(bytes.value), bytes: bytes.value, writtenNs });
}

/** A file that is not there cannot have changed since. */
export function isYounger(writtenNs: string | undefined, startNs: bigint | undefined): boolean | undefined {
  if (startNs === undefined) {
    return undefined;
  }
  return writtenNs === undefined ? false : BigInt(writtenNs) >= startNs;
}
