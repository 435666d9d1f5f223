import { apply } from '../../src/app/apply.ts';
import { healthChecks } from '../../src/app/health-files.ts';
import type { RunOutcome } from '../../src/app/outcome.ts';
import type { Ui } from '../../src/app/ui.ts';
import { DEFAULT_PROFILE } from '../../src/catalogue/profiles.ts';
import { groundFor, wishFor } from '../../src/cli/compose.ts';
import { newId } from '../../src/cli/new-id.ts';
import { outcomeExit, outcomeText } from '../../src/cli/outcome.ts';
import { containerTrial } from '../../src/host/container-trial.ts';
import { healthProbes } from '../../src/host/health-probes.ts';
import { liveSys } from '../../src/host/live-sys.ts';
import { absPath } from '../../src/model/brand.ts';
import type { Sys } from '../../src/model/sys.ts';
import { openStore } from '../../src/state/store.ts';

/**
 * `harden apply --yes --max-impact restart -c CONTROLS` with the sources, on the host it runs on, with no patience: no command, and
 * nothing that has to come back but containers, gets more than LIMIT milliseconds. Arguments: LIMIT, CONTROLS. Exit code and text are those of the
 * product; as standard error the outcome in JSON.
 */
const [limit = '2000', controls = '2.15-2.17'] = process.argv.slice(2);
const limitMs = Number(limit);
const ground = groundFor({ root: undefined, from: undefined });
const patient = liveSys(absPath('/'));
const targetSys: Sys = { ...patient, run: (command, timeoutMs) => patient.run(command, Math.min(timeoutMs, limitMs)) };
const store = openStore({
  stateSys: patient,
  stateDir: absPath('/var/lib/harden'),
  lockDir: absPath('/run/harden'),
  targetSys,
  targetTrust: 'strict',
  bootId: ground.host.identity().bootId,
  uid: 0,
  holder: { pid: process.pid, command: 'apply' },
});
const ui: Ui = {
  canAsk: false,
  ask: () => Promise.resolve({ type: 'declined' }),
  stopRequested: () => undefined,
  progress: () => undefined,
};
const outcome = await run();
store.close();
const style = { width: 80, colour: false };
process.stdout.write(
  outcomeText(outcome, 'apply', { out: style, err: style, canAsk: false, live: false, talk: 'usual' }),
);
process.stderr.write(JSON.stringify(outcome));
process.exitCode = outcomeExit(outcome);

function run(): Promise<RunOutcome> {
  store.recover();
  const chosen = { profile: DEFAULT_PROFILE, control: [controls], exclude: [] };
  return apply(
    ground,
    store,
    {
      wish: wishFor(ground, chosen, 60_000),
      approvedPlan: undefined,
      yes: true,
      ceiling: { maxRisk: 'high', maxImpact: 'restart' },
      dryRun: false,
      newId,
      health: {
        probes: healthProbes(),
        trial: containerTrial(),
        checks: healthChecks(ground.host, []),
        limits: { engineMs: limitMs, containersMs: 40_000, portsMs: limitMs, trialMs: limitMs, watchMs: 3_000 },
      },
    },
    ui,
  );
}
