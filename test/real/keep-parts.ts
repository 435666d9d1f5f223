import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { StatusAnswer } from '../../src/model/answers/host.ts';
import { expectAnswer } from '../helpers/answers.ts';
import { HARDEN, harden } from './built-harden.ts';
import type { HostLayer } from './host-layer.ts';
import { layerOf } from './systemd-parts.ts';
import type { RunOptions, RunResult, TestHost } from './throwaway-host.ts';

/** One change that needs no restart, so that a test takes seconds. */
export const ONE_CHANGE = ['-c', 'live-restore', '--no-trial-container'];
const YES = ['--yes', '--max-risk', 'high', '--max-impact', 'restart'];
export const UNITS = '/etc/systemd/system';

/** Applies one change that is taken back after `within`; gives its id. */
export async function applyFor(host: TestHost, within: string, args: readonly string[] = ONE_CHANGE): Promise<string> {
  const { code, stdout, stderr } = await applyWithin(host, within, args);
  expect(`${code} ${stderr}`, stdout).toMatch(/^0 /);
  return idIn(stdout);
}

export function applyWithin(
  host: TestHost,
  within: string,
  args: readonly string[] = ONE_CHANGE,
  options: RunOptions = {},
): Promise<RunResult> {
  return harden(host, ['apply', ...args, ...YES, '--confirm-within', within], options);
}

export function idIn(text: string): string {
  const id = /harden confirm\s+([0-9a-f]{8})/.exec(text)?.[1];
  if (id === undefined) {
    throw new Error(`no run to keep is named:\n${text}`);
  }
  return id;
}

export async function statusOf(host: TestHost): Promise<StatusAnswer> {
  return expectAnswer('status', (await harden(host, ['status', '--json'])).stdout);
}

/** Waits until the run waits no more and what took it back has looked at the host; seconds since the call. */
export async function untilTakenBack(host: TestHost, id: string, limitMs = 40_000): Promise<number> {
  const from = Date.now();
  for (;;) {
    const { reverts, pending } = await statusOf(host);
    const note = reverts.find((one) => one.id === id);
    if (pending === null && note !== undefined && note.notAsBefore !== null) {
      expect(note.notAsBefore).toEqual([]);
      return (Date.now() - from) / 1000;
    }
    if (Date.now() - from > limitMs) {
      throw new Error(`not taken back after ${limitMs} ms: ${await journalOf(host)}`);
    }
    await sleep(100);
  }
}

export async function until(host: TestHost, condition: string, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while ((await host.run(condition)).code !== 0) {
    if (Date.now() > end) {
      throw new Error(`not so after ${limitMs} ms: ${condition}`);
    }
    await sleep(50);
  }
}

export async function journalOf(host: TestHost): Promise<string> {
  return (await host.run('journalctl --no-pager -n 60 -o short-precise 2>&1 | grep -i -e harden -e docker')).stdout;
}

/** All but the times of folders, which change when something in them does, and what systemd writes. */
export async function hostNow(host: TestHost): Promise<HostLayer> {
  return layerOf(host);
}

/** Neither a clock nor the net for the next boot. A unit that systemd was made to read lives on in its memory, without a file. */
export async function expectNothingLeft(host: TestHost): Promise<void> {
  await until(host, "! systemctl list-units --all --no-legend --plain 'harden-revert-*' | grep -q .");
  expect(await host.check(`find ${UNITS} -name '*harden*'; ls -d ${UNITS}/sysinit.target.d 2>/dev/null || true`)).toBe(
    '',
  );
}

/** Ends the running apply with a signal; the program of this host only. */
export async function signalApply(host: TestHost, name: string): Promise<void> {
  await host.check(`pkill -${name} --ns $$ --nslist mnt -f '^${HARDEN} apply'`);
}
