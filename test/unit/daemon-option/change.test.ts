import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes, type Json } from '../../../src/model/canonical.ts';
import type { Change } from '../../../src/model/change.ts';
import { HardenError } from '../../../src/model/errors.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { Known } from '../../../src/model/state.ts';
import type { FileImage, StepInput } from '../../../src/model/transaction.ts';
import {
  daemonOption,
  preCheck,
  restartKeepsContainers,
  validateCommand,
} from '../../../src/resources/daemon-option/index.ts';
import type { SnapshotFiles, Work } from '../../../src/resources/resource-type.ts';
import { optionChange } from '../../helpers/plan-builders.ts';
import {
  asChange,
  changeOf,
  container,
  DOCKER_SERVICE,
  FILE,
  handStarted,
  INFO,
  judge,
  reader,
  sampleFacts,
  type Scene,
  withoutNote,
} from './sample.ts';

const set = (key: string, after: Json, over: Partial<Change> = {}): Change =>
  asChange(optionChange(key, { after, ...over }), `c-${key}`);
const icc = set('icc', false);
const liveRestore = set('live-restore', true, { impact: 'reload' });
const text = (content: Uint8Array | null): string | null =>
  content === null ? null : new TextDecoder().decode(content);

/** Steps as short words: contents, commands, paths. The note of dockerd's start has tests of its own. */
function told(steps: readonly StepInput[]): readonly unknown[] {
  return withoutNote(steps).map((step) => {
    switch (step.kind) {
      case 'write-file':
        return text(step.content);
      case 'activate':
        return step.activation.commands.map((command) => `${command.tool} ${command.args.join(' ')}`);
      case 'make-directory':
      case 'remove-directory':
      case 'remove-file':
        return `${step.kind} ${step.path}`;
      case 'set-access':
      case 'command':
        return step.kind;
    }
  });
}
const undone = (work: Work): readonly unknown[] =>
  work.undoPhases.map(({ content, activation }) => [text(content), activation.action]);
const RESTART = ['systemctl reset-failed docker.service', 'systemctl restart docker.service'];
const RELOAD = ['systemctl reload docker.service'];

const work = (changes: readonly Change[], facts: HostFacts, scene: Scene = {}): Promise<Work> =>
  daemonOption.work(changes, facts, reader(scene));

