import { join } from 'node:path';
import { expect } from 'vitest';
import { Plan } from '../../src/model/plan.ts';
import { harden } from './program.ts';

const RECORDING = join(import.meta.dirname, '../../snapshots/hosts/debian-13-sample.json');
/** A recorded host named sample. */
export const FROM = ['--from', RECORDING];
/** So many days from today, UTC. */
export const day = (from: number): string => new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10);
/** A waiver as it stands in a file. */
export const entry = (control: string, until: string, more = ''): string =>
  `{ control: '${control}', reason: 'R of ${control}', owner: 'ops', until: '${until}'${more} }`;
export const fileOf = (...entries: readonly string[]): string =>
  `{\n  schema: 'urn:harden:waiver:1',\n  waivers: [\n    ${entries.join(',\n    ')},\n  ],\n}\n`;

/** What `harden plan --json` prints, and what it tells beside it. */
export async function plan(...args: readonly string[]): Promise<{ readonly plan: Plan; readonly stderr: string }> {
  const { code, stdout, stderr } = await harden(['plan', '--json', ...args]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { plan: Plan.parse(JSON.parse(stdout)), stderr };
}

export const verdictOf = (all: Plan, id: string) => all.controls.find(({ ids }) => ids[0] === id)?.verdict;
