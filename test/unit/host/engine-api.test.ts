import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type RequestListener, type Server, createServer } from 'node:http';
import { type Server as NetServer, createServer as createNetServer } from 'node:net';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineApi } from '../../../src/host/engine-api.ts';
import { absPath } from '../../../src/model/brand.ts';

let folder = '';
let servers: (Server | NetServer)[] = [];
const socket = () => absPath(join(folder, 'docker.sock'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-api-'));
  servers = [];
});
afterEach(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) {
      server.closeAllConnections();
    }
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function listen<S extends Server | NetServer>(server: S): Promise<S> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket(), resolve));
  return server;
}

const engine = (answer: RequestListener) => listen(createServer(answer));

describe('the Engine API over a socket', () => {
  it('gives the status and the parsed body', async () => {
    await engine((request, response) =>
      response.end(JSON.stringify({ asked: request.url, host: request.headers.host })),
    );
    expect(await engineApi()(socket(), '/containers/json?all=1')).toEqual({
      type: 'answered',
      status: 200,
      body: { asked: '/containers/json?all=1', host: 'docker' },
    });
  });

  it('counts an error of the engine as an answer', async () => {
    await engine((_, response) => response.writeHead(404).end('{"message":"network bridge not found"}'));
    expect(await engineApi()(socket(), '/networks/bridge')).toEqual({
      type: 'answered',
      status: 404,
      body: { message: 'network bridge not found' },
    });
  });

  it('asks many questions over at most four connections', async () => {
    let connections = 0;
    const server = await engine((request, response) => setTimeout(() => response.end(JSON.stringify(request.url)), 5));
    server.on('connection', () => (connections += 1));
    const get = engineApi();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => get(socket(), `/${index}`)));
    expect(answers.map((answer) => (answer.type === 'answered' ? answer.body : answer))).toEqual(
      Array.from({ length: 40 }, (_, index) => `/${index}`),
    );
    expect(connections).toBeLessThanOrEqual(4);
  });

  it('asks once more where the engine closed a kept connection', async () => {
    const server = await engine((_, response) => response.end('1'));
    const get = engineApi();
    await get(socket(), '/a');
    server.on('connection', (connection) => connection.on('error', () => undefined));
    server.closeAllConnections();
    expect(await get(socket(), '/b')).toMatchObject({ type: 'answered' });
  });

  it('says that there is no socket', async () => {
    expect(await engineApi()(socket(), '/info')).toMatchObject({ type: 'unreachable', code: 'absent' });
    expect(await engineApi()(absPath('/etc/passwd/docker.sock'), '/info')).toMatchObject({ code: 'absent' });
  });

  it('says that nobody listens', async () => {
    // A socket whose owner died without a word.
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(socket())}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect(await engineApi()(socket(), '/info')).toMatchObject({ type: 'unreachable', code: 'refused' });
  });

  it.runIf(process.getuid?.() === 0)('says that it may not connect', async () => {
    await engine((_, response) => response.end('1'));
    chmodSync(socket(), 0o600);
    chmodSync(folder, 0o755);
    const script = `
      const { engineApi } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/host/engine-api.ts'))});
      process.setuid(65534);
      console.log(JSON.stringify(await engineApi()(${JSON.stringify(socket())}, '/info')));`;
    const child = await new Promise<string>((resolve) => {
      void import('node:child_process').then(({ execFile }) =>
        execFile(process.execPath, ['--input-type=module', '-e', script], (_, stdout) => resolve(stdout)),
      );
    });
    expect(JSON.parse(child)).toMatchObject({ type: 'unreachable', code: 'denied' });
  });

  it('waits five seconds in all for an engine that hangs, also where it began to answer', async () => {
    await engine((request, response) => {
      if (request.url === '/half') {
        response.write('{"half":');
      }
    });
    const get = engineApi();
    const started = performance.now();
    // Six questions and four connections: two wait for their turn within the same limit.
    const answers = await Promise.all(['/half', '/1', '/2', '/3', '/4', '/5'].map((path) => get(socket(), path)));
    expect(answers.map((answer) => (answer.type === 'unreachable' ? answer.code : answer.type))).toEqual(
      Array.from({ length: 6 }, () => 'timed-out'),
    );
    expect(performance.now() - started).toBeGreaterThan(4900);
    expect(performance.now() - started).toBeLessThan(7000);
  });

  it.each([
    ['not HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
    ['not JSON', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK'],
    ['cut off', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"a"'],
    ['nothing', ''],
  ])('does not take for an answer what is %s', async (_, bytes) => {
    await listen(createNetServer((connection) => connection.end(bytes)));
    expect(await engineApi()(socket(), '/info')).toMatchObject({ type: 'unreachable', code: 'other' });
  });

  it('stops reading an answer beyond 16 MiB', async () => {
    await engine((_, response) => response.end(Buffer.alloc(17 * 1024 * 1024, 0x20)));
    const outcome = await engineApi()(socket(), '/info');
    expect(outcome).toMatchObject({ type: 'unreachable', code: 'other' });
    expect(outcome.type === 'unreachable' ? outcome.reason : '').toContain('16777216');
  });

  it('does not keep the process alive with a kept connection', async () => {
    await engine((_, response) => response.end('{}'));
    const script = `
      const { engineApi } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/host/engine-api.ts'))});
      await engineApi()(${JSON.stringify(socket())}, '/info');`;
    const { execFile } = await import('node:child_process');
    const code = await new Promise((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 4000 }, (error) => resolve(error));
    });
    expect(code).toBeNull();
  });
});
