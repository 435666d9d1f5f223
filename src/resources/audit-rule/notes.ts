import type { EngineFacts, HostFacts } from '../../model/facts.ts';
import type { AuditRuleState } from './observe.ts';
import { isBelowRun } from './paths.ts';
import type { AuditTarget } from './targets.ts';

/** Events of one container's whole life (created, started, stopped, removed) under write and attribute rules on the data root: 168 to 209 measured with Docker 20.10 to 28.5. */
const EVENTS_PER_CONTAINER = 200;
/** Of log for such a life; measured 225 to 245 kB. */
const LOG_PER_CONTAINER = '0.25 MB';
/** Of one start and stop in the state folder of containerd; 52 and 53 measured. */
const STATE_EVENTS_PER_CONTAINER = 50;

/** What a person should know before the rule is added; each a sentence. */
export function notesFor(target: AuditTarget, state: AuditRuleState, facts: HostFacts): readonly string[] {
  const { audit, engine } = facts;
  const noFolders = isBelowRun(target.path) && state.runFolders.length > 0 && !state.tmpfilesFolderThere;
  return [
    ...placeNotes(target, engine),
    ...(target.subject === 'docker-data-root' && (audit.lost ?? 0) > 0
      ? [
          'The kernel has lost audit events since it was booted; a larger backlog_limit is worth a thought before this rule.',
        ]
      : []),
    ...(audit.enabled === 0
      ? ['Auditing is switched off in the kernel (enabled 0): rules record nothing until auditd runs.']
      : []),
    ...(audit.enabled === 2
      ? [
          'The kernel takes no audit rules until the next boot; what is loaded by it can be taken back by a further boot only.',
        ]
      : []),
    ...(noFolders
      ? ['There is no /etc/tmpfiles.d: where the folder is missing when rules are loaded, this rule is not loaded.']
      : []),
  ];
}

const SOCKET_NOTE =
  'Recorded is who changes, replaces or removes the socket; connecting to it is not, so API calls are not seen.';

function placeNotes({ subject }: AuditTarget, engine: EngineFacts): readonly string[] {
  if (subject === 'docker-data-root') {
    return [eventsNote(engine), 'Every write of a container into a volume is recorded too.'];
  }
  if (subject === 'containerd-state-directory') {
    return [`About ${STATE_EVENTS_PER_CONTAINER} audit events for each container that is started and stopped.`];
  }
  return subject === 'docker-socket' || subject === 'containerd-socket' ? [SOCKET_NOTE] : [];
}

function eventsNote({ recentStarts }: EngineFacts): string {
  if (recentStarts === undefined) {
    return `About ${EVENTS_PER_CONTAINER} audit events (${LOG_PER_CONTAINER} of log) for each container that is created, started, stopped and removed.`;
  }
  const starts = recentStarts === 1 ? '1 container start' : `${recentStarts} container starts`;
  return `About ${recentStarts * EVENTS_PER_CONTAINER} events/h from the ${starts} of the last hour, ${EVENTS_PER_CONTAINER} (${LOG_PER_CONTAINER} of log) for each container's whole life.`;
}