describe('carrying out', () => {
  test('live-restore is written and reloaded before the rest is written and docker restarted', async () => {
    const done = await work([liveRestore, icc], sampleFacts(), { file: '{\n\t"labels": ["a=b"]\n}' });
    expect(told(done.steps)).toEqual([
      '{\n\t"labels": ["a=b"],\n\t"live-restore": true\n}',
      RELOAD,
      '{\n\t"labels": ["a=b"],\n\t"live-restore": true,\n\t"icc": false\n}',
      RESTART,
    ]);
    expect(undone(done)).toEqual([
      ['{\n\t"labels": ["a=b"],\n\t"live-restore": true\n}', 'restart'],
      ['{\n\t"labels": ["a=b"],\n\t"live-restore": false\n}', 'reload'],
      // Where only the reload had been begun.
      ['{\n\t"labels": ["a=b"],\n\t"live-restore": false\n}', 'reload'],
    ]);
    expect(done.undoPhases.map(({ after }) => after)).toEqual(['restart', 'restart', 'reload']);
  });

  test('each write names the content it replaces', async () => {
    const done = await work([liveRestore, icc], sampleFacts(), { file: '{}' });
    const writes = done.steps.filter((step) => step.kind === 'write-file');
    expect(writes.map((step) => step.expected)).toEqual([digestOfBytes('{}'), digestOfBytes(writes[0]?.content ?? '')]);
    expect(writes.every((step) => step.access === undefined)).toBe(true);
  });

  test('a reloadable key alone is one write and one reload; undoing it says the old value once', async () => {
    const done = await work([liveRestore], sampleFacts(), { file: '{}' });
    expect(told(done.steps)).toEqual(['{\n  "live-restore": true\n}', RELOAD]);
    expect(undone(done)).toEqual([['{\n  "live-restore": false\n}', 'reload']]);
  });

  test('a sticky key is said with its default before it goes', async () => {
    const remove = set('debug', { state: 'unset', effective: false }, { op: 'remove', impact: 'reload' });
    const done = await work([remove], sampleFacts(), { file: '{"debug": true}' });
    expect(told(done.steps)).toEqual(['{\n  "debug": false\n}', RELOAD, '{}']);
    expect(undone(done)).toEqual([[null, 'reload']]);
  });

  test('folder and file are made where there are none', async () => {
    const done = await work([set('icc', false, { impact: 'none' })], handStarted(), {
      more: { '/etc': { type: 'directory' } },
    });
    expect(told(done.steps)).toEqual([`make-directory /etc/docker`, '{\n  "icc": false\n}\n']);
    expect(done.steps.at(-1)).toMatchObject({ kind: 'write-file', expected: null, access: undefined });
    expect(done.undoPhases).toEqual([]);
  });

  test('activation alone leaves the file', async () => {
    const done = await work([set('icc', {}, { op: 'activate' })], sampleFacts(), { file: '{"icc": false}' });
    expect(told(done.steps)).toEqual([RESTART]);
    expect(undone(done)).toEqual([[null, 'restart']]);
  });

  test('a daemon that does not yet have the live-restore of its file gets it before the restart', async () => {
    const activate = set('icc', {}, { op: 'activate' });
    const done = await work([activate], sampleFacts(), { file: '{"live-restore": true}' });
    expect(told(done.steps)).toEqual([RELOAD, RESTART]);
  });

  test('live-restore that only the running daemon has carries containers there and back', async () => {
    const facts = sampleFacts({ info: { ...INFO, LiveRestoreEnabled: true }, containers: [container('web')] });
    const done = await work([icc], facts, { file: '{}' });
    expect(told(done.steps)).toEqual([
      '{\n  "icc": false,\n  "live-restore": true\n}',
      RESTART,
      '{\n  "icc": false,\n  "live-restore": false\n}',
      RELOAD,
      '{\n  "icc": false\n}',
    ]);
    expect(undone(done)).toEqual([
      ['{\n  "icc": false,\n  "live-restore": true\n}', 'reload'],
      ['{\n  "live-restore": true\n}', 'restart'],
    ]);
    expect(restartKeepsContainers([icc], facts)).toBe(true);
  });

  test.each<readonly [string, Parameters<typeof sampleFacts>[0], readonly Change[], boolean]>([
    ['off', {}, [icc], false],
    ['switched on in the same plan', {}, [liveRestore, icc], true],
    ['a flag', { argv: ['--live-restore'] }, [icc], true],
    ['refused by a swarm', { swarm: 'active' }, [icc], false],
    [
      'written too late for a daemon that cannot be reloaded',
      { argv: ['--authorization-plugin=opa'] },
      [liveRestore, icc],
      false,
    ],
  ])('what a restart does to containers with live-restore %s', (...[, engine, changes, kept]) => {
    expect(restartKeepsContainers(changes, sampleFacts({ ...engine, containers: [container('web')] }))).toBe(kept);
  });

  test('where live-restore is lost at the restart, what stops is named', async () => {
    const argv = ['--authorization-plugin=opa'];
    const facts = sampleFacts({ argv, info: { ...INFO, LiveRestoreEnabled: true }, containers: [container('web')] });
    const wanted = { key: 'icc', value: false };
    const lost = asChange(changeOf(await judge(wanted, facts, { file: '{}' })));
    expect(lost.breaks).toEqual([
      'live-restore is on in the running dockerd but not in its file, so the restart stops web',
    ]);
    expect(restartKeepsContainers([lost], facts)).toBe(false);
    const safe = asChange(changeOf(await judge(wanted, facts, { file: '{"live-restore": true}' })));
    expect(safe.breaks).toEqual([]);
    expect(restartKeepsContainers([safe], facts)).toBe(true);
  });

  test('in a swarm nothing is carried over', async () => {
    const done = await work([icc], sampleFacts({ swarm: 'active', info: { ...INFO, LiveRestoreEnabled: true } }), {
      file: '{}',
    });
    expect(told(done.steps)).toEqual(['{\n  "icc": false\n}', RESTART]);
  });

  test('a loaded socket unit has its failures reset too', async () => {
    const socketUnit = { ...DOCKER_SERVICE, name: 'docker.socket' };
    const done = await work([icc], sampleFacts({ socketUnit }), { file: '{}' });
    expect(told(done.steps).at(-1)).toEqual([
      'systemctl reset-failed docker.service docker.socket',
      'systemctl restart docker.service',
    ]);
  });

  test('keys that go together are written together', async () => {
    const target = { keys: { 'log-driver': 'syslog', 'log-opts': { tag: 'x' } } };
    const more = { '/dev/log': { type: 'socket' } } as const;
    const done = await work([set('log-driver', target)], sampleFacts(), {
      file: '{"log-opts":{"max-size":"1m"}}',
      more,
    });
    expect(told(done.steps)[0]).toBe('{"log-opts":{"tag":"x"},"log-driver":"syslog"}');
  });

  test('a byte order mark is not written back', async () => {
    const done = await work([icc], sampleFacts(), { file: '\uFEFF{}' });
    expect(told(done.steps)[0]).toBe('{\n  "icc": false\n}');
  });

  test.each([
    ['broken meanwhile', '{,}', 'a value is missing here'],
    ['with a key twice', '{"a": 1, "a": 2}', 'twice'],
    ['with a key this engine does not know', '{"foo": 1}', 'does not know the key foo'],
    ['with iptables off', '{"iptables": false}', 'icc false and iptables false'],
  ])('a file %s is refused, and nothing is written', async (_, file, words) => {
    const error = await work([icc], sampleFacts(), { file }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HardenError);
    expect(error).toMatchObject({ exit: 5, code: 'H3011' });
    expect(error instanceof HardenError ? error.details.join() : '').toContain(words);
  });
});

