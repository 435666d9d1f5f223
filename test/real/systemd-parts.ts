import { OWN_STATE } from './built-harden.ts';
import type { HostLayer } from './host-layer.ts';
import type { TestHost } from './throwaway-host.ts';

/** Written by systemd itself and by its journal while the host runs. */
const WRITTEN_BY_SYSTEMD = [
  '/var/log',
  '/var/lib/systemd',
  '/etc/machine-id',
  '/var/tmp',
  '/var/cache/ldconfig',
  '/etc/.pwd.lock',
];
export const DAEMON_JSON = '/etc/docker/daemon.json';
export const SITE_JSON = '{\n\t"shutdown-timeout": 7,\n\t"labels": ["site=north"  ,"rack=7"]\n}';
const DROP_IN = '/etc/systemd/system/docker.service.d/site.conf';

export function layerOf(host: TestHost): Promise<HostLayer> {
  return host.layer([...OWN_STATE, ...WRITTEN_BY_SYSTEMD]);
}

/** A published port, a restart policy, and one that nobody would start again; all on the default bridge. */
export async function runContainers(host: TestHost): Promise<void> {
  await host.importBusybox('box');
  await host.check(`
    set -e
    docker run -d --stop-timeout 1 --name web -p 8080:80 box httpd -f -p 80
    docker run -d --stop-timeout 1 --name always --restart unless-stopped box sleep 10000
    docker run -d --stop-timeout 1 --name plain box sleep 10000`);
}

/** Id, start and process of every running container: equal before and after means that none was stopped. */
export async function runningContainers(host: TestHost): Promise<string> {
  return host.check(
    'docker ps -q --no-trunc | sort | xargs -r docker inspect -f "{{.Name}} {{.Id}} {{.State.StartedAt}} {{.State.Pid}}"',
  );
}

/** The first line of an answer of the container behind the published port. */
export async function askWeb(host: TestHost): Promise<string> {
  return host.check(
    'exec 3<>/dev/tcp/127.0.0.1/8080 && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && head -n 1 <&3 | tr -d "\\r"',
  );
}

export async function serviceState(host: TestHost): Promise<string> {
  return (
    await host.check(
      'systemctl show docker.service -P ActiveState; systemctl show docker.service -P Result -P NRestarts',
    )
  )
    .replaceAll('\n', ' ')
    .trim();
}

/** Gives docker.service lines of its own, as a site does. */
export async function dropIn(host: TestHost, ...lines: readonly string[]): Promise<void> {
  await host.write(DROP_IN, ['[Service]', ...lines, ''].join('\n'), 0o644);
  await host.check('systemctl daemon-reload');
}

export async function liveRestore(host: TestHost): Promise<string> {
  return (await host.check('docker info -f "{{.LiveRestoreEnabled}}"')).trim();
}
