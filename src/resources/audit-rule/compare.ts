import type { AbsPath } from '../../model/brand.ts';
import { digestOf } from '../../model/canonical.ts';
import type { Comparison, ProposedChange } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { AuditRuleDesired } from '../../model/remediation.ts';
import type { Evidence, Known } from '../../model/state.ts';
import type { AssessContext } from '../resource-type.ts';
import type { Effect } from './effect.ts';
import { bootLines, evidenceOf, judge, type Judged, kernelLines, lackingInFiles, lackingInKernel } from './judge.ts';
import { notesFor } from './notes.ts';
import type { AuditRuleState } from './observe.ts';
import { type Obstacle, obstacleToKeeping, obstacleToLoading, silencedObstacle } from './obstacles.ts';
import { fileFor, folderLine, OUR_KEY } from './ours.ts';
import { printRule } from './print.ts';
import { type AuditRule, listedKey } from './rule.ts';
import { addressOf, type AuditTarget } from './targets.ts';

/** Truth is the kernel's list; rule files say what the next boot makes of it. */
export function compare(
  desired: AuditRuleDesired,
  target: AuditTarget,
  state: Known<AuditRuleState>,
  { facts }: AssessContext,
): Comparison {
  if (state.status === 'absent') {
    return {
      verdict: 'not-applicable',
      reason: `${target.path} is not there`,
      evidence: [{ source: target.path, read: 'type', value: null }],
    };
  }
  const { audit } = facts;
  const noKernel = audit.kernel === 'not-here';
  if (!noKernel && (audit.unavailable !== undefined || audit.kernelRules === undefined)) {
    const reason = audit.unavailable ?? 'the kernel could not be asked for its audit rules';
    return { verdict: 'not-checked', reason, evidence: [{ source: 'auditctl -l', read: target.path, value: reason }] };
  }
  const judged = judge(desired, target, state.value, facts);
  const found: Found = { target, state: state.value, facts, judged, evidence: evidenceOf(judged) };
  return noKernel ? withoutKernel(found) : withKernel(found);
}

/** What the verdict is made of. */
interface Found {
  readonly target: AuditTarget;
  readonly state: AuditRuleState;
  readonly facts: HostFacts;
  readonly judged: Judged;
  readonly evidence: readonly Evidence[];
}

function withKernel(found: Found): Comparison {
  const { judged, target, facts } = found;
  const locked = facts.audit.enabled === 2;
  switch (judged.inKernel.status) {
    case 'covered':
      return recorded(found, judged.inKernel.by);
    case 'silenced':
      return silenced(
        found,
        judged.kernel?.[judged.inKernel.by]?.line ?? '',
        judged.kernel?.[judged.inKernel.by]?.rule,
      );
    case 'missing':
      if (judged.atBoot.status !== 'covered') {
        return notYetWritten(found, locked ? 'reboot' : 'now');
      }
      if (locked) {
        const reason = `the rule for ${target.path} is in a file; the kernel takes no rules until the next boot`;
        return {
          verdict: 'fail',
          reason,
          evidence: found.evidence,
          pending: { until: 'reboot', command: 'systemctl reboot' },
        };
      }
      return onlyInFile(found);
  }
}

function withoutKernel(found: Found): Comparison {
  const { judged, target, evidence } = found;
  if (judged.atBoot.status !== 'covered') {
    return notYetWritten(found, 'reboot');
  }
  const reason = `the rule for ${target.path} is in a file; a kernel takes it up when this system boots`;
  return { verdict: 'fail', reason, evidence, pending: { until: 'reboot', command: 'systemctl reboot' } };
}

function recorded(found: Found, by: readonly number[]): Comparison {
  const { judged, evidence, target, state } = found;
  const keys = [...new Set(by.flatMap((index) => judged.kernel?.[index]?.rule?.keys ?? []))];
  const foreign = keys.filter((key) => key !== OUR_KEY);
  const shown =
    foreign.length === 0
      ? evidence
      : [...evidence, { source: 'auditctl -l', read: 'key', value: `covered by key ${foreign.join(', ')}` }];
  const lost = judged.atBoot.status === 'missing' && foreign.length === 0 && isKeptByUs(judged, target);
  if (!lost || obstacleToKeeping(target, judged, state) !== undefined) {
    return { verdict: 'pass', evidence: shown };
  }
  const reason = `the rule for ${target.path} is loaded but in no rule file: it is gone at the next boot`;
  return fail({ ...found, evidence: shown }, reason, { kernel: [], file: judged.ours, liveAfter: 'now' });
}

/** A file of ours is there but does not hold the rule any more; rules that others load without a file are theirs to keep. */
function isKeptByUs({ audit }: Judged, { path }: AuditTarget): boolean {
  return audit.ruleFiles.some((file) => file.path === fileFor(path) && file.text.status === 'present');
}

