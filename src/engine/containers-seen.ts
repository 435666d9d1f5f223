import type { ContainerFacts } from '../model/facts.ts';
import type { ContainersSeen } from '../model/containers-seen.ts';

/**
 * What became of the containers that ran before. One that was made anew under its name counts as running. Undefined where none ran, or
 * nobody can tell.
 */
export function containersSeen(
  before: readonly ContainerFacts[] | undefined,
  after: readonly ContainerFacts[] | undefined,
): ContainersSeen | undefined {
  const ran = (before ?? []).filter(({ running }) => running);
  if (ran.length === 0 || after === undefined) {
    return undefined;
  }
  const stateOf = ({ id, name }: ContainerFacts): keyof ContainersSeen => {
    const same = after.filter((one) => one.id === id || one.name === name);
    return same.some(({ running }) => running) ? 'running' : same.length > 0 ? 'down' : 'gone';
  };
  const found = ran.map((one) => ({ name: one.name, state: stateOf(one) }));
  const named = (wanted: keyof ContainersSeen): readonly string[] =>
    found.filter(({ state }) => state === wanted).map(({ name }) => name);
  return { running: named('running'), down: named('down'), gone: named('gone') };
}
