import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestHost } from './throwaway-host.ts';

/** A CA, a certificate of this host by it and one of a client, good for a day: `ca.pem`, `cert.pem`, `key.pem`, `client.pem`, `client-key.pem`. */
export async function makeTlsMaterial(host: TestHost, into: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'harden-tls-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const signed = (name: string, key: string, subject: string, extension: string): void => {
    openssl('req', '-new', ...newKey, '-subj', subject, '-addext', extension, '-keyout', key, '-out', 'request.pem');
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '1', '-copy_extensions', 'copy'];
    openssl('x509', '-req', '-in', 'request.pem', ...ca, '-out', name);
  };
  try {
    openssl('req', '-x509', ...newKey, '-days', '1', '-subj', '/CN=ca', '-keyout', 'ca-key.pem', '-out', 'ca.pem');
    signed('cert.pem', 'key.pem', '/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    signed('client.pem', 'client-key.pem', '/CN=client', 'extendedKeyUsage=clientAuth');
    for (const name of ['ca.pem', 'cert.pem', 'key.pem', 'client.pem', 'client-key.pem']) {
      await host.write(`${into}/${name}`, readFileSync(join(folder, name)), 0o400);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For node inside a host: answers as an authorization plugin that allows everything. */
export const AUTHORIZATION_PLUGIN = `
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
mkdirSync('/run/docker/plugins', { recursive: true });
createServer((request, response) => {
  const answer = request.url === '/Plugin.Activate' ? { Implements: ['authz'] } : { Allow: true };
  request.resume();
  response.end(JSON.stringify(answer));
}).listen('/run/docker/plugins/allow-all.sock');
`;
