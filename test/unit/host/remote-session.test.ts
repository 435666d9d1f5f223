import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MODULE = join(import.meta.dirname, '../../../src/host/remote-session.ts');
const PLAIN = { PATH: '/usr/bin:/bin', node: process.execPath };
const ASK = `"$node" -e 'import("${MODULE}").then(({ isRemoteSession }) => process.stdout.write(String(isRemoteSession())))'`;
const run = promisify(execFile);

let folder: string;
let sshd: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-remote-'));
  sshd = join(folder, 'sshd-session');
  // Its name is all that is looked at.
  await copyFile('/bin/sh', sshd);
});

afterAll(() => rm(folder, { recursive: true }));

async function said(program: string, text: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await run(program, ['-c', text], { env: { ...PLAIN, ...env } });
  return stdout.trim();
}

/** Not below the terminal the tests run at, which may come from another machine: below the first process. */
function orphaned(text: string): string {
  return `out=$(mktemp -p ${folder}); (exec setsid sh -c '${text.replaceAll("'", String.raw`'\''`)}; echo .' > "$out" &); while ! grep -q '\\.$' "$out"; do sleep 0.05; done; tr -d '.' < "$out"`;
}

describe('somebody who works from another machine', () => {
  it('is known by a login program above, though sudo took the variable away', async () => {
    expect(await said(sshd, `sh -c '${ASK.replaceAll("'", String.raw`'\''`)}; :'; :`)).toBe('true');
  });

  it('is known by the variable of a process above, where a multiplexer cut the chain', async () => {
    const here = `env -u SSH_CONNECTION sh -c '${ASK.replaceAll("'", String.raw`'\''`)}; :'; :`;
    expect(await said('/bin/sh', here, { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' })).toBe('true');
  });

  it('is not seen in a process that the machine itself started', async () => {
    expect(await said('/bin/sh', orphaned(ASK))).toBe('false');
  });
});
