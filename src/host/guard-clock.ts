import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { GUARD_READY, type RevertAlarm, type RevertClock } from '../model/revert-clock.ts';
import { errnoOf } from './errno.ts';
import { runProgram } from './run-tool.ts';
import type { ClockOptions } from './systemd-clock.ts';
import { CLEAN_ENVIRONMENT } from './tools.ts';

const READY_LIMIT_MS = 10_000;

/** A process in a session of its own that waits and then does the revert. Whoever ends it, and a reboot, end the clock. */
export function guardClock({ program, argsFor, monotonicMs }: ClockOptions): RevertClock {
  const [main, ...rest] = program.argv;
  return {
    kind: 'guard',
    rehearse: async () => {
      const outcome = await runProgram(main, [...rest, '--version'], READY_LIMIT_MS);
      if (outcome.type !== 'exited' || outcome.code !== 0) {
        throw new Error(`${main} could not be started (${outcome.type})`);
      }
    },
    arm: async (alarm) => {
      const due = Math.round(monotonicMs() + alarm.inMs);
      await start(main, [...rest, ...argsFor(alarm), '--after', `${alarm.inMs}`]);
      if (guardsOf(alarm.name).length === 0) {
        throw new Error('the guard process ended at once');
      }
      return due;
    },
    disarm: (name) => {
      guardsOf(name).forEach(end);
      return Promise.resolve();
    },
  };
}

function start(main: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(main, args, {
      cwd: '/',
      env: CLEAN_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const fail = (reason: string): void => {
      clearTimeout(limit);
      reject(new Error(`the guard process does not wait: ${reason}`));
    };
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      fail('it gave no answer');
    }, READY_LIMIT_MS);
    child.once('error', (error) => fail(errnoOf(error)));
    child.once('exit', (code) => fail(`exit ${code ?? 'by a signal'}`));
    child.stdout.once('data', (said: Buffer) => {
      clearTimeout(limit);
      child.removeAllListeners('exit');
      child.stdout.destroy();
      child.unref();
      if (said.toString() === GUARD_READY) {
        resolve();
      } else {
        fail('it said something else');
      }
    });
  });
}

/** Processes that were started for that alarm; only those say its name after `--clock`. */
function guardsOf(name: RevertAlarm['name']): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^[1-9]\d*$/.test(entry))
    .filter((pid) => {
      const argv = argvOf(pid);
      const at = argv.indexOf('--clock');
      return at > 0 && argv[at + 1] === name && argv.includes('--after');
    })
    .map(Number);
}

function argvOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') {
      throw error;
    }
  }
}
