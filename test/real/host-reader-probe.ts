import { liveHost } from '../../src/host/live-host.ts';
import { absPath } from '../../src/model/brand.ts';

/** Run inside a throwaway host: prints what a live host says there, as JSON. */
const host = liveHost();
const processes = host.processes(['dockerd', 'containerd', 'containerd-shim-runc-v2'], ['HARDEN_TEST']);
const socket = absPath('/run/docker.sock');
const paths = ['/etc/passwd', '/run/docker.sock', '/lib', '/etc/with-acl'].map(absPath);
process.stdout.write(
  JSON.stringify({
    identity: host.identity(),
    processes,
    info: await host.docker(socket, '/info'),
    missing: await host.docker(socket, '/networks/nothing'),
    socket: host.stat(socket),
    mounts: host.mounts(),
    rules: await host.query({ tool: 'auditctl', args: ['-s'] }),
    version: await host.query({ tool: 'auditctl', args: ['-v'] }),
    attributes: [...(await host.attributes(paths))],
    libFolder: host.realPath(absPath('/lib')),
  }),
);
