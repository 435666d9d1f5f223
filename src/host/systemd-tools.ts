import type { CommandOutcome } from '../model/host.ts';
import { runProgram } from './run-tool.ts';
import { type KnownTool, findTool } from './tools.ts';

const LIMIT_MS = 10_000;

/** Properties of a unit as systemctl shows them. */
export type Shown = ReadonlyMap<string, string>;

/** Runs a program of systemd, or another one root alone can change. Never rejects. */
export function run(tool: KnownTool, args: readonly string[], limitMs = LIMIT_MS): Promise<CommandOutcome> {
  const found = findTool(tool);
  return found.type === 'found' ? runProgram(found.path, args, limitMs) : Promise.resolve(found);
}

/** @throws Error */
export async function show(unit: string, properties: readonly string[]): Promise<Shown> {
  const outcome = await run('systemctl', ['show', unit, ...properties.map((property) => `--property=${property}`)]);
  const text = expectDone(outcome, `${unit} cannot be looked at`);
  return new Map(
    text.split('\n').flatMap((line): readonly [string, string][] => {
      const cut = line.indexOf('=');
      return cut < 0 ? [] : [[line.slice(0, cut), line.slice(cut + 1)]];
    }),
  );
}

/** Standard output. @throws Error */
export function expectDone(outcome: CommandOutcome, what: string): string {
  switch (outcome.type) {
    case 'exited':
      if (outcome.code === 0) {
        return outcome.stdout;
      }
      throw new Error(`${what}: ${outcome.stderr.trim() === '' ? `exit ${outcome.code}` : outcome.stderr.trim()}`);
    case 'killed':
      throw new Error(`${what}: ended by ${outcome.signal}`);
    case 'timed-out':
      throw new Error(`${what}: no answer within ${outcome.afterMs / 1000} s`);
    case 'not-found':
      throw new Error(`${what}: the tool is not installed`);
    case 'not-started':
      throw new Error(`${what}: ${outcome.reason}`);
  }
}
