import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askEngine } from '../../src/engine/facts/engine-api.ts';
import { engineApi } from '../../src/host/engine-api.ts';
import { type Json, canonicalJson } from '../../src/model/canonical.ts';
import { absPath } from '../../src/model/brand.ts';
import type { ApiOutcome } from '../../src/model/host.ts';
import { fakeReader } from '../helpers/fake-reader.ts';
import { recordedAnswers } from './fuzz-samples.ts';
import { type FuzzTarget, encode, expectThat, firstOf } from './fuzz-target.ts';

const SOCKET = absPath('/run/docker.sock');
const PATHS = ['/version', '/info', '/networks/bridge', '/containers/json?all=1'];

/** Answers that are JSON of any shape. */
const answers: FuzzTarget = {
  name: 'Engine API JSON',
  samples: () => PATHS.flatMap(recordedAnswers).filter(({ length }) => length < 6000),
  words: [
    '"Names":["/a"],',
    '"Ports":[{"PublicPort":80}],',
    '"State":"running",',
    '"Components":[',
    'null',
    '{}',
    '[]',
    '"Runtimes":{"__proto__":{"path":"x"}},',
    '"Plugins":null,',
    '"HostConfig":1,',
  ],
  check: async (bytes) => {
    const body = jsonOf(bytes);
    if (body === undefined) {
      return undefined;
    }
    const outcome: ApiOutcome = { type: 'answered', status: 200, body };
    const { info, versionInfo, bridge, containers, unreachable } = await askEngine(
      { ...fakeReader({}), docker: () => Promise.resolve(outcome) },
      SOCKET,
    );
    canonicalJson([info, versionInfo, bridge]);
    return (
      expectThat(unreachable === undefined, 'unreachable') ??
      firstOf(containers ?? [], ({ name, id, image, networkMode, publishedPorts, networks }) =>
        expectThat(
          [name, id, image, networkMode, ...networks].every((text) => typeof text === 'string') && publishedPorts >= 0,
          `container ${name}`,
        ),
      )
    );
  },
};

function jsonOf(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch {
    return undefined;
  }
}

/** Bytes that come over the socket, framing and all; each on a connection that is closed behind them. */
class Wire {
  #next: Uint8Array = new Uint8Array();
  readonly #folder = mkdtempSync(join(tmpdir(), 'harden-fuzz-'));
  readonly #server: Server;
  readonly #get = engineApi();

  constructor() {
    this.#server = createServer((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(this.#next));
    });
    this.#server.unref();
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
  }

  async ask(bytes: Uint8Array): Promise<ApiOutcome> {
    const path = join(this.#folder, 's');
    if (!this.#server.listening) {
      await new Promise<void>((resolve) => void this.#server.listen(path, resolve));
    }
    this.#next = bytes;
    return this.#get(absPath(path), '/info');
  }
}

let wire: Wire | undefined;

const framing: FuzzTarget = {
  name: 'Engine API HTTP',
  samples: () =>
    [
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{"ID":"abcd"}',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"ID":\r\n7\r\n"abcd"}\r\n0\r\n\r\n',
      'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n{"message":"no"}',
      'HTTP/1.0 200 OK\r\n\r\n[1,2,3]',
    ].map(encode),
  words: [
    'HTTP/1.1 ',
    '\r\n',
    'Content-Length: ',
    'Transfer-Encoding: chunked\r\n',
    '0\r\n\r\n',
    'ffffffff\r\n',
    'Content-Length: -1\r\n',
    'HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'Connection: keep-alive\r\n',
  ],
  check: async (bytes) => {
    wire ??= new Wire();
    const outcome = await wire.ask(bytes);
    if (outcome.type === 'unreachable') {
      return expectThat(outcome.reason !== '', 'no reason');
    }
    const said = Buffer.from(bytes).toString('latin1');
    return expectThat(
      said.includes(String(outcome.status)) && canonicalJson(outcome.body) !== '',
      `${outcome.status} out of nothing`,
    );
  },
};

export const ENGINE_TARGETS: readonly FuzzTarget[] = [answers, framing];
