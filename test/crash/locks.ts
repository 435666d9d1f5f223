import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashMethod, MethodResult } from './method.ts';
import { checkRecovered, realScene, stateOfHost } from './process.ts';
import { runChild } from './processes.ts';
import { copyHost, missingForReal, openReal, removeHost } from './real-world.ts';
import { tally } from './tally.ts';
import { refusalOf } from './trial.ts';

const AT_ONCE = 20;
const HOLDER = join(import.meta.dirname, '../real/state-holder.ts');

/** All start at the same moment, again and again; none may come in between another. */
async function allAtOnce(rounds: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  for (let round = 0; round < rounds; round += 1) {
    const folder = copyHost(scene.template);
    try {
      const ends = await Promise.all(Array.from({ length: AT_ONCE }, () => runChild({ folder, work: 'apply' })));
      ends.forEach(() => found.point());
      const committed = ends.filter(({ said }) => said?.outcome === 'committed').length;
      // One that comes when the winner has ended finds the host changed already, or its id taken.
      const others = ends.filter(({ said }) => said?.outcome !== 'committed');
      const turnedAway = others.filter(({ stderr }) => /H2104|H2110|is no new transaction id/.test(stderr)).length;
      found.check(committed === 1, () => `round ${round}: ${committed} committed`);
      found.check(
        turnedAway === others.length,
        () => `round ${round}: ${others.map(({ stderr }) => stderr.slice(-300)).join(' | ')}`,
      );
      found.check(
        others.some(({ stderr }) => stderr.includes('H2104')),
        () => `round ${round}: nobody met the lock`,
      );
      checkRecovered(found, scene, { folder, allowed: ['new'], why: `${AT_ONCE} at once, round ${round}` });
    } finally {
      removeHost(folder);
    }
  }
  return found.result();
}

async function hold(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await once(child, 'exit');
}

/** The next one gets the lock at once, and ends what the dead one began before anything else. */
async function holderKilled(rounds: number): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  for (let round = 0; round < rounds; round += 1) {
    const folder = copyHost(scene.template);
    try {
      await runChild({ folder, work: 'apply', death: { at: 60 + 17 * round, when: 'after', by: 'SIGKILL' } });
      const { said, stderr } = await runChild({ folder, work: 'recover' });
      found.check(said !== undefined, () => `after the death of the holder: ${stderr.slice(-300)}`);
      checkRecovered(found, scene, { folder, allowed: ['old', 'new'], why: `holder killed at ${60 + 17 * round}` });
    } finally {
      removeHost(folder);
    }
  }
  found.add(await lockFiles(scene.template));
  return found.result();
}

/** A lock file that was taken away, exchanged or emptied while it is held lets nobody else in; and no program that was started keeps it. */
async function lockFiles(template: string): Promise<MethodResult> {
  const found = tally();
  const damages: Readonly<Record<string, (file: string) => void>> = {
    removed: (file) => unlinkSync(file),
    'moved away': (file) => renameSync(file, `${file}-away`),
    exchanged: (file) => {
      unlinkSync(file);
      writeFileSync(file, '', { mode: 0o600 });
    },
    emptied: (file) => writeFileSync(file, ''),
  };
  for (const [what, damage] of Object.entries(damages)) {
    for (const place of ['lock/lock', 'state/lock']) {
      found.point();
      const folder = copyHost(template);
      const holder = await hold(folder);
      damage(join(folder, place));
      const said = refusalOf(() => openReal(folder).close());
      found.check(said?.startsWith('H2104') === true, () => `${place} ${what} while held: ${said ?? 'let in'}`);
      await end(holder, 'SIGKILL');
      const after = refusalOf(() => openReal(folder).close());
      found.check(after === undefined, () => `${place} ${what}, holder dead: ${after ?? ''}`);
      removeHost(folder);
    }
  }
  found.add(await notInherited(template));
  return found.result();
}

async function notInherited(template: string): Promise<MethodResult> {
  const found = tally();
  found.point();
  const folder = copyHost(template);
  const store = openReal(folder);
  // As a service that is restarted would, it lives on.
  const daemon = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(daemon, 'spawn');
  const locks = readdirSync(`/proc/${daemon.pid ?? 0}/fdinfo`).filter((fd) =>
    readFileSync(`/proc/${daemon.pid ?? 0}/fdinfo/${fd}`, 'utf8').includes('FLOCK'),
  );
  found.check(locks.length === 0, () => `a program that was started holds the lock (${locks.join()})`);
  store.close();
  const said = refusalOf(() => openReal(folder).close());
  found.check(said === undefined, () => `while a program that was started lives on: ${said ?? ''}`);
  await end(daemon, 'SIGKILL');
  removeHost(folder);
  return found.result();
}

/** A stopped holder keeps its lock, however long; when it goes on it is still the only one. */
async function stopped(): Promise<MethodResult> {
  using scene = realScene();
  const found = tally();
  for (const pauseMs of [50, 400, 1500]) {
    const folder = copyHost(scene.template);
    try {
      const holder = await hold(folder);
      holder.kill('SIGSTOP');
      await new Promise((resolve) => void setTimeout(resolve, pauseMs));
      found.point();
      const said = refusalOf(() => openReal(folder).close());
      found.check(said?.startsWith('H2104') === true, () => `while the holder is stopped: ${said ?? 'let in'}`);
      found.check(stateOfHost(scene, folder) === 'old', () => 'a stopped holder changed something');
      holder.kill('SIGCONT');
      await end(holder, 'SIGTERM');
      const after = refusalOf(() => openReal(folder).close());
      found.check(after === undefined, () => `after a stopped holder has ended: ${after ?? ''}`);
    } finally {
      removeHost(folder);
    }
  }
  return found.result();
}

export const LOCK_METHODS: readonly CrashMethod[] = [
  {
    name: 'locks: 20 at once',
    rows: ['T71'],
    least: { quick: AT_ONCE, full: 5 * AT_ONCE },
    missing: missingForReal,
    run: (effort) => allAtOnce(effort === 'full' ? 5 : 1),
  },
  {
    name: 'locks: holder dies or stops',
    rows: ['T08', 'T72', 'T73', 'T74'],
    least: { quick: 13, full: 20 },
    missing: missingForReal,
    run: async (effort) => {
      const found = tally();
      found.add(await holderKilled(effort === 'full' ? 8 : 1));
      found.add(await stopped());
      return found.result();
    },
  },
];
