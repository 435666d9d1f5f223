import { describe, expect, it } from 'vitest';
import { type DoctorInput, examine } from '../../../src/app/doctor.ts';
import { shippedCatalogue } from '../../../src/catalogue/shipped-catalogue.ts';
import type { Examined } from '../../../src/model/doctor.ts';
import { doctorText } from '../../../src/render/doctor-text.ts';
import { RESOURCE_TYPES } from '../../../src/resources/index.ts';
import { type FakeHost, fakeReader } from '../../helpers/fake-reader.ts';

const GOOD: DoctorInput = {
  stateDir: '/var/lib/harden',
  room: { type: 'ext4', freeBytes: 2 ** 34, lasts: true },
  configuration: [],
  openRuns: [],
};

function examined(host: FakeHost, input: Partial<DoctorInput> = {}, now = '2026-11-22T14:00:00Z') {
  const ground = {
    host: fakeReader(host),
    catalogue: shippedCatalogue(),
    types: RESOURCE_TYPES,
    now: () => new Date(now),
    toolVersion: '0.1.0',
    operator: 'somebody',
    recording: null,
  };
  return examine(ground, { ...GOOD, ...input });
}

async function one(topic: string, ...given: Parameters<typeof examined>): Promise<Examined | undefined> {
  return (await examined(...given)).find((line) => line.topic === topic);
}

describe('doctor', () => {
  it('has ten lines, and says what is wrong with a bare host', async () => {
    const lines = await examined({});
    expect(lines.map(({ topic }) => topic).slice(0, 10)).toEqual([
      ...['rights', 'harden', 'machine', 'Docker', 'services', 'audit', 'snapshots', 'clock', 'configuration', 'runs'],
    ]);
    expect(lines.find(({ topic }) => topic === 'Docker')).toMatchObject({ state: 'trouble' });
    expect(
      doctorText(lines, { width: 80, colour: false })
        .split('\n')
        .every((line) => line.length <= 80),
    ).toBe(true);
  });

  it.each<readonly [string, string, Parameters<typeof examined>, readonly [string, string]]>([
    ['root', 'rights', [{}], ['ok', 'root']],
    ['another user', 'rights', [{ identity: { uid: 1000, capabilities: [] } }], ['trouble', 'user 1000']],
    [
      'root with less',
      'rights',
      [{ identity: { capabilities: ['sys_admin', 'dac_override'] } }],
      ['trouble', 'audit_control'],
    ],
    ['a container', 'machine', [{ identity: { inContainer: true } }], ['trouble', 'container']],
    ['room on a disk', 'snapshots', [{}], ['ok', '16384 MiB free']],
    [
      'a folder in memory',
      'snapshots',
      [{}, { room: { type: 'tmpfs', freeBytes: 2 ** 34, lasts: false } }],
      ['trouble', 'tmpfs'],
    ],
    [
      'a full disk',
      'snapshots',
      [{}, { room: { type: 'ext4', freeBytes: 1000, lasts: true } }],
      ['trouble', '0 MiB free'],
    ],
    ['a folder nobody sees', 'snapshots', [{}, { room: 'permission denied' }], ['trouble', 'permission denied']],
    [
      'broken configuration',
      'configuration',
      [{}, { configuration: { trouble: 'two mistakes' } }],
      ['trouble', 'two mistakes'],
    ],
    ['configuration', 'configuration', [{}, { configuration: ['/etc/harden/harden.json5'] }], ['ok', 'harden.json5']],
    ['a killed run', 'runs', [{}, { openRuns: ['12ab34cd'] }], ['trouble', '12ab34cd']],
    ['runs of root', 'runs', [{}, { openRuns: undefined }], ['note', 'root only']],
    ['a clock nobody keeps', 'clock', [{}], ['note', '2026-11-22 14:00 UTC']],
    [
      'a clock that is kept',
      'clock',
      [{ processes: [{ name: 'chronyd', argv: ['/usr/sbin/chronyd'] }] }],
      ['ok', 'chronyd'],
    ],
    [
      'a clock in the past',
      'clock',
      [{ files: { '/var/lib/dpkg/status': '' } }, {}, '1969-12-31T00:00:00Z'],
      ['trouble', '1969'],
    ],
  ])('%s', async (_what, topic, given, [state, says]) => {
    const line = await one(topic, ...given);
    expect(line?.state).toBe(state);
    expect(line?.text).toContain(says);
  });
});
