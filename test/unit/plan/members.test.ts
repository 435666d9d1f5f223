import { describe, expect, it } from 'vitest';
import { buildDigest } from '../../../scripts/build-digest.ts';
import { digestOf } from '../../../src/model/canonical.ts';
import type { EngineFacts } from '../../../src/model/facts.ts';
import { Plan } from '../../../src/model/plan.ts';
import { isIntact, sealPlan } from '../../../src/plan/seal.ts';
import { planOf, selectionOf, someFacts } from '../../helpers/plan-builders.ts';

const dockerOf = (over: Partial<EngineFacts>): Plan['host']['docker'] => planOf([], someFacts(over)).host.docker;

describe('what a plan says of the engine', () => {
  it('is its cgroups as it says them, and nothing where it does not', () => {
    expect(dockerOf({ info: { CgroupVersion: '2', CgroupDriver: 'systemd' } }).cgroup).toEqual({
      version: '2',
      driver: 'systemd',
    });
    expect(dockerOf({ info: { CgroupDriver: 'cgroupfs' } }).cgroup).toEqual({ version: null, driver: 'cgroupfs' });
    expect(dockerOf({ info: {} })).not.toHaveProperty('cgroup');
    expect(dockerOf({ info: { CgroupVersion: 2, CgroupDriver: '' } })).not.toHaveProperty('cgroup');
  });

  it.each([
    ['the engine says so', 'docker-ce', ['name=seccomp,profile=builtin', 'name=rootless'], true],
    ['the engine says others', 'docker-ce', ['name=seccomp,profile=builtin', 'name=cgroupns'], false],
    ['a silent engine of an account', 'rootless', undefined, true],
    ['a silent engine of root', 'docker.io', undefined, false],
    ['nobody knows which', 'several', undefined, undefined],
    ['none at all', 'none', undefined, undefined],
  ] as const)('is whether it is rootless: %s', (_what, flavour, options, rootless) => {
    const info = options === undefined ? {} : { SecurityOptions: [...options] };
    expect(dockerOf({ flavour, info }).rootless).toBe(rootless);
  });
});

describe('what a plan says of where it is from', () => {
  it('is a digest of the profile alone, which moves with the profile', () => {
    const { profile } = selectionOf([]);
    expect(planOf([]).content.profileDigest).toBe(`sha256:${digestOf(profile)}`);
    expect(digestOf({ ...profile, exclude: ['2.2'] })).not.toBe(digestOf(profile));
  });

  it('is the build, under the seal and not in what is approved', () => {
    const [plain, built] = [planOf([]), planOf([], someFacts(), { toolBuild: buildDigest() })];
    expect(plain.tool).toEqual({ name: 'harden', version: '0.0.0' });
    expect(built.tool.build).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(built.digest).toBe(plain.digest);
    expect(isIntact({ ...built, tool: plain.tool })).toBe(false);
  });

  it('may be missing in a plan of an older version, which is read and intact all the same', () => {
    const { id: _id, digest: _digest, seal: _seal, content, host, ...rest } = planOf([]);
    const { profileDigest: _profile, ...older } = content;
    const { cgroup: _cgroup, rootless: _rootless, ...docker } = host.docker;
    const plan = sealPlan({ ...rest, schemaMinor: 1, content: older, host: { ...host, docker } });
    expect(isIntact(Plan.parse(JSON.parse(JSON.stringify(plan))))).toBe(true);
  });
});
