import type { ContainersSeen } from '../model/containers-seen.ts';
import type { Plan } from '../model/plan.ts';
import type { ContainersDown } from '../model/status.ts';
import { NAMED } from './effect-sentences.ts';
import { type Style, count, listed, mark, paint, wrap } from './layout.ts';
import { printable } from './printable.ts';

/**
 * At the end of a run that restarted dockerd: which of the containers that ran before do not run, with the command that starts them, and
 * how many do. Nothing where none ran, or none was to stop and all run.
 */
export function containerLines(seen: ContainersSeen | undefined, plan: Plan, style: Style): readonly string[] {
  const { running, down, gone } = seen ?? { running: [], down: [], gone: [] };
  const all = running.length + down.length + gone.length;
  const stops = plan.effects.some(({ containersStopped }) => containersStopped.length > 0);
  if (all === 0 || (!stops && all === running.length)) {
    return [];
  }
  const missing = down.length + gone.length;
  const head =
    missing === 0
      ? `Containers: ${all === 1 ? 'the one that ran before runs' : `all ${all} that ran before run`}.`
      : `Containers: ${running.length} of ${all} that ran before ${running.length === 1 ? 'runs' : 'run'}${running.length === 0 ? '' : ` (${printable(listed(running, NAMED))})`}.`;
  return [...wrap(style, 0, head, 2), ...downLines(down, style), ...goneLines(gone, plan, style)];
}

/** The command stands whole on a line of its own, to be copied. */
function downLines(down: readonly string[], style: Style): readonly string[] {
  return down.length === 0
    ? []
    : [
        ...alarm(
          style,
          `${count(down.length, 'container')} that ran before ${down.length === 1 ? 'does' : 'do'} not run. To start:`,
        ),
        `    ${startCommand(down)}`,
      ];
}

/** As long as it is so, for who comes later. The command stands whole on a line of its own. */
export function downSinceLines({ run, down, gone }: ContainersDown, style: Style): readonly string[] {
  const did = (n: number): string => `${count(n, 'container')} that ran before run ${run}`;
  return [
    ...(down.length === 0
      ? []
      : [
          ...wrap(style, 0, `${did(down.length)} ${down.length === 1 ? 'does' : 'do'} not run. To start:`, 2),
          `  ${startCommand(down)}`,
        ]),
    ...(gone.length === 0
      ? []
      : wrap(
          style,
          0,
          `${did(gone.length)} ${gone.length === 1 ? 'is' : 'are'} not there any more: ${printable(listed(gone, NAMED))}.`,
          2,
        )),
  ];
}

/** What was to be removed is lost; another one may be out of sight, as where dockerd looks elsewhere for its containers. */
export function goneLines(
  gone: readonly string[],
  { effects }: Pick<Plan, 'effects'>,
  style: Style,
): readonly string[] {
  const removed = new Set(effects.flatMap(({ containersAfter }) => containersAfter?.removed ?? []));
  const lost = gone.filter((name) => removed.has(name));
  const unseen = gone.filter((name) => !removed.has(name));
  const line = (names: readonly string[], state: string): readonly string[] =>
    names.length === 0
      ? []
      : alarm(
          style,
          `${count(names.length, 'container')} that ran before ${names.length === 1 ? 'is' : 'are'} ${state}: ${printable(listed(names, NAMED))}`,
        );
  return [
    ...line(lost, `gone, with what was written in ${lost.length === 1 ? 'it' : 'them'}`),
    ...line(unseen, 'not known to dockerd any more'),
  ];
}

function startCommand(down: readonly string[]): string {
  return printable(`docker start ${down.join(' ')}`);
}

function alarm(style: Style, text: string): readonly string[] {
  return wrap(style, 2, `${mark(style, '!')} ${text}`, 4).map((line) => paint(style, 'red', line));
}
