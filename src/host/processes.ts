import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { type AbsPath, cleanPath } from '../model/brand.ts';
import type { ProcessInfo } from '../model/host.ts';
import { type Observed, absent, present, unreadable } from '../model/state.ts';
import { errnoOf, wordsFor } from './errno.ts';
import { pidNumbers } from './identity.ts';

/** The kernel keeps this much of a process name. */
const COMM_LENGTH = 15;

interface Wanted {
  readonly names: ReadonlySet<string>;
  /** The names as the kernel cuts them. */
  readonly comms: ReadonlySet<string>;
  readonly environment: readonly string[];
  /** Device and inode of our own root directory. */
  readonly root: string;
}

/** See HostReader.processes. Zombies are left out; sorted by pid. */
export function readProcesses(
  names: readonly string[],
  environment: readonly string[],
): Observed<readonly ProcessInfo[]> {
  try {
    const pids = readdirSync('/proc').filter((name) => /^[1-9]\d*$/.test(name));
    // The first process is always there to be seen, unless /proc is not mounted or hides other people's processes.
    if (!pids.includes('1')) {
      return unreadable(pids.length === 0 ? '/proc is not mounted' : '/proc hides the processes of other users');
    }
    const comms = new Set(names.map(cut));
    const wanted: Wanted = { names: new Set(names), comms, environment, root: identityOf('/') };
    return present(
      pids
        .map(Number)
        .sort((a, b) => a - b)
        .flatMap((pid) => examine(pid, wanted) ?? []),
    );
  } catch (error) {
    return unreadable(`/proc: ${wordsFor(error)}`);
  }
}

function cut(name: string): string {
  return Buffer.from(name).subarray(0, COMM_LENGTH).toString();
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** Undefined for a process that was not asked for, runs elsewhere, or is gone meanwhile. */
function examine(pid: number, wanted: Wanted): ProcessInfo | undefined {
  const directory = `/proc/${pid}`;
  try {
    const comm = readFileSync(`${directory}/comm`, 'utf8').replace(/\n$/, '');
    return wanted.comms.has(comm) && sharesRoot(directory, wanted.root) ? describe(pid, comm, wanted) : undefined;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error))) {
      return undefined;
    }
    throw error;
  }
}

function describe(pid: number, comm: string, wanted: Wanted): ProcessInfo | undefined {
  const directory = `/proc/${pid}`;
  const { state, startTicks } = parseStat(readFileSync(`${directory}/stat`, 'utf8'));
  if (state === 'Z' || state === 'X') {
    return undefined;
  }
  const argv = splitNul(readFileSync(`${directory}/cmdline`, 'utf8'));
  const exe = exeOf(directory);
  const name = fullName(comm, argv[0], exe);
  return wanted.names.has(name)
    ? {
        pid,
        name,
        exe,
        argv,
        uid: uidOf(directory),
        startTicks,
        environment: environmentOf(directory, wanted.environment),
      }
    : undefined;
}

/** A name as long as the kernel keeps may be a longer one: the command line or the program's file tells. */
function fullName(comm: string, argv0: string | undefined, exe: Observed<AbsPath>): string {
  const candidates = [argv0, exe.status === 'present' ? exe.value : undefined].map((path) => path?.split('/').at(-1));
  const longer = candidates.find((base) => base !== undefined && base.length > COMM_LENGTH && cut(base) === comm);
  return longer ?? comm;
}

/**
 * True where the process has our root directory. Without the right to look, a process counts as ours where it is not
 * in a pid namespace of its own: a container's processes have one number more than ours.
 */
function sharesRoot(directory: string, root: string): boolean {
  try {
    return identityOf(`${directory}/root/.`) === root;
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errnoOf(error))) {
      throw error;
    }
    return pidNumbers(statusOf(directory)) === pidNumbers(statusOf('/proc/self'));
  }
}

/** Fields three and twenty-two of /proc/PID/stat; the name before them may hold blanks and parentheses. */
function parseStat(text: string): { readonly state: string; readonly startTicks: string } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

function statusOf(directory: string): string {
  return readFileSync(`${directory}/status`, 'utf8');
}

/** A replaced program still runs from its old file: the path is the same without the kernel's remark. */
function exeOf(directory: string): Observed<AbsPath> {
  try {
    const path = cleanPath(readlinkSync(`${directory}/exe`).replace(/ \(deleted\)$/, ''));
    return path === undefined ? unreadable('the program lies outside this root') : present(path);
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? absent : unreadable(`program of the process: ${wordsFor(error)}`);
  }
}

function uidOf(directory: string): number {
  const ids = /^Uid:\s+\d+\s+(\d+)/m.exec(statusOf(directory));
  return Number(ids?.[1] ?? statSync(directory).uid);
}

function environmentOf(directory: string, names: readonly string[]): Readonly<Record<string, string>> {
  if (names.length === 0) {
    return {};
  }
  try {
    const entries = splitNul(readFileSync(`${directory}/environ`, 'utf8')).map((entry): [string, string] => {
      const cutAt = entry.indexOf('=');
      return [entry.slice(0, cutAt), entry.slice(cutAt + 1)];
    });
    return Object.fromEntries(entries.filter(([name]) => names.includes(name)));
  } catch {
    // Only the same user or root may look.
    return {};
  }
}

function splitNul(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}
