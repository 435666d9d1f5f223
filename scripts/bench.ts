/**
 * The budgets, measured: `harden plan` on a live throwaway host beside `docker info` and the bare Engine API calls, all in one run,
 * with no container and with fifty. Prints medians and ratios; ends with 1 where a budget is broken.
 *
 * npm run bench [-- --runs N] [-- --peer COMMAND]      a peer is a program on the host under test, for example docker-bench-security
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ThrowawayHost, throwawayHost } from '../test/real/throwaway-host.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '9' }, peer: { type: 'string' } } });
const RUNS = Number(values.runs);
const HARDEN = 'dist/harden';
const TIME = '/usr/bin/time';

interface Measured {
  readonly name: string;
  /** Seconds, whole process. */
  readonly seconds: number;
  readonly peakMiB: number;
}

const budgets: string[] = [];
for (const containers of [0, 50]) {
  await measure(containers);
}
measureRecording();
console.log(
  budgets.length === 0 ? '\nAll budgets are kept.' : `\nBroken:\n${budgets.map((line) => `  ${line}`).join('\n')}`,
);
process.exitCode = budgets.length === 0 ? 0 : 1;

async function measure(containers: number): Promise<void> {
  const binds = {
    '/run/bench/harden': HARDEN,
    '/run/bench/time': TIME,
    '/run/bench/node': process.execPath,
    '/run/bench/api.cjs': 'scripts/bench-api.cjs',
  };
  await using host = await throwawayHost('trixie', { audit: true, binds });
  await host.startDockerd();
  await host.importBusybox('box');
  await startContainers(host, containers);
  const commands: Record<string, readonly string[]> = {
    'harden plan': ['/run/bench/harden', 'plan', '--json'],
    'docker info': ['docker', 'info'],
    'bare API calls': ['/run/bench/node', '/run/bench/api.cjs'],
    ...(values.peer === undefined ? {} : { peer: values.peer.split(' ') }),
  };
  const samples = new Map(Object.keys(commands).map((name) => [name, [] as { seconds: number; peakMiB: number }[]]));
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const sample = timed(host, command);
      if (run > 0) {
        samples.get(name)?.push(sample);
      }
    }
  }
  report(
    containers,
    [...samples].map(([name, list]) => ({
      name,
      seconds: median(list.map((item) => item.seconds)),
      peakMiB: median(list.map((item) => item.peakMiB)),
    })),
  );
}

async function startContainers(host: ThrowawayHost, count: number): Promise<void> {
  if (count > 0) {
    await host.check(
      `for i in $(seq ${count}); do docker run -d --name c$i --stop-timeout 1 box sleep 1d >/dev/null || exit 1; done`,
      { timeoutMs: 300_000 },
    );
  }
}

/** Whole process, as the kernel accounts it; entering the host is outside of what is timed. */
function timed(
  host: ThrowawayHost,
  command: readonly string[],
): { readonly seconds: number; readonly peakMiB: number } {
  const args = [
    '-t',
    `${host.pid}`,
    '-m',
    '-n',
    '-u',
    '-i',
    '/run/bench/time',
    '-f',
    '%e %M',
    '-o',
    '/run/bench-time',
    ...command,
  ];
  const before = performance.now();
  const done = spawnSync('nsenter', args, { stdio: 'ignore' });
  const seconds = (performance.now() - before) / 1000;
  if (done.error !== undefined) {
    throw done.error;
  }
  const figures = spawnSync('nsenter', ['-t', `${host.pid}`, '-m', 'tail', '-n', '1', '/run/bench-time'], {
    encoding: 'utf8',
  })
    .stdout.trim()
    .split(' ');
  return { seconds, peakMiB: Number(figures[1]) / 1024 };
}

function report(containers: number, rows: readonly Measured[]): void {
  console.log(`\n${containers} containers, ${RUNS} runs each, medians`);
  for (const row of rows) {
    console.log(
      `  ${row.name.padEnd(16)} ${row.seconds.toFixed(3).padStart(8)} s  ${row.peakMiB.toFixed(0).padStart(5)} MiB`,
    );
  }
  const plan = rows.find((row) => row.name === 'harden plan');
  const floor = rows.find((row) => row.name === (containers === 0 ? 'docker info' : 'bare API calls'));
  const peer = rows.find((row) => row.name === 'peer');
  if (plan === undefined || floor === undefined) {
    throw new Error('nothing was measured');
  }
  const ratio = plan.seconds / floor.seconds;
  console.log(`  plan / ${floor.name}: ${ratio.toFixed(2)} (budget 3)`);
  if (ratio > 3) {
    budgets.push(`plan with ${containers} containers takes ${ratio.toFixed(2)} times ${floor.name}`);
  }
  if (plan.peakMiB > 110) {
    budgets.push(`plan with ${containers} containers peaks at ${plan.peakMiB.toFixed(0)} MiB (budget 110)`);
  }
  if (peer !== undefined) {
    const faster = peer.seconds / plan.seconds;
    console.log(`  peer / plan: ${faster.toFixed(0)} (budget ${containers === 0 ? 40 : 200})`);
    if (faster < (containers === 0 ? 40 : 200)) {
      budgets.push(`plan with ${containers} containers is only ${faster.toFixed(0)} times faster than the peer`);
    }
  }
}

/** Many plans from one recording in one process. */
function measureRecording(): void {
  const done = spawnSync(process.execPath, ['scripts/bench-recording.ts'], { encoding: 'utf8' });
  const perPlan = Number(done.stdout);
  if (done.status !== 0 || !Number.isFinite(perPlan)) {
    throw new Error(`plans from a recording could not be timed: ${done.stderr}`);
  }
  console.log(`\nplan from a recording, in one process: ${perPlan.toFixed(2)} ms each (budget 1)`);
  if (perPlan > 1) {
    budgets.push(`a plan from a recording takes ${perPlan.toFixed(2)} ms`);
  }
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined || !existsSync(HARDEN)) {
    throw new Error('nothing was measured: npm run build first');
  }
  return middle;
}
