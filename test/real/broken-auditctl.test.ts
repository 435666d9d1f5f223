import { describe, expect, test } from 'vitest';
import { OWN_STATE, WITH_HARDEN, harden } from './built-harden.ts';
import { layerChanges } from './host-layer.ts';
import { REAL, putOver } from './stub-programs.ts';
import { type TestHost, realHosts, throwawayHost } from './throwaway-host.ts';

const AUDITCTL = '/usr/sbin/auditctl';
const APPLY = ['apply', '-c', 'tag:audit', '--yes', '--max-risk', 'high'];
const SITE_RULE = '-w /etc/hosts -p wa -k site';
/** What the third rule that is to be added meets. */
const FAULTS: readonly (readonly [what: string, script: string, says: RegExp])[] = [
  ['fails', 'echo "Error sending add rule data request (No buffer space available)" >&2; exit 255', /No buffer space/],
  ['hangs', 'exec sleep 1000', /did not end within \d+ s/],
  ['is killed', 'kill -9 $$', /was ended by SIGKILL/],
  ['says it is done and did nothing', 'exit 0', /verification/],
  ['says megabytes', 'exec head -c 50000000 /dev/urandom', /said more than 1048576 bytes/],
];

describe.runIf(realHosts('trixie'))('an apply whose auditctl', () => {
  test.each(FAULTS)('%s at the third rule leaves the rules and the files as they were', async (_what, script, says) => {
    await using host = await auditHost();
    const before = await host.layer(OWN_STATE);
    const rules = await host.check([AUDITCTL, '-l']);
    const count = 'n=$(($(cat /run/added 2>/dev/null || echo 0) + 1)); echo $n > /run/added; [ $n = 3 ]';
    await putOver(
      host,
      AUDITCTL,
      `case "$1" in -w|-a|-A) if ${count}; then ${script}; fi;; esac; exec ${REAL}/auditctl "$@"`,
    );
    const { code, stdout, stderr } = await harden(host, APPLY);
    expect(code, stdout + stderr).toBe(6);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(says);
    expect(await host.check([`${REAL}/auditctl`, '-l'])).toBe(rules);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
  });

  test.each([
    ['megabytes', 'exec head -c 50000000 /dev/urandom'],
    ['what is no text', "printf '\\377\\376\\000 -w \\033[2J\\n'; exit 0"],
    ['nothing, for ever', 'exec sleep 1000'],
  ])('answers %s when it is asked: nothing is changed, and no error of our own', async (_what, script) => {
    await using host = await auditHost();
    const before = await host.layer(OWN_STATE);
    const rules = await host.check([AUDITCTL, '-l']);
    await putOver(host, AUDITCTL, `case "$1" in -l) ${script};; esac; exec ${REAL}/auditctl "$@"`);
    const { code, stdout, stderr } = await harden(host, APPLY);
    expect([0, 6, 8], stdout + stderr).toContain(code);
    expect(await host.check([`${REAL}/auditctl`, '-l'])).toBe(rules);
    expect(layerChanges(before, await host.layer(OWN_STATE))).toEqual([]);
  });
});

async function auditHost(): Promise<TestHost & AsyncDisposable> {
  const host = await throwawayHost('trixie', { audit: true, binds: WITH_HARDEN });
  await host.startDockerd(['--bridge=none', '--iptables=false']);
  await host.check([AUDITCTL, ...SITE_RULE.split(' ')]);
  return host;
}
