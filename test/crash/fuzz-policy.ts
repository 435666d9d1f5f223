import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { shippedCatalogue } from '../../src/catalogue/shipped-catalogue.ts';
import { readConfig } from '../../src/catalogue/config.ts';
import { readHealthFiles } from '../../src/catalogue/health-files.ts';
import { readWaivers } from '../../src/catalogue/waivers.ts';
import { LONGEST_WAIVER_DAYS } from '../../src/model/waiver.ts';
import { checkSource } from './fuzz-catalogue.ts';
import { type FuzzTarget, decode, encode, expectThat, firstOf, orRefused } from './fuzz-target.ts';

const TODAY = '2026-11-22';
let shipped: Catalogue | undefined;
const DAY = /^\d{4}-\d\d-\d\d$/;

const waivers: FuzzTarget = {
  name: 'waivers',
  samples: () => [
    encode(`{ schema: 'urn:harden:waiver:1', waivers: [
      { control: 'userns-remap', host: 'web-*', reason: 'The storage plugin cannot', owner: 'platform@example.org', approvedBy: 'ciso',
        from: '2026-08-01', until: '2027-01-31', onlyWhile: { 'daemon.json#/userns-remap': null, '/etc/docker#mode': '0755' } },
      { control: '3.*', reason: 'an audit is under way', owner: 'ops', until: '2027-03-01' },
    ] }`),
  ],
  words: [
    "until: '2026-02-30',",
    "from: '2027-01-01',",
    "control: '*',",
    "host: ['a', 'b*'],",
    "'daemon.json#/a/b': 1,",
    "'/etc/../x#mode': '0644'",
    'onlyWhile: {',
    '__proto__: {},',
    '9999-12-31',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    const context = { catalogue: catalogue(), benchmark: 'cis-docker-1.8.0', today: TODAY } as const;
    let violation: string | undefined;
    const read = checkSource(text, () => {
      const taken = orRefused(() => readWaivers([{ path: 'w', text }], context)) ?? [];
      violation = firstOf(taken, ({ reason, owner, until, from, controls }) =>
        expectThat(
          reason.trim() !== '' && owner.trim() !== '' && controls.length > 0 && DAY.test(until) && isShort(from, until),
          'a waiver without reason, owner, end or control, or one that lasts too long',
        ),
      );
    });
    return read ?? violation;
  },
};

const configuration: FuzzTarget = {
  name: 'configuration',
  samples: () => [
    encode(`{ schema: 'urn:harden:config:1', profile: 'cis-docker-1.8.0/L1', exclude: ['userland-proxy-off'], parameters: { 'trusted-users': ['deploy'] },
      maxRisk: 'medium', maxImpact: 'restart', confirmWithin: '10m', width: 100, groupBy: 'section', pager: false }`),
  ],
  words: [
    "maxRisk: 'high',",
    'yes: true,',
    "confirmWithin: 'never',",
    'parameters: {',
    "'trusted-users': 1,",
    'width: 1e9,',
    '__proto__: {},',
    "health: ['/x'],",
  ],
  check: (bytes) => {
    const text = decode(bytes);
    const { remediations } = catalogue();
    let violation: string | undefined;
    const read = checkSource(text, () => {
      const said = (presentationOnly: boolean): readonly { readonly key: string }[] | undefined =>
        orRefused(() =>
          readConfig([{ path: 'c', text }], {
            remediations,
            profileNames: () => ['cis-docker-1.8.0/L1'],
            presentationOnly,
          }),
        );
      const [all, ofAnybody] = [said(false), said(true)];
      violation =
        expectThat(
          (all ?? []).every(({ key }) => key !== 'yes'),
          'a file that approves',
        ) ?? expectThat(ofAnybody === undefined || all !== undefined, 'somebody else may say what root may not');
    });
    return read ?? violation;
  },
};

const health: FuzzTarget = {
  name: 'health checks',
  samples: () => [
    encode(`{ schema: 'urn:harden:health:1', checks: [
      { name: 'shop', http: 'http://127.0.0.1:8080/health', status: 204, timeout: 5, attempts: 3, interval: 1 },
      { name: 'db', tcp: '127.0.0.1:5432' },
      { name: 'own', command: ['/usr/local/bin/check', '--all'] },
    ] }`),
  ],
  words: [
    "tcp: '[::1]:1',",
    "command: ['sh', '-c', 'x'],",
    'timeout: 0,',
    'attempts: 1e9,',
    'file:///etc',
    ':0',
    '__proto__: {},',
  ],
  check: (bytes) => {
    const text = decode(bytes);
    let violation: string | undefined;
    const read = checkSource(text, () => {
      const taken = orRefused(() => readHealthFiles([{ path: 'h', text }])) ?? [];
      violation = firstOf(
        taken,
        ({ probe, timeoutMs, attempts, intervalMs }) =>
          expectThat(
            timeoutMs > 0 && timeoutMs * attempts + intervalMs * attempts < 86_400_000,
            'a check without an end',
          ) ??
          (probe.type === 'command'
            ? expectThat(probe.argv[0].startsWith('/'), 'a program found by its name')
            : undefined),
      );
    });
    return read ?? violation;
  },
};

export const POLICY_TARGETS: readonly FuzzTarget[] = [waivers, configuration, health];

function isShort(from: string | undefined, until: string): boolean {
  return (Date.parse(until) - Date.parse(from ?? TODAY)) / 86_400_000 <= LONGEST_WAIVER_DAYS;
}

/** Read once: checking it takes longer than thousands of inputs. */
function catalogue(): Catalogue {
  shipped ??= shippedCatalogue();
  return shipped;
}
