import { absPath } from '../model/brand.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { HostFacts } from '../model/facts.ts';
import type { CommandOutcome, HostReader } from '../model/host.ts';
import { candidateFor, validateCommand } from '../resources/daemon-option/index.ts';
import type { Work } from '../resources/resource-type.ts';
import type { Store } from '../state/store.ts';

const VALIDATE_LIMIT_MS = 20_000;

/**
 * Lets the installed dockerd look at every daemon.json this work is going to write, with the flags it runs with, before anything is changed.
 * Engines before 23 have no such check; there our own, which ran when the work was made, stands alone.
 * @throws HardenError where dockerd would refuse it.
 */
export function preflight(work: Work, facts: HostFacts, host: HostReader, store: Store): void {
  const { path } = facts.engine.configFile;
  // The file itself is written where the name is a link.
  const real = host.realPath(path);
  const written = real.status === 'present' ? real.value : path;
  for (const step of work.steps) {
    if (step.kind === 'write-file' && step.path === written && facts.hostKind === 'live') {
      const candidateBytes = new TextEncoder().encode(candidateFor(new TextDecoder().decode(step.content)));
      store.withScratch('candidate.json', candidateBytes, (candidate, run) => {
        const command = validateCommand(facts, absPath(candidate));
        if (command !== undefined) {
          refuseUnlessValid(run(command, VALIDATE_LIMIT_MS), candidate, path);
        }
      });
    }
  }
}

function refuseUnlessValid(outcome: CommandOutcome, candidate: string, path: string): void {
  if (outcome.type === 'exited' && outcome.code === 0) {
    return;
  }
  throw new HardenError({
    code: 'H3010',
    exit: EXIT.planNotApplicable,
    message: `dockerd would not start with the planned ${path}. Nothing was changed.`,
    details: [reasonOf(outcome).replaceAll(candidate, path)],
    hint: 'To plan again: harden plan',
  });
}

function reasonOf(outcome: CommandOutcome): string {
  switch (outcome.type) {
    case 'exited':
      return `dockerd --validate says: ${(outcome.stderr + outcome.stdout).trim()}`;
    case 'killed':
      return `dockerd --validate was ended by ${outcome.signal}`;
    case 'timed-out':
      return `dockerd --validate gave no answer within ${outcome.afterMs / 1000} s`;
    case 'not-found':
      return 'dockerd was not found';
    case 'not-started':
      return outcome.reason;
  }
}
