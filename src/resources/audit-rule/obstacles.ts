import type { AuditFacts } from '../../model/facts.ts';
import type { BootTrouble } from './boot.ts';
import type { Judged } from './judge.ts';
import type { AuditRuleState } from './observe.ts';
import { fileFor, loadsBeforeOurs } from './ours.ts';
import { isPrintable } from './print.ts';
import type { AuditTarget } from './targets.ts';

/** Why harden does not add a rule, and what a person does. */
export interface Obstacle {
  readonly reason: string;
  readonly steps: readonly string[];
}

/** What stands against loading such a rule at all. */
export function obstacleToLoading(target: AuditTarget, { audit }: Judged): Obstacle | undefined {
  return target.subject === 'docker-data-root' ? (panicObstacle(audit) ?? fullDiskObstacle(audit)) : undefined;
}

/** What stands against writing it into a rule file, or makes the file useless. */
export function obstacleToKeeping(target: AuditTarget, judged: Judged, state: AuditRuleState): Obstacle | undefined {
  const { audit } = judged;
  if (!isPrintable(target.path)) {
    return {
      reason: `A rule file cannot carry the name ${JSON.stringify(target.path)}.`,
      steps: ['Give it a name without control characters.'],
    };
  }
  if (audit.loader === 'auditctl -R') {
    return {
      reason: `This host loads /etc/audit/audit.rules with auditctl -R and does not read ${audit.rulesDirectory}.`,
      steps: [
        'Let auditd load its rules with augenrules (in its unit, or USE_AUGENRULES="yes" where there is such a setting), and move the rules of /etc/audit/audit.rules into a file there.',
        'Run harden again.',
      ],
    };
  }
  if (!state.rulesFolderThere) {
    return {
      reason: `${audit.rulesDirectory} is not there, so no rule would last over a boot.`,
      steps: ['Install the auditd package whole, then run harden again.'],
    };
  }
  const trouble = firstTrouble(target, judged);
  return trouble === undefined ? undefined : troubleObstacle(trouble);
}

function firstTrouble(target: AuditTarget, { audit, boot }: Judged): BootTrouble | undefined {
  const order = audit.ruleFiles.map(({ path }) => path);
  return boot.troubles.find(
    ({ kind, file }) => kind !== 'refused' || loadsBeforeOurs(file, order, fileFor(target.path)),
  );
}

function troubleObstacle({ kind, file, line, column, message }: BootTrouble): Obstacle {
  const place = [
    file,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ].join(' ');
  return {
    reason: `Audit rules stop loading at ${place}: ${message}. Rules behind it would be lost at the next boot.`,
    steps: [
      kind === 'file'
        ? `Replace ${file} by a regular file, or move it away.`
        : `Correct or remove ${line === undefined ? '' : `line ${line} of `}${file}.`,
      'See what is loaded with augenrules --check, then run harden again.',
    ],
  };
}

/** failure 2: the kernel panics where it cannot keep an event, and this place makes many. */
function panicObstacle({ failure }: AuditFacts): Obstacle | undefined {
  return failure !== 2
    ? undefined
    : {
        reason:
          'The kernel is told to panic when it cannot keep an audit event (failure 2), and a rule for this place makes very many.',
        steps: [
          'Set -f 1 in the rule files if a lost event must not stop the machine, load them, then run harden again.',
        ],
      };
}

const FULL_DISK = ['space_left_action', 'admin_space_left_action', 'disk_full_action'];

function fullDiskObstacle({ diskActions }: AuditFacts): Obstacle | undefined {
  const found = FULL_DISK.find((name) => /^(?:HALT|SINGLE)$/i.test(diskActions[name] ?? ''));
  return found === undefined
    ? undefined
    : {
        reason: `auditd takes the machine down when its disk fills up (${found} = ${diskActions[found] ?? ''}), and a rule for this place fills it.`,
        steps: [
          `Decide what matters more. With ${found} = SUSPEND or ROTATE in /etc/audit/auditd.conf, or a large volume of its own for /var/log/audit, this rule is safe to add.`,
          'Run harden again, or leave this control out.',
        ],
      };
}

/** A rule that is there already keeps these accesses out of the log. */
export function silencedObstacle(line: string, list: string | undefined, files: readonly string[]): Obstacle {
  const where =
    files.length === 0 ? 'No rule file holds it: some program has set it.' : `It stands in ${files.join(' and ')}.`;
  return {
    reason: `${silenceOf(list)}: ${line}`,
    steps: [
      `${where} Take it out there, and out of the kernel with auditctl -d.`,
      ...(list === 'task'
        ? ['Restart dockerd and containerd afterwards: processes keep the exemption they were started with.']
        : []),
      'Run harden again.',
    ],
  };
}

const SILENCES: Readonly<Record<string, string>> = {
  task: 'A rule exempts new processes from auditing, so no rule records what they do',
  exclude: 'A rule drops the records that every event needs',
  filesystem: 'A rule leaves out this whole file system',
};

function silenceOf(list: string | undefined): string {
  return SILENCES[list ?? ''] ?? 'A rule that comes first leaves these accesses out';
}
