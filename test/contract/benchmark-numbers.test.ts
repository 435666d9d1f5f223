import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../../src/model/remediation.ts';
import { profileByName } from '../../src/catalogue/profiles.ts';
import { selectControls } from '../../src/catalogue/select.ts';
import { shippedCatalogue } from '../../src/catalogue/shipped-catalogue.ts';

/** Control, level, and its numbers in 1.2.0, 1.3.1, 1.6.0, 1.7.0 and 1.8.0. A check of the data that is written down twice. */
const TABLE = `
separate-partition          L1  1.2.1 1.1.1 1.1.1 1.1.1 1.1.1
docker-group-trusted        L1  1.2.2 1.1.2 1.1.2 1.1.2 1.1.2
audit-dockerd               L1  1.2.3 1.1.3 1.1.3 1.1.3 1.1.3
audit-run-containerd        L1  - 1.1.4 1.1.4 1.1.4 1.1.4
audit-var-lib-docker        L1  1.2.4 1.1.5 1.1.5 1.1.5 1.1.5
audit-etc-docker            L1  1.2.5 1.1.6 1.1.6 1.1.6 1.1.6
audit-docker-service        L2  1.2.6 1.1.7 1.1.7 1.1.7 1.1.7
audit-containerd-sock       L2  - 1.1.8 1.1.8 1.1.8 1.1.8
audit-docker-socket         L2  1.2.7 1.1.9 1.1.9 1.1.9 1.1.9
audit-etc-default-docker    L2  1.2.8 1.1.10 1.1.10 1.1.10 1.1.10
audit-daemon-json           L2  1.2.10 1.1.11 1.1.11 1.1.11 1.1.11
audit-containerd-config     L2  - 1.1.12 1.1.12 1.1.12 1.1.12
audit-etc-sysconfig-docker  L2  1.2.9 1.1.13 1.1.13 1.1.13 1.1.13
audit-containerd            L2  1.2.11 1.1.14 1.1.14 1.1.14 1.1.14
audit-containerd-shim       L2  - 1.1.15 1.1.15 1.1.15 1.1.15
audit-shim-runc-v1          L2  - 1.1.16 1.1.16 1.1.16 1.1.16
audit-shim-runc-v2          L2  - 1.1.17 1.1.17 1.1.17 1.1.17
audit-runc                  L2  1.2.12 1.1.18 1.1.18 1.1.18 1.1.18
host-os-hardened            L1  1.1.1 1.2.1 1.2.1 1.2.1 1.2.1
docker-version-current      L1  1.1.2 1.2.2 1.2.2 1.2.2 1.2.2
rootless-daemon             L1  - 2.1 2.1 2.1 2.1
icc-disabled                L1  2.1 2.2 2.2 2.2 2.2
log-level-info              L1  2.2 2.3 2.3 2.3 2.3
iptables-managed            L1  2.3 2.4 2.4 2.4 2.4
no-insecure-registries      L1  2.4 2.5 2.5 2.5 2.5
no-aufs                     L1  2.5 2.6 2.6 2.6 2.6
no-devicemapper             L1  - - - - 2.7
tcp-tls-verify              L1  2.6 2.7 2.7 2.7 2.8
default-ulimits-set         L1  2.7 2.8 2.8 2.8 2.9
userns-remap                L2  2.8 2.9 2.9 2.9 2.10
cgroup-parent-default       L2  2.9 2.10 2.10 2.10 2.11
base-device-size            L2  2.10 2.11 2.11 2.11 2.12
authz-plugin                L2  2.11 2.12 2.12 2.12 2.13
central-logging             L2  2.12 2.13 2.13 2.13 2.14
no-new-privileges-default   L1  2.17 2.14 2.14 2.14 2.15
live-restore                L1  2.13 2.15 2.15 2.15 2.16
userland-proxy-off          L1  2.14 2.16 2.16 2.16 2.17
daemon-seccomp-profile      L2  2.15 2.17 2.17 2.17 2.18
no-experimental             L1  2.16 2.18 2.18 2.18 2.19
legacy-registry-disabled    L1  - - - - -
docker-service-owner        L1  3.1 3.1 3.1 3.1 3.1
docker-service-mode         L1  3.2 3.2 3.2 3.2 3.2
docker-socket-unit-owner    L1  3.3 3.3 3.3 3.3 3.3
docker-socket-unit-mode     L1  3.4 3.4 3.4 3.4 3.4
etc-docker-owner            L1  3.5 3.5 3.5 3.5 3.5
etc-docker-mode             L1  3.6 3.6 3.6 3.6 3.6
registry-certs-owner        L1  3.7 3.7 3.7 3.7 3.7
registry-certs-mode         L1  3.8 3.8 3.8 3.8 3.8
tls-ca-owner                L1  3.9 3.9 3.9 3.9 3.9
tls-ca-mode                 L1  3.10 3.10 3.10 3.10 3.10
tls-cert-owner              L1  3.11 3.11 3.11 3.11 3.11
tls-cert-mode               L1  3.12 3.12 3.12 3.12 3.12
tls-key-owner               L1  3.13 3.13 3.13 3.13 3.13
tls-key-mode                L1  3.14 3.14 3.14 3.14 3.14
docker-sock-owner           L1  3.15 3.15 3.15 3.15 3.15
docker-sock-mode            L1  3.16 3.16 3.16 3.16 3.16
daemon-json-owner           L2  3.17 3.17 3.17 3.17 3.17
daemon-json-mode            L2  3.18 3.18 3.18 3.18 3.18
etc-default-docker-owner    L2  3.19 3.19 3.19 3.19 3.19
etc-default-docker-mode     L2  3.22 3.22 3.20 3.20 3.20
etc-sysconfig-docker-mode   L2  3.21 3.20 3.21 3.21 3.21
etc-sysconfig-docker-owner  L2  3.20 3.21 3.22 3.22 3.22
containerd-sock-owner       L1  - 3.23 3.23 3.23 3.23
containerd-sock-mode        L1  - 3.24 3.24 3.24 3.24
`;

