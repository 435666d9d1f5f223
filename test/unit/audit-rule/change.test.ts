import { describe, expect, test } from 'vitest';
import { absPath } from '../../../src/model/brand.ts';
import { digestOfBytes } from '../../../src/model/canonical.ts';
import type { Change } from '../../../src/model/change.ts';
import { absent, type Known, present, unreadable } from '../../../src/model/state.ts';
import type { FileImage, StepInput } from '../../../src/model/transaction.ts';
import { auditRule } from '../../../src/resources/audit-rule/index.ts';
import type { SnapshotFiles } from '../../../src/resources/resource-type.ts';
import { type AuditHost, auditFacts, auditReader } from '../../support/audit-host.ts';
import { accessChange } from '../../helpers/plan-builders.ts';

const matching = (text: RegExp): unknown => expect.stringMatching(text);
const RULES = '/etc/audit/rules.d';
const OURS = `${RULES}/50-harden-docker.rules`;
const RUN = `${RULES}/89-harden-docker-run.rules`;
const FOLDERS = '/etc/tmpfiles.d/harden-docker.conf';
const RUNC = '-w /usr/bin/runc -p wa -k docker';
const ETC = '-w /etc/docker -p wa -k docker';
const STATE = '-w /run/containerd -p rwa -k docker';

function change(
  path: string,
  kernel: readonly string[],
  file: readonly string[],
  folders: readonly string[] = [],
): Change {
  return {
    ...accessChange(path),
    id: 'c1',
    controls: [],
    address: `audit-rule:${path}` as Change['address'],
    title: `Audit ${path}`,
    target: {
      type: 'audit-rule',
      path: absPath(path),
      rules: [...kernel],
      file: absPath(path.startsWith('/run') ? RUN : OURS),
    },
    op: 'add',
    before: { kernel: [], file: [] },
    after: { kernel: [...kernel], file: [...file], folders: [...folders] },
    fingerprint: digestOfBytes(''),
  };
}
const both = (path: string, line: string) => change(path, [line], [line]);

async function work(setting: AuditHost, ...changes: readonly Change[]) {
  return (await auditRule.work(changes, auditFacts(setting), auditReader(setting))).steps;
}

function image(text: string): FileImage {
  return { mode: 0o640, uid: 0, gid: 0, sha256: digestOfBytes(text), size: text.length, mtimeNs: '0', extended: '' };
}
function snapshot(before: Readonly<Record<string, string | null>>): SnapshotFiles {
  const state = (path: string): Known<FileImage> | undefined => {
    const text = before[path];
    return text === undefined ? undefined : text === null ? absent : present(image(text));
  };
  return {
    id: 'abcdef12',
    before: state,
    after: state,
    access: () => undefined,
    bytes: (blob) =>
      Buffer.from(Object.values(before).find((text) => text !== null && digestOfBytes(text) === blob) ?? ''),
  };
}
async function revert(
  setting: AuditHost,
  before: Readonly<Record<string, string | null>>,
  ...changes: readonly Change[]
) {
  return auditRule.revert(changes, snapshot(before), auditFacts(setting), auditReader(setting));
}

const short = (step: StepInput): unknown =>
  step.kind === 'command'
    ? step.run.args.join(' ')
    : step.kind === 'write-file'
      ? [step.path, Buffer.from(step.content).toString()]
      : [step.kind, 'path' in step ? step.path : ''];