describe('taking back', () => {
  const before = '{\n    "labels": ["a=b"]\n}\n';
  const after = '{\n    "labels": ["a=b"],\n    "icc": false,\n    "live-restore": true\n}\n';
  const applied = [icc, liveRestore];
  const live = sampleFacts({ info: { ...INFO, LiveRestoreEnabled: true }, containers: [container('web')] });

  test('gives the very bytes back, and carries containers over', async () => {
    const back = await daemonOption.revert(applied, snapshotOf(before, after), live, reader({ file: after }));
    expect(told(back.steps)).toEqual([
      '{\n    "labels": ["a=b"],\n    "live-restore": true\n}\n',
      RESTART,
      '{\n    "labels": ["a=b"],\n    "live-restore": false\n}\n',
      RELOAD,
      before,
    ]);
    expect(back.steps.at(-1)).toMatchObject({ restoreFrom: { snapshot: 'abcdef01', blob: digestOfBytes(before) } });
    expect(back).toMatchObject({ kept: [], already: [] });
  });

  test('a file the apply made is deleted, and its folder where it made that', async () => {
    const made = '{\n  "live-restore": true,\n  "icc": false\n}\n';
    const back = await daemonOption.revert(
      applied,
      snapshotOf(null, made, true),
      handStarted(),
      reader({ file: made }),
    );
    expect(told(back.steps).slice(-2)).toEqual([`remove-file ${FILE}`, 'remove-directory /etc/docker']);
  });

  test('but not where --config-file names it: dockerd would not start', async () => {
    const facts = handStarted({ configFile: { path: FILE, explicit: true } });
    const made = '{\n  "icc": false\n}\n';
    const back = await daemonOption.revert(
      [set('icc', false, { impact: 'none' })],
      snapshotOf(null, made),
      facts,
      reader({ file: made }),
    );
    expect(told(back.steps)).toEqual(['{}\n']);
  });

  test('what somebody else changed since is kept, the rest goes back key by key', async () => {
    const now = '{\n    "icc": false,\n    "live-restore": false,\n    "mtu": 1400\n}\n';
    const back = await daemonOption.revert(
      [icc, liveRestore, set('debug', true, { impact: 'reload' })],
      snapshotOf(before, after.replace('"icc"', '"debug": true,\n    "icc"')),
      live,
      reader({ file: now }),
    );
    expect(told(back.steps).slice(-2)).toEqual(['{\n    "live-restore": false,\n    "mtu": 1400\n}\n', RELOAD]);
    expect(back.kept).toMatchObject([
      { address: 'daemon-option:live-restore', reason: 'changed by somebody else since' },
    ]);
    expect(back.already).toEqual(['daemon-option:debug']);
  });

  test('a foreign key in a file we made keeps the file', async () => {
    const now = '{\n  "icc": false,\n  "mtu": 1400\n}\n';
    const back = await daemonOption.revert(
      [icc],
      snapshotOf(null, '{\n  "icc": false\n}\n'),
      sampleFacts(),
      reader({ file: now }),
    );
    expect(told(back.steps)).toEqual(['{\n  "mtu": 1400\n}\n', RESTART]);
  });

  test('some of the changes only', async () => {
    const back = await daemonOption.revert([icc], snapshotOf(before, after), live, reader({ file: after }));
    expect(told(back.steps)[0]).toBe('{\n    "labels": ["a=b"],\n    "live-restore": true\n}\n');
  });

  test('keys that were written together go back together or stay', async () => {
    const target = { keys: { 'log-driver': 'syslog', 'log-opts': { tag: 'x' } } };
    const together = (file: string) =>
      daemonOption.revert(
        [set('log-driver', target), icc],
        snapshotOf('{}', '{"log-driver": "syslog", "log-opts": {"tag": "x"}, "icc": false}'),
        sampleFacts(),
        reader({ file }),
      );
    const edited = await together('{"log-driver": "syslog", "log-opts": {"tag": "y"}, "icc": false}');
    expect(told(edited.steps)[0]).toBe('{"log-driver": "syslog", "log-opts": {"tag": "y"}}');
    expect(edited.kept).toMatchObject([{ address: 'daemon-option:log-driver' }]);
    const half = await together('{"log-driver": "syslog", "icc": false}');
    expect(told(half.steps)[0]).toBe('{}');
    expect(half).toMatchObject({ kept: [], already: [] });
  });

  test('a file that is back already needs nothing', async () => {
    const back = await daemonOption.revert(applied, snapshotOf(before, after), live, reader({ file: before }));
    expect(back).toEqual({
      steps: [],
      undoPhases: [],
      kept: [],
      already: ['daemon-option:icc', 'daemon-option:live-restore'],
    });
  });

  test('a file somebody broke is left alone', async () => {
    const back = await daemonOption.revert(applied, snapshotOf(before, after), live, reader({ file: '{,}' }));
    expect(back.steps).toEqual([]);
    expect(back.kept).toHaveLength(2);
  });

  test('an activation has nothing to take back', async () => {
    const back = await daemonOption.revert(
      [set('icc', {}, { op: 'activate' })],
      snapshotOf(before, after),
      live,
      reader({ file: after }),
    );
    expect(back).toMatchObject({ steps: [], already: ['daemon-option:icc'] });
  });
});