const rows = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [control = '', level = '', ...numbers] = line.split(/ +/);
    const references = BENCHMARKS.flatMap((benchmark, index) => {
      const number = numbers[index] ?? '-';
      return number === '-' ? [] : [[benchmark, number] as const];
    });
    return { control, level: Number(level.slice(1)), references: Object.fromEntries(references) };
  });

/** Of chapters 1 to 3: all numbers, and those of level 1. */
const COUNTS = {
  'cis-docker-1.2.0': { level1: 34, level2: 53 },
  'cis-docker-1.3.1': { level1: 38, level2: 62 },
  'cis-docker-1.6.0': { level1: 38, level2: 62 },
  'cis-docker-1.7.0': { level1: 38, level2: 62 },
  'cis-docker-1.8.0': { level1: 39, level2: 63 },
} as const;

const catalogue = shippedCatalogue();

describe('the numbers of the benchmarks', () => {
  it.each(rows)('of $control are right', ({ control, level, references }) => {
    const found = catalogue.remediations.find((one) => one.control === control);
    expect({ level: found?.level, references: found?.references }).toStrictEqual({ level, references });
  });

  it('leave no control out', () => {
    expect(catalogue.remediations.map(({ control }) => control)).toStrictEqual(
      rows.map(({ control }) => control).toSorted(),
    );
  });

  it.each(BENCHMARKS)('of %s are complete, each there once', (benchmark) => {
    const numbers = catalogue.remediations.flatMap(({ references }) => references[benchmark] ?? []);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toHaveLength(COUNTS[benchmark].level2);
    const gaps = numbers.filter((number) => !isFirst(number) && !numbers.includes(before(number)));
    expect(gaps).toStrictEqual([]);
  });

  it.each(BENCHMARKS)('of %s are chosen by its profiles, up to the level', (benchmark) => {
    const counted = ([1, 2] as const).map((level) => {
      const profile = profileByName(catalogue, `${benchmark}/L${level}`);
      return selectControls(catalogue, profile, { control: [], exclude: [] }).selected.length;
    });
    expect(counted).toStrictEqual([COUNTS[benchmark].level1, COUNTS[benchmark].level2]);
  });
});

function isFirst(number: string): boolean {
  return number.endsWith('.1');
}

/** `2.9` of `2.10` */
function before(number: string): string {
  return number.replace(/\d+$/, (last) => String(Number(last) - 1));
}
