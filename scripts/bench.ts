/**
 * The budgets, measured: `harden plan` on a live throwaway host beside `docker info` and the bare Engine API calls, all in one run,
 * with no container and with fifty. Prints medians and ratios; ends with 1 where a budget is broken.
 *
 * npm run bench [-- --runs N] [-- --peer COMMAND]      a peer is a program on the host under test, for example docker-bench-security
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ThrowawayHost, throwawayHost } from '../test/real/throwaway-host.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' }, peer: { type: 'string' } } });
const RUNS = Number(values.runs);
const here = import.meta.dirname;
/** Shown inside the host under test, where they leave no trace. */
const BINDS = {
  '/run/bench/harden': join(here, '../dist/harden'),
  '/run/bench/time': '/usr/bin/time',
  '/run/bench/node': process.execPath,
  '/run/bench/api.cjs': join(here, 'bench-api.cjs'),
};
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'harden plan': ['/run/bench/harden', 'plan', '--json'],
  'docker info': ['docker', 'info'],
  'bare API calls': ['/run/bench/node', '/run/bench/api.cjs'],
  ...(values.peer === undefined ? {} : { peer: values.peer.split(' ') }),
};
/** What is measured too, and taken off: the way into the host under test. */
const WAY_IN = ['true'];

interface Sample {
  /** Whole process, from start to end. */
  readonly wallMs: number;
  /** User and system time, of children too; the kernel tells it in steps of 10 ms. */
  readonly cpuMs: number;
  readonly peakMiB: number;
}

interface Row extends Sample {
  readonly name: string;
}

const broken: string[] = [];
for (const containers of [0, 50]) {
  report(containers, await measure(containers));
}
measureRecording();
console.log(
  broken.length === 0 ? '\nAll budgets are kept.' : `\nBroken:\n${broken.map((line) => `  ${line}`).join('\n')}`,
);
process.exitCode = broken.length === 0 ? 0 : 1;

async function measure(containers: number): Promise<readonly Row[]> {
  await using host = await throwawayHost('trixie', { audit: true, binds: BINDS });
  await host.startDockerd();
  await host.importBusybox('box');
  await startContainers(host, containers);
  const samples = new Map(Object.keys(COMMANDS).map((name) => [name, [] as Sample[]]));
  const wayIn: number[] = [];
  // In turns, so that whatever else this machine does meets all of them alike. The first turn warms up.
  for (let run = 0; run <= RUNS; run += 1) {
    wayIn.push(timed(host, WAY_IN).wallMs);
    for (const [name, command] of Object.entries(COMMANDS)) {
      const sample = timed(host, command);
      if (run > 0) {
        samples.get(name)?.push(sample);
      }
    }
  }
  return [...samples].map(([name, list]) => ({
    name,
    wallMs: median(list.map((one) => one.wallMs)) - median(wayIn),
    cpuMs: list.reduce((sum, one) => sum + one.cpuMs, 0) / list.length,
    peakMiB: median(list.map((one) => one.peakMiB)),
  }));
}

async function startContainers(host: ThrowawayHost, count: number): Promise<void> {
  if (count > 0) {
    await host.check(
      `for i in $(seq ${count}); do docker run -d --name c$i --stop-timeout 1 box sleep 1d >/dev/null || exit 1; done`,
      { timeoutMs: 300_000 },
    );
  }
}

/** @throws Error where the command did not succeed: nothing that failed is a measurement. */
function timed(host: ThrowawayHost, command: readonly string[]): Sample {
  const enter = ['-t', `${host.pid}`, '-m', '-n', '-u', '-i'];
  const figures = ['/run/bench/time', '-f', '%U %S %M', '-o', '/run/bench-time'];
  const before = performance.now();
  const { status } = spawnSync('nsenter', [...enter, ...figures, ...command], { stdio: 'ignore' });
  const wallMs = performance.now() - before;
  if (status !== 0) {
    throw new Error(`${command.join(' ')} ended with ${String(status)}`);
  }
  const told = spawnSync('nsenter', [...enter, 'cat', '/run/bench-time'], { encoding: 'utf8' }).stdout;
  const [user, system, peakKiB] = told.trim().split(' ').map(Number);
  if (user === undefined || system === undefined || peakKiB === undefined) {
    throw new Error(`no figures of ${command.join(' ')}: ${told}`);
  }
  return { wallMs, cpuMs: (user + system) * 1000, peakMiB: peakKiB / 1024 };
}

function report(containers: number, rows: readonly Row[]): void {
  console.log(`\n${containers} containers, ${RUNS} runs each in turns: median time, mean CPU, peak memory`);
  for (const { name, wallMs, cpuMs, peakMiB } of rows) {
    console.log(
      `  ${name.padEnd(16)} ${wallMs.toFixed(0).padStart(6)} ms ${cpuMs.toFixed(0).padStart(6)} ms CPU ${peakMiB.toFixed(0).padStart(4)} MiB`,
    );
  }
  const time = (wanted: string): number | undefined => rows.find(({ name }) => name === wanted)?.wallMs;
  const plan = rows.find(({ name }) => name === 'harden plan');
  const floor = containers === 0 ? 'docker info' : 'bare API calls';
  const floorMs = time(floor);
  if (plan === undefined || floorMs === undefined) {
    throw new Error('nothing was measured');
  }
  keep(plan.wallMs / floorMs, 3, `times ${floor} for a plan with ${containers} containers`);
  keep(plan.peakMiB, 110, `MiB for a plan with ${containers} containers`);
  const peerMs = time('peer');
  if (peerMs !== undefined) {
    const faster = containers === 0 ? 40 : 200;
    keep((plan.wallMs / peerMs) * faster, 1, `of the peer's time divided by ${faster}, with ${containers} containers`);
  }
}

/** Many plans from one recording in one process. */
function measureRecording(): void {
  const done = spawnSync(process.execPath, [join(here, 'bench-recording.ts')], { encoding: 'utf8' });
  const perPlan = Number(done.stdout);
  if (done.status !== 0 || !(perPlan > 0)) {
    throw new Error(`plans from a recording could not be timed: ${done.stderr}`);
  }
  console.log('\nMany plans from a recording in one process');
  keep(perPlan, 1, 'ms for each');
}

function keep(measured: number, budget: number, what: string): void {
  const line = `${measured.toFixed(2)} ${what} (budget ${budget})`;
  console.log(`  ${line}`);
  if (measured > budget) {
    broken.push(line);
  }
}

function median(list: readonly number[]): number {
  const middle = list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  if (middle === undefined) {
    throw new Error('nothing was measured');
  }
  return middle;
}