describe('carrying out', () => {
  test('each rule is loaded by itself with its undo, then the new file is written, 0640', async () => {
    const steps = await work({}, both('/usr/bin/runc', RUNC), both('/etc/docker', ETC));
    expect(steps.map((step) => step.kind)).toEqual(['command', 'command', 'write-file']);
    expect(steps[0]).toMatchObject({
      run: { tool: 'auditctl', args: ['-w', '/usr/bin/runc', '-p', 'wa', '-k', 'docker'] },
      undo: { tool: 'auditctl', args: ['-W', '/usr/bin/runc', '-p', 'wa', '-k', 'docker'] },
    });
    expect(steps[2]).toMatchObject({ path: OURS, expected: null, access: { mode: 0o640, uid: 0, gid: 0 } });
    expect(steps.slice(2).map(short)).toEqual([
      [
        OURS,
        `## Kept by harden: audit rules of the Docker host; "harden rollback" takes them out again\n${RUNC}\n${ETC}\n`,
      ],
    ]);
  });

  test('no control line is ever written', async () => {
    const [step] = (await work({}, both('/usr/bin/runc', RUNC))).filter((one) => one.kind === 'write-file');
    const lines = step === undefined ? [] : Buffer.from(step.content).toString().split('\n');
    expect(lines.filter((line) => !/^(?:#.*|-[aw] .*|)$/.test(line))).toEqual([]);
  });

  test('an existing file of ours keeps every byte, mode and foreign line', async () => {
    const old = `# mine\n-w /etc/hosts -p wa\r\n${RUNC}\n-w /x -p wa`;
    const steps = await work({ rules: { [OURS]: old } }, both('/usr/bin/runc', RUNC), both('/etc/docker', ETC));
    expect(steps[2]).toMatchObject({ expected: digestOfBytes(old), access: undefined });
    expect(steps.slice(2).map(short)).toEqual([[OURS, `${old}\n${ETC}\n`]]);
  });

  test('a new file does not run into the open last line of another one', async () => {
    const steps = await work(
      { rules: { [`${RULES}/10.rules`]: '-w /etc/hosts -p wa' } },
      change('/usr/bin/runc', [], [RUNC]),
    );
    expect(steps.map(short)).toEqual([[OURS, matching(/^\n## /)]]);
  });

  test('locked, or without a kernel: only the file', async () => {
    for (const audit of [{ enabled: 2 }, { kernelRules: undefined }] as const) {
      expect((await work({ audit }, both('/usr/bin/runc', RUNC))).map((step) => step.kind)).toEqual(['write-file']);
    }
  });

  test('folders below /run come first, once each', async () => {
    const folder = 'd /run/containerd 0711 0 0 -';
    const steps = await work(
      {},
      change('/run/containerd', [STATE], [STATE], [folder]),
      change('/run/containerd/containerd.sock', [], ['-w /run/containerd/containerd.sock -p wa -k docker'], [folder]),
    );
    expect(steps.map((step) => ('path' in step ? step.path : step.kind))).toEqual(['command', FOLDERS, RUN]);
    expect(steps[1]).toMatchObject({ access: { mode: 0o644 } });
    expect(steps.slice(1, 2).map(short)).toEqual([[FOLDERS, matching(/^# .*\nd \/run\/containerd 0711 0 0 -\n$/)]]);
  });
});

describe('the way back', () => {
  const header = '## Kept by harden: audit rules of the Docker host; "harden rollback" takes them out again\n';
  const live = (...kernelRules: readonly string[]) => ({ audit: { kernelRules } });

  test('unloads what is loaded and removes the file that was not there before', async () => {
    const setting = { ...live(RUNC, '-w /etc/hosts -p wa -k docker'), rules: { [OURS]: `${header}${RUNC}\n` } };
    const { steps, kept, already } = await revert(setting, { [OURS]: null }, both('/usr/bin/runc', RUNC));
    expect(steps.map(short)).toEqual(['-W /usr/bin/runc -p wa -k docker', ['remove-file', OURS]]);
    expect({ kept, already }).toEqual({ kept: [], already: [] });
  });

  test('a rule in the form of audit 4 is found in its long listing', async () => {
    const rule = '-a always,exit -F arch=b64 -F dir=/etc/docker -F perm=x -F key=docker';
    const { steps } = await revert(
      live('-a always,exit -F arch=b64 -S execve -F dir=/etc/docker -F perm=x -F key=docker'),
      { [OURS]: null },
      both('/etc/docker', rule),
    );
    expect(steps.map(short)).toEqual([rule.replace('-a', '-d')]);
  });

  test('restores the earlier bytes with their metadata, also without a last line end', async () => {
    const before = '# mine\n-w /x -p wa';
    const { steps } = await revert(
      { rules: { [OURS]: `${before}\n${RUNC}\n` } },
      { [OURS]: before },
      both('/usr/bin/runc', RUNC),
    );
    expect(steps).toMatchObject([
      { kind: 'write-file', restoreFrom: { snapshot: 'abcdef12', blob: digestOfBytes(before) } },
    ]);
    expect(steps.map(short)).toEqual([[OURS, before]]);
  });

  test('lines that others wrote meanwhile stay', async () => {
    const rules = { [OURS]: `${header}${RUNC}\n-w /etc/hosts -p wa -k mine\n` };
    const { steps, kept } = await revert({ rules }, { [OURS]: null }, both('/usr/bin/runc', RUNC));
    expect(steps.map(short)).toEqual([[OURS, `${header}-w /etc/hosts -p wa -k mine\n`]]);
    expect(kept).toEqual([]);
  });

  test('one of two changes goes, the other stays; a shared folder stays with it', async () => {
    const folder = 'd /run/containerd 0711 0 0 -';
    const socket = '-w /run/containerd/containerd.sock -p wa -k docker';
    const setting: AuditHost = {
      tree: { [FOLDERS]: `# x\n${folder}\n` },
      rules: { [RUN]: `${header}${STATE}\n${socket}\n` },
    };
    const { steps } = await revert(
      setting,
      { [RUN]: null, [FOLDERS]: null },
      change('/run/containerd', [STATE], [STATE], [folder]),
    );
    expect(steps.map(short)).toEqual([[RUN, `${header}${socket}\n`]]);
  });

  test('an edited line is kept and reported', async () => {
    const rules = { [OURS]: `${header}-w /usr/bin/runc -p rwxa -k docker\n` };
    const { kept, already } = await revert({ rules }, { [OURS]: null }, both('/usr/bin/runc', RUNC));
    expect(kept).toMatchObject([{ address: 'audit-rule:/usr/bin/runc', reason: 'the line was changed since' }]);
    expect(already).toEqual([]);
  });

  test('what is gone already is said to be so', async () => {
    const { steps, already } = await revert({}, { [OURS]: null }, both('/usr/bin/runc', RUNC));
    expect({ steps, already }).toEqual({ steps: [], already: ['audit-rule:/usr/bin/runc'] });
  });

  test('a rule that a locked kernel holds is reported, and its line stays with it', async () => {
    const setting: AuditHost = { audit: { kernelRules: [RUNC], enabled: 2 }, rules: { [OURS]: `${header}${RUNC}\n` } };
    const { steps, kept } = await revert(setting, { [OURS]: null }, both('/usr/bin/runc', RUNC));
    expect(steps).toEqual([]);
    expect(kept).toMatchObject([
      { address: 'audit-rule:/usr/bin/runc', reason: matching(/until the next boot; take -e 2 out/) },
    ]);
  });

  test('where the kernel cannot be asked, nothing goes: its rules would stay without a file', async () => {
    const setting: AuditHost = {
      audit: { kernelRules: undefined, unavailable: 'auditctl is not installed' },
      rules: { [OURS]: `${header}${RUNC}\n${ETC}\n` },
    };
    const onlyInFile = change('/etc/docker', [], [ETC]);
    const { steps, kept, already } = await revert(setting, { [OURS]: null }, both('/usr/bin/runc', RUNC), onlyInFile);
    expect(kept).toEqual([
      {
        address: 'audit-rule:/usr/bin/runc',
        what: 'audit rule for /usr/bin/runc',
        reason: 'whether the kernel still has it cannot be seen: auditctl is not installed',
      },
    ]);
    expect(steps.map(short)).toEqual([[OURS, `${header}${RUNC}\n`]]);
    expect(already).toEqual([]);
  });

  test('a folder taken as / has no kernel to ask: the files alone go back', async () => {
    const setting: AuditHost = {
      audit: { kernelRules: undefined, kernel: 'not-here' },
      rules: { [OURS]: `${header}${RUNC}\n` },
    };
    const { steps, kept } = await revert(setting, { [OURS]: null }, both('/usr/bin/runc', RUNC));
    expect(steps.map(short)).toEqual([['remove-file', OURS]]);
    expect(kept).toEqual([]);
  });

  test('a change of which one line was edited stays whole, the others go', async () => {
    const lines = ['b64', 'b32'].map(
      (arch) => `-a always,exit -F arch=${arch} -F path=/usr/bin/runc -F perm=wa -F key=docker`,
    );
    const edited = lines[1]?.replace('perm=wa', 'perm=rwa') ?? '';
    const setting: AuditHost = {
      audit: { kernelRules: [...lines, ETC] },
      rules: { [OURS]: `${header}${lines[0] ?? ''}\n${edited}\n${ETC}\n` },
    };
    const two = change('/usr/bin/runc', lines, lines);
    const { steps, kept } = await revert(setting, { [OURS]: null }, two, both('/etc/docker', ETC));
    expect(steps.map(short)).toEqual([
      '-W /etc/docker -p wa -k docker',
      [OURS, `${header}${lines[0] ?? ''}\n${edited}\n`],
    ]);
    expect(kept).toMatchObject([{ address: 'audit-rule:/usr/bin/runc', reason: 'the line was changed since' }]);
  });

  test('the last of two applies taken back in any order leaves no file', async () => {
    const [first, second] = [both('/usr/bin/runc', RUNC), both('/etc/docker', ETC)];
    const one = await revert({ rules: { [OURS]: `${header}${RUNC}\n${ETC}\n` } }, { [OURS]: null }, first);
    expect(one.steps.map(short)).toEqual([[OURS, `${header}${ETC}\n`]]);
    const two = await revert({ rules: { [OURS]: `${header}${ETC}\n` } }, { [OURS]: `${header}${RUNC}\n` }, second);
    expect(two.steps.map(short)).toEqual([['remove-file', OURS]]);
  });

  test('a file of somebody else stays, even empty', async () => {
    const { steps } = await revert(
      { rules: { [OURS]: `${RUNC}\n` } },
      { [OURS]: '-w /etc/hosts -p wa\n' },
      both('/usr/bin/runc', RUNC),
    );
    expect(steps.map(short)).toEqual([[OURS, '']]);
  });

  test('a file that cannot be read stops everything before it begins', async () => {
    const host = { ...auditReader({}), read: () => unreadable('Permission denied') };
    const error = await Promise.resolve()
      .then(() => auditRule.work([both('/usr/bin/runc', RUNC)], auditFacts({}), host))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'H2301', exit: 5, message: `${OURS} cannot be read. Nothing was changed` });
  });
});
