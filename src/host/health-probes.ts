import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AbsPath } from '../model/brand.ts';
import type { CommandOutcome } from '../model/host.ts';
import type { HealthProbe, HealthProbes } from '../model/health.ts';
import { errnoOf } from './errno.ts';
import { runProgram, runTool } from './run-tool.ts';
import { distrusted } from './tools.ts';

/** docker-proxy takes any connection, and closes it at once where nobody listens behind it. */
const STAYS_OPEN_MS = 150;
const MAX_COMPLAINTS = 3;
const MAX_LINE = 300;

/** Of this machine. */
export function healthProbes(): HealthProbes {
  return { ask, addresses, complaints };
}

function ask(probe: HealthProbe, timeoutMs: number): Promise<string | undefined> {
  switch (probe.type) {
    case 'tcp':
      return accepts(probe.host, probe.port, timeoutMs);
    case 'http':
      return answers(probe.url, probe.status, timeoutMs);
    case 'command':
      return endsWell(probe.argv, timeoutMs);
  }
}

function accepts(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | undefined): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(reason);
    };
    const limit = setTimeout(() => end(`no connection within ${timeoutMs / 1000} s`), timeoutMs);
    socket.on('connect', () => {
      setTimeout(() => end(undefined), STAYS_OPEN_MS);
      // Without a reader the end of the other side is not seen.
      socket.resume();
    });
    socket.on('end', () => end('the connection was closed at once'));
    socket.on('error', (error) => end(connectionWords(error)));
  });
}

function connectionWords(error: unknown): string {
  const code = errnoOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'not reachable';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name is not known';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was closed at once';
    default:
      return error instanceof Error && error.message !== '' ? error.message : code;
  }
}

function answers(url: string, status: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const get = url.startsWith('https:') ? httpsGet : httpGet;
    try {
      const asked = get(url, { signal, agent: false }, (response) => {
        const got = response.statusCode ?? 0;
        response.destroy();
        resolve(got === status ? undefined : `answered with status ${got}, not ${status}`);
      });
      asked.on('error', (error) =>
        resolve(signal.aborted ? `no answer within ${timeoutMs / 1000} s` : connectionWords(error)),
      );
    } catch (error) {
      resolve(connectionWords(error));
    }
  });
}

async function endsWell(argv: readonly [AbsPath, ...string[]], timeoutMs: number): Promise<string | undefined> {
  const [program, ...args] = argv;
  // Looked at again each time: between two attempts a package may have been installed.
  return distrusted(program) ?? failure(await runProgram(program, args, timeoutMs));
}

function failure(outcome: CommandOutcome): string | undefined {
  switch (outcome.type) {
    case 'exited':
      return outcome.code === 0 ? undefined : `ended with ${outcome.code}${lastLine(outcome)}`;
    case 'killed':
      return `was ended by ${outcome.signal}${lastLine(outcome)}`;
    case 'timed-out':
      return `did not end within ${outcome.afterMs / 1000} s`;
    case 'not-found':
      return 'is not there';
    case 'not-started':
      return outcome.reason;
  }
}

function lastLine({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  const line = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : `: ${line.slice(0, MAX_LINE)}`;
}

function addresses(): { readonly v4: readonly string[]; readonly v6: readonly string[] } {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const of = (family: string): readonly string[] =>
    all
      .filter((one) => one.family === family && !one.internal && !/^(fe80:|169\.254\.)/i.test(one.address))
      .map((one) => one.address);
  return { v4: of('IPv4'), v6: of('IPv6') };
}

async function complaints(unit: string, since: Date): Promise<readonly string[]> {
  const from = `@${Math.floor(since.getTime() / 1000)}`;
  const outcome = await runTool('journalctl', [
    '-u',
    unit,
    '--since',
    from,
    '-n',
    '200',
    '-o',
    'cat',
    '--no-pager',
    '-q',
  ]);
  return outcome.type === 'exited' && outcome.code === 0 ? complaintsIn(outcome.stdout) : [];
}

/** The last different lines that tell of a failure, without the daemon's time stamps. */
export function complaintsIn(log: string): readonly string[] {
  const lines = log
    .split('\n')
    .filter((line) => /level=(fatal|panic|error)\b|\bunable to\b|\bfailed to start daemon|^panic:/i.test(line));
  // What ends a daemon counts for more than what it only complained of.
  const fatal = lines.filter((line) => !/level=error\b/.test(line));
  return [...new Set((fatal.length > 0 ? fatal : lines).map(message))].slice(-MAX_COMPLAINTS);
}

function message(line: string): string {
  const [, quoted] = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  return (quoted?.replaceAll(/\\(["\\])/g, '$1') ?? line).trim().slice(0, MAX_LINE);
}