describe('checks before anything is written', () => {
  const candidate = absPath('/run/harden/candidate.json');

  test('dockerd checks the candidate with the flags it runs with, from Engine 23 on', () => {
    expect(
      validateCommand(
        sampleFacts({ argv: ['-H', 'fd://', '--config-file', '/x.json', '--config-file=/y', '-D'] }),
        candidate,
      ),
    ).toEqual({
      tool: 'dockerd',
      exe: '/usr/sbin/dockerd',
      args: ['--validate', '--config-file', candidate, '-H', 'fd://', '-D'],
    });
    expect(validateCommand(sampleFacts({ version: '20.10.24' }), candidate)).toBeUndefined();
  });

  test.each<readonly [string, string, Parameters<typeof sampleFacts>[0], string]>([
    ['icc and iptables', '{"icc": false, "iptables": false}', {}, 'icc false and iptables false'],
    ['icc, ipv6 and ip6tables', '{"icc": false, "ipv6": true, "ip6tables": false}', {}, 'ip6tables false'],
    ['icc and a flag', '{"icc": false}', { argv: ['--iptables=false'] }, 'icc false and iptables false'],
    ['live-restore in a swarm', '{"live-restore": true}', { swarm: 'active' }, 'swarm'],
    ['nftables in a swarm', '{"firewall-backend": "nftables"}', { swarm: 'active', version: '29.1.0' }, 'nftables'],
    ['a wrong type', '{"icc": 0}', {}, 'icc must be true or false'],
  ])('%s', async (_, text_, engine, words) => {
    expect((await preCheck(text_, [], sampleFacts(engine), reader({}))).join()).toContain(words);
  });

  test('nothing against a good file', async () => {
    expect(await preCheck('{"icc": false, "live-restore": true}', ['icc'], sampleFacts(), reader({}))).toEqual([]);
  });
});

function snapshotOf(before: string | null, after: string | null, madeFolder = false): SnapshotFiles {
  const blobs = new Map(
    [before, after].flatMap((file) => (file === null ? [] : [[digestOfBytes(file), file] as const])),
  );
  const image = (file: string | null): Known<FileImage> =>
    file === null
      ? { status: 'absent' }
      : {
          status: 'present',
          value: {
            mode: 0o644,
            uid: 0,
            gid: 0,
            sha256: digestOfBytes(file),
            size: file.length,
            mtimeNs: '0',
            extended: '',
          },
        };
  return {
    id: 'abcdef01',
    before: (path) => (path === FILE ? image(before) : madeFolder ? { status: 'absent' } : undefined),
    after: (path) => (path === FILE ? image(after) : undefined),
    access: () => undefined,
    bytes: (blob) => new TextEncoder().encode(blobs.get(blob)),
  };
}
