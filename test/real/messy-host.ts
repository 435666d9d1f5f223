import type { ThrowawayHost } from './throwaway-host.ts';

/** What a site and its other tools left on a host: none of it may be lost, much of it is not hardened. */
export const FOREIGN_RULES = [
  '## rules of this site',
  '-w /etc/passwd -p wa -k identity',
  '-a always,exit -F arch=b64 -S unlink,rename -F auid>=1000 -F auid!=unset -k delete',
  '-a always,exit -F arch=b32 -S unlink,rename -F auid>=1000 -F auid!=unset -F key=delete',
  '# covers a place that is wanted, under a key of its own',
  '-w /etc/docker/ -p rwxa -k site-docker',
  '-a always,exit -F path=/usr/sbin/runc -F perm=x -F auid>=1000 -k runc-used',
  '',
].join('\n');
export const FOREIGN_LIVE_RULE = '-w /etc/shadow -p wa -k only-in-the-kernel';
export const RULES_FILE = '/etc/audit/rules.d/10-site.rules';

/** Tabs, an order of its own, two members on a line, no final line end. */
export const FOREIGN_DAEMON_JSON =
  '{\n\t"shutdown-timeout": 7,\n\t"labels": ["site=north"  ,"rack=7"], "log-opts": { "max-size":"10m" },\n\t"icc" : true,\n\t"debug": false\n}';
export const CERTIFICATES = '/etc/docker/certs.d/registry.example:5000';

/** Rules in the kernel and in a file, a daemon.json with foreign keys, loose modes; dockerd runs afterwards. */
export async function makeMess(host: ThrowawayHost): Promise<void> {
  await host.write(RULES_FILE, FOREIGN_RULES, 0o640);
  await host.check(`
    set -e
    auditctl -R ${RULES_FILE} >/dev/null 2>&1
    auditctl ${FOREIGN_LIVE_RULE} 2>/dev/null`);
  await host.write('/etc/docker/daemon.json', FOREIGN_DAEMON_JSON, 0o664);
  await host.write(`${CERTIFICATES}/ca.crt`, 'a certificate\n', 0o666);
  await host.write(`${CERTIFICATES}/client.cert`, 'a certificate\n', 0o444);
  await host.write(`${CERTIFICATES}/client.key`, 'a key\n', 0o644);
  await host.check(`
    set -e
    chmod 0775 /etc/docker
    unit=$(readlink -f /lib/systemd/system/docker.service)
    chmod 0666 "$unit"
    chown daemon:daemon /etc/default/docker
    touch -d '2024-02-29 12:34:56.789012345' /etc/docker/daemon.json "$unit" ${CERTIFICATES}/client.key`);
  await host.startDockerd();
  await host.check('chmod 0666 /run/docker.sock');
}
