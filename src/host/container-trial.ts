import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { AbsPath } from '../model/brand.ts';
import type { ContainerTrial, TrialOutcome } from '../model/health.ts';
import { TRIAL_PROGRAM, trialImage } from './trial-image.ts';

const NAME = 'harden-trial';
/** Only what carries it is taken for ours. */
const LABEL = 'harden.trial';
const OWN_NAME = /^\/?harden-trial[-:][0-9a-f]{8}$/;
const CLEANING_MS = 10_000;
const MAX_ANSWER = 1 << 20;

/** Starts and removes containers of our own in the engine behind a socket. */
export function containerTrial(): ContainerTrial {
  return { tryOnce };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One question to the engine. Rejects where there is no answer before `signal`. */
type Ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: Body) => Promise<Answer>;

interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
}

async function tryOnce(socket: AbsPath, limitMs: number): Promise<TrialOutcome> {
  const image = trialImage(process.arch);
  if (image === undefined) {
    return { type: 'failed', reason: `there is no throwaway program for ${process.arch} machines`, left: [] };
  }
  const mute = await removeLeftovers(asking(socket, Math.min(limitMs, CLEANING_MS)));
  if (mute !== undefined) {
    return { type: 'failed', reason: `the engine gave no answer: ${mute}`, left: [] };
  }
  const id = randomBytes(4).toString('hex');
  const reason = await reasonAgainst(asking(socket, limitMs), id, image).catch(
    (error: unknown) => `the engine gave no answer: ${wordsOf(error)}`,
  );
  const left = await remove(asking(socket, CLEANING_MS), [`${NAME}-${id}`], [`${NAME}:${id}`]);
  return reason === undefined ? { type: 'started', left } : { type: 'failed', reason, left };
}

/** Why no container could be started and seen to end well; undefined where one could. */
async function reasonAgainst(ask: Ask, id: string, image: Uint8Array): Promise<string | undefined> {
  const imported = await ask('POST', `/images/create?fromSrc=-&repo=${NAME}&tag=${id}`, {
    type: 'application/x-tar',
    bytes: image,
  });
  // What goes wrong after the first byte of this answer stands in its text.
  if (imported.status !== 200 || imported.text.includes('"errorDetail"')) {
    return `its image could not be brought in: ${said(imported)}`;
  }
  const create = JSON.stringify({ Image: `${NAME}:${id}`, Cmd: [TRIAL_PROGRAM], Labels: { [LABEL]: id } });
  const made = await ask('POST', `/containers/create?name=${NAME}-${id}`, {
    type: 'application/json',
    bytes: Buffer.from(create),
  });
  if (made.status !== 201) {
    return `it could not be created: ${said(made)}`;
  }
  const started = await ask('POST', `/containers/${NAME}-${id}/start`);
  if (started.status !== 204) {
    return said(started);
  }
  const ended = await ask('POST', `/containers/${NAME}-${id}/wait`);
  const code = ended.status === 200 ? member(parsed(ended.text), 'StatusCode') : undefined;
  if (code === 0) {
    return undefined;
  }
  return typeof code === 'number' ? `it ended with ${code} instead of 0` : said(ended);
}

/** Of a run that was killed in the middle of a trial. Why the engine did not answer; undefined where it did. */
async function removeLeftovers(ask: Ask): Promise<string | undefined> {
  try {
    const ours = await ask('GET', `/containers/json?all=1&${filters({ label: [LABEL] })}`);
    const containers = list(parsed(ours.text)).flatMap((one) => list(member(one, 'Names')).filter(isOwn));
    const tagged = await ask('GET', `/images/json?${filters({ reference: [NAME] })}`);
    const images = list(parsed(tagged.text)).flatMap((one) => list(member(one, 'RepoTags')).filter(isOwn));
    await remove(
      ask,
      containers.map((name) => name.replace(/^\//, '')),
      images,
    );
    return undefined;
  } catch (error) {
    return wordsOf(error);
  }
}

/** The engine's own selection: a host with thousands of containers answers with ours alone. */
function filters(wanted: Readonly<Record<string, readonly string[]>>): string {
  return `filters=${encodeURIComponent(JSON.stringify(wanted))}`;
}

/** Containers before the images they stand on; gives what is still there. */
async function remove(ask: Ask, containers: readonly string[], images: readonly string[]): Promise<readonly string[]> {
  const paths = [
    ...containers.map((name) => [`container ${name}`, `/containers/${name}?force=1`] as const),
    ...images.map((name) => [`image ${name}`, `/images/${name}?force=1`] as const),
  ];
  const left: string[] = [];
  for (const [what, path] of paths) {
    const status = await ask('DELETE', path).then(
      (answer) => answer.status,
      () => 0,
    );
    if (![200, 204, 404].includes(status)) {
      left.push(what);
    }
  }
  return left;
}

function asking(socket: AbsPath, limitMs: number): Ask {
  const signal = AbortSignal.timeout(limitMs);
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const failed = (error: Error): void =>
        reject(signal.aborted ? new Error(`not within ${limitMs / 1000} s`) : error);
      const headers = {
        host: 'docker',
        'content-length': body?.bytes.length ?? 0,
        ...(body === undefined ? {} : { 'content-type': body.type }),
      };
      const asked = request({ socketPath: socket, method, path, headers, signal, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER) {
            response.destroy(new Error(`an answer of more than ${MAX_ANSWER} bytes`));
          }
          chunks.push(chunk);
        });
        response.on('error', failed);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      asked.on('error', failed);
      asked.end(body?.bytes);
    });
}

/** The engine's own words, on one line. */
function said({ status, text }: Answer): string {
  const message = member(parsed(text), 'message') ?? text;
  const line = typeof message === 'string' ? message.replaceAll(/\s+/g, ' ').trim() : '';
  return line === '' ? `the engine answered ${status}` : line.slice(0, 400);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isOwn(name: unknown): name is string {
  return typeof name === 'string' && OWN_NAME.test(name);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
