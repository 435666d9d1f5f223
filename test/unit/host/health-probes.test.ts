import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { complaintsIn, healthProbes } from '../../../src/host/health-probes.ts';
import { absPath } from '../../../src/model/brand.ts';

let servers: Server[] = [];
afterEach(() => {
  servers.forEach((server) => server.close());
  servers = [];
});

const probes = healthProbes();
const ask: typeof probes.ask = (probe, timeoutMs) => probes.ask(probe, timeoutMs);
const tcp = (port: number, timeoutMs = 2_000) => ask({ type: 'tcp', host: '127.0.0.1', port }, timeoutMs);

describe('a TCP check', () => {
  it('passes where a connection is taken and stays', async () => {
    expect(await tcp(await listen(createServer()))).toBeUndefined();
  });

  it('fails where nobody listens, where the connection is closed at once, and where no name is known', async () => {
    const port = await listen(createServer());
    servers.pop()?.close();
    expect(await tcp(port)).toBe('connection refused');
    const closing = await listen(createServer((socket) => socket.end()));
    expect(await tcp(closing)).toBe('the connection was closed at once');
    const resetting = await listen(createServer((socket) => socket.resetAndDestroy()));
    expect(await tcp(resetting)).toBe('the connection was closed at once');
    expect(await ask({ type: 'tcp', host: 'no.such.name.invalid', port: 1 }, 10_000)).toBeTypeOf('string');
  });
});

describe('an HTTP check', () => {
  it('holds the status against the wanted one, and does not follow', async () => {
    const server = createHttp((request, response) => {
      response.writeHead(request.url === '/moved' ? 302 : 204, { location: '/' }).end();
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    expect(await ask({ type: 'http', url, status: 204 }, 2_000)).toBeUndefined();
    expect(await ask({ type: 'http', url: `${url}/moved`, status: 204 }, 2_000)).toBe(
      'answered with status 302, not 204',
    );
  });

  it('fails in its time where the server says nothing, and where what it says is no HTTP', async () => {
    const silent = await listen(createServer());
    expect(await ask({ type: 'http', url: `http://127.0.0.1:${silent}/`, status: 200 }, 200)).toBe(
      'no answer within 0.2 s',
    );
    const babbling = await listen(createServer((socket) => socket.end('\u0000\u0001 what\r\n\r\n')));
    expect(await ask({ type: 'http', url: `http://127.0.0.1:${babbling}/`, status: 200 }, 2_000)).toBeTypeOf('string');
  });
});

describe.runIf(process.getuid?.() === 0)('a command check', () => {
  it('passes with 0, and says the last line otherwise', async () => {
    expect(await command('exit 0')).toBeUndefined();
    expect(await command('echo one; echo two >&2; exit 3')).toBe('ended with 3: two');
    expect(await command('echo "[$1][$HOME][$PATH]"; exit 1', ['a b;$(id)'])).toBe(
      'ended with 1: [a b;$(id)][][/usr/sbin:/usr/bin:/sbin:/bin]',
    );
  });

  it('does not outlast its time, nor what it leaves running', async () => {
    expect(await command('exec sleep 20', [], 200)).toBe('did not end within 0.2 s');
    const started = performance.now();
    expect(await command('sleep 20 & exit 0')).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('is ended where it says too much, and told where it is killed', async () => {
    expect(await command('exec yes')).toMatch(/^was ended by SIGKILL: more than \d+ characters of output$/);
    expect(await command('kill -9 $$')).toBe('was ended by SIGKILL');
    expect(await command("printf '\\377\\376' >&2; exit 1")).toBe('ended with 1: \ufffd\ufffd');
  });

  it('is not run where others could have written it', async () => {
    expect(await command('exit 0', [], 2_000, 0o777)).toMatch(/is writable by others than root$/);
    expect(await ask({ type: 'command', argv: [absPath('/usr/bin/not-there')] }, 1_000)).toBe(
      '/usr/bin/not-there is not there',
    );
  });
});

it('addresses of this host are none of loopback or of one link only', () => {
  const { v4, v6 } = probes.addresses();
  expect([...v4, ...v6].filter((address) => /^(127\.|::1$|fe80:|169\.254\.)/i.test(address))).toEqual([]);
});

describe('complaints of a daemon', () => {
  it('are its last words, without time stamps, each once, and what ends it before what it only tells', () => {
    const fatal = 'failed to start daemon: error initializing graphdriver: driver not supported';
    const error = 'time="2026-11-22T13:00:00Z" level=error msg="Handler \\"x\\" \\\\ failed"';
    expect(complaintsIn(`level=info msg=fine\n${error}\n${error}\n`)).toEqual(['Handler "x" \\ failed']);
    expect(complaintsIn(`${error}\nx\n${fatal}\n${fatal}\n`)).toEqual([fatal]);
    expect(complaintsIn('')).toEqual([]);
    expect(complaintsIn(`level=fatal msg="${'a'.repeat(5_000)}"`)[0]).toHaveLength(300);
  });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function command(
  script: string,
  args: readonly string[] = [],
  timeoutMs = 5_000,
  mode = 0o755,
): Promise<string | undefined> {
  const folder = mkdtempSync('/run/harden-probes-');
  try {
    const program = join(folder, 'check');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, mode);
    return await ask({ type: 'command', argv: [absPath(program), ...args] }, timeoutMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
