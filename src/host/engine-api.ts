import { Agent, type IncomingMessage, request } from 'node:http';
import type { AbsPath } from '../model/brand.ts';
import type { Json } from '../model/canonical.ts';
import type { ApiOutcome } from '../model/host.ts';
import { nestsDeeper } from '../model/json-depth.ts';
import { errnoOf } from './errno.ts';
import { noted } from './internals.ts';

const LIMIT_MS = 5000;
const MAX_BODY = 16 * 1024 * 1024;

type Unreachable = Extract<ApiOutcome, { type: 'unreachable' }>;
type Get = (socket: AbsPath, path: string) => Promise<ApiOutcome>;

/** GET over unix sockets with connections kept for the next question. Idle ones do not keep the process alive. */
export function engineApi(): Get {
  // A name for TLS is not needed; given none, Node looks whether the host header is an IPv6 address, which takes 3 ms the first time.
  const options = { keepAlive: true, maxSockets: 4, servername: '' };
  const agent = new Agent(options);
  return async (socket, path) => {
    const ends = noted(() => `GET ${path} at ${socket}`);
    const outcome = await get(agent, socket, path);
    ends(outcome.type === 'answered' ? `answered ${outcome.status}` : outcome.reason);
    return outcome;
  };
}

function get(agent: Agent, socket: AbsPath, path: string): Promise<ApiOutcome> {
  return new Promise((resolve) => {
    // One limit for everything: the wait for a free connection, connecting, the first byte, the last.
    const limit = AbortSignal.timeout(LIMIT_MS);
    const attempt = (connection: Agent | false): void => {
      const failed = (error: unknown): void => resolve(unreachable(socket, limit.aborted, error));
      try {
        const options = { agent: connection, socketPath: socket, path, headers: { host: 'docker' }, signal: limit };
        const asked = request(options);
        asked.on('response', (response) => void answered(response).then(resolve, failed));
        asked.on('error', (error) => {
          // The daemon closed a kept connection before it was used again: ask on a new one.
          if (asked.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(errnoOf(error))) {
            attempt(false);
          } else {
            failed(error);
          }
        });
        asked.end();
      } catch (error) {
        failed(error);
      }
    };
    attempt(agent);
  });
}

async function answered(response: IncomingMessage): Promise<ApiOutcome> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) {
      throw new Error(`the answer is longer than ${MAX_BODY} bytes`);
    }
    chunks.push(chunk);
  }
  return { type: 'answered', status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) };
}

function parsed(text: string): Json {
  let value: Json;
  try {
    // Nothing but JSON comes out of JSON.parse.
    value = JSON.parse(text) as Json;
  } catch {
    throw new Error('the answer is not JSON');
  }
  if (nestsDeeper(text)) {
    throw new Error('the answer is nested too deeply');
  }
  return value;
}

function unreachable(socket: AbsPath, late: boolean, error: unknown): Unreachable {
  if (late) {
    return outcome('timed-out', `${socket} did not answer within ${LIMIT_MS / 1000} s`);
  }
  const code = errnoOf(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return outcome('absent', `${socket} does not exist`);
    case 'ECONNREFUSED':
      return outcome('refused', `nobody listens on ${socket}`);
    case 'EACCES':
    case 'EPERM':
      return outcome('denied', `${socket}: permission denied`);
    default:
      return outcome('other', `${socket}: ${error instanceof Error ? error.message : code}`);
  }
}

function outcome(code: Unreachable['code'], reason: string): Unreachable {
  return { type: 'unreachable', reason, code };
}
