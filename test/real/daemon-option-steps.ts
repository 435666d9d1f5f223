import { fileURLToPath } from 'node:url';
import type { StepInput } from '../../src/model/transaction.ts';
import type { Answer, Question } from './daemon-option-driver.ts';
import type { RunResult, TestHost } from './throwaway-host.ts';

const HERE = fileURLToPath(new URL('../..', import.meta.url));
const INSIDE = '/run/project';

/** For `throwawayHost` and `systemdHost`: the project is seen inside. */
export const withProject = { binds: { [INSIDE]: HERE } };

/** Runs the driver inside the host. */
export async function ask(host: TestHost, question: Question): Promise<Answer> {
  const output = await host.check(
    [`${INSIDE}/node_modules/node/bin/node`, `${INSIDE}/test/real/daemon-option-driver.ts`],
    { input: JSON.stringify(question) },
  );
  return JSON.parse(output) as Answer;
}

/** Runs the program from its sources inside the host, whatever was built. */
export function harden(host: TestHost, ...args: readonly string[]): Promise<RunResult> {
  return host.run([`${INSIDE}/node_modules/node/bin/node`, `${INSIDE}/src/cli/harden.ts`, ...args], {
    timeoutMs: 100_000,
  });
}

/** Carries out the steps in order as a transaction would, without its safety; gives the activations in between. */
export async function carryOut(host: TestHost, steps: readonly StepInput[]): Promise<readonly string[]> {
  const activated: string[] = [];
  for (const step of steps) {
    switch (step.kind) {
      case 'write-file':
        // Printed by the driver, so the content came as base64.
        await host.write(step.path, Buffer.from(String(step.content), 'base64'), 0o600);
        break;
      case 'remove-file':
        await host.check(['rm', step.path]);
        break;
      case 'make-directory':
        await host.check(['mkdir', step.path]);
        break;
      case 'activate':
        for (const { tool, args } of step.activation.commands) {
          await host.check([tool, ...args]);
        }
        await host.check('for _ in $(seq 100); do docker version >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1');
        activated.push(step.activation.action);
        break;
      case 'remove-directory':
        await host.check(['rmdir', '--ignore-fail-on-non-empty', step.path]);
        break;
      case 'set-access':
      case 'command':
        throw new Error(`no step of a daemon option here: ${step.kind}`);
    }
  }
  return activated;
}