function silenced({ judged, evidence }: Found, line: string, rule: AuditRule | undefined): Comparison {
  const files =
    rule === undefined ? [] : judged.boot.rules.filter((known) => listedKey(known.rule) === listedKey(rule));
  const obstacle = silencedObstacle(
    line,
    rule?.list,
    files.map((known) => `${known.file} line ${known.line}`),
  );
  return forPerson(obstacle, evidence);
}

function notYetWritten(found: Found, liveAfter: 'now' | 'reboot'): Comparison {
  const { judged, target, state, evidence, facts } = found;
  if (judged.atBoot.status === 'silenced') {
    const culprit = judged.boot.rules[judged.atBoot.by];
    const line = culprit === undefined ? '' : printRule(culprit.written);
    return forPerson(
      silencedObstacle(line, culprit?.rule.list, culprit === undefined ? [] : [`${culprit.file} line ${culprit.line}`]),
      evidence,
    );
  }
  const obstacle = obstacleToLoading(target, judged) ?? obstacleToKeeping(target, judged, state);
  if (obstacle !== undefined) {
    return forPerson(obstacle, evidence);
  }
  const kernel = liveAfter === 'now' && facts.audit.enabled !== 2 ? lackingInKernel(judged.ours, judged) : [];
  const near = kernelLines(judged).length + bootLines(judged).length > 0;
  const reason = near
    ? `rules around ${target.path} record less than is wanted`
    : `no audit rule records ${target.path}`;
  return fail(found, reason, { kernel, file: lackingInFiles(judged.ours, judged), liveAfter });
}

/** The files are right; the kernel is given what they say. */
function onlyInFile(found: Found): Comparison {
  const { judged, target, evidence } = found;
  const obstacle = obstacleToLoading(target, judged);
  if (obstacle !== undefined) {
    return forPerson(obstacle, evidence);
  }
  const covering = judged.atBoot.status === 'covered' ? judged.atBoot.by : [];
  const written = covering.flatMap((index) => judged.boot.rules[index]?.written ?? []);
  const reason = `the rule for ${target.path} is in a file but not loaded`;
  return fail(found, reason, { kernel: lackingInKernel(written, judged), file: [], liveAfter: 'now' });
}

interface Addition {
  readonly kernel: readonly AuditRule[];
  readonly file: readonly AuditRule[];
  readonly liveAfter: 'now' | 'reboot';
}

function fail(found: Found, reason: string, addition: Addition): Comparison {
  return { verdict: 'fail', reason, evidence: found.evidence, change: changeOf(found, addition) };
}

function changeOf(found: Found, { kernel, file, liveAfter }: Addition): ProposedChange {
  const { target, judged, state, facts } = found;
  const effect: Effect = {
    kernel: kernel.map(printRule),
    file: file.map(printRule),
    folders:
      file.length === 0 || !state.tmpfilesFolderThere
        ? []
        : state.runFolders.map((folder) => folderLine(folder.path, folder)),
  };
  return {
    address: addressOf(target),
    title: titleOf(target.path, effect, state.kind),
    target: {
      type: 'audit-rule',
      path: target.path,
      rules: [...new Set([...effect.kernel, ...effect.file])],
      file: fileFor(target.path),
    },
    op: effect.file.length === 0 ? 'activate' : 'add',
    before: { kernel: kernelLines(judged), file: bootLines(judged).map(({ written }) => printRule(written)) },
    after: { kernel: effect.kernel, file: effect.file, folders: effect.folders },
    fingerprint: fingerprintOf(found),
    risk: target.subject === 'docker-data-root' ? 'medium' : 'low',
    impact: 'none',
    liveAfter,
    reversible: true,
    needs: [],
    breaks: [],
    notes: notesFor(target, state, facts),
  };
}

function titleOf(path: AbsPath, effect: Effect, kind: AuditRuleState['kind']): string {
  const what = kind === 'directory' ? `${path} and all below it` : path;
  if (effect.file.length === 0) {
    return `Load the audit rule for ${what}`;
  }
  return effect.kernel.length === 0 ? `Write down the audit rule for ${what}` : `Audit ${what}`;
}

function fingerprintOf({ judged, state, facts }: Found): ProposedChange['fingerprint'] {
  const { audit } = facts;
  return digestOf({
    kernel: kernelLines(judged),
    files: bootLines(judged).map(({ written, file }) => [file, printRule(written)]),
    kind: state.kind,
    status: [audit.enabled, audit.failure, audit.loader, audit.version],
    diskActions: audit.diskActions,
  });
}

/** Not recorded, and not for harden to change. */
function forPerson(obstacle: Obstacle, evidence: readonly Evidence[]): Comparison {
  return { verdict: 'fail', reason: obstacle.reason, evidence, steps: obstacle.steps };
}
