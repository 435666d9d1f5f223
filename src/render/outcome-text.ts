import { type CommandPlace, atPlace } from '../model/command-place.ts';
import type { HealthReport, WayOut } from '../model/health.ts';
import type { Plan } from '../model/plan.ts';
import type { ContainersSeen } from '../model/containers-seen.ts';
import type { Trouble, UndoReport } from '../model/transaction.ts';
import { containerLines, goneLines } from './containers-text.ts';
import { codeLine } from './error-text.ts';
import { type Style, count, listed, mark, wrap } from './layout.ts';
import { NEVER_OVER } from './plan-text.ts';
import { printable } from './printable.ts';

/** What an apply or rollback says at its end; the shapes of the use cases' outcome, as far as text needs them. */
export interface DoneText {
  readonly verb: 'apply' | 'rollback';
  readonly plan: Plan;
  readonly snapshot: string;
  readonly proofs: readonly { readonly change: string; readonly proof: string; readonly reason: string }[];
  readonly kept: readonly LeftText[];
  /** Changes of an apply that a rollback of a part left as they are. */
  readonly standing?: number | undefined;
  /** What the health gate looked at. */
  readonly health?: HealthReport | undefined;
  /** What became of the containers that ran before. */
  readonly containers?: ContainersSeen | undefined;
  /** Commands that make pending changes live. */
  readonly commands: readonly string[];
  /** Controls somebody chose not to meet. */
  readonly leftOut?: readonly { readonly id: string; readonly title: string }[];
  readonly waiversGiven?: readonly GivenText[];
  readonly place: CommandPlace;
}

/** `touched`: ISO 8601, of the file it stands in. */
interface LeftText extends Trouble {
  readonly touched?: string;
}

/** A waiver given at the question; `problem`: why it was not written. */
interface GivenText {
  readonly control: string;
  readonly until: string;
  readonly file: string;
  readonly problem?: string;
}

export function doneText(done: DoneText, style: Style): string {
  const of = (proof: string): DoneText['proofs'] => done.proofs.filter((item) => item.proof === proof);
  const live = of('live');
  const pending = done.proofs.filter((item) => item.proof.startsWith('pending-'));
  const failed = of('failed');
  const title = (id: string): string => done.plan.changes.find((change) => change.id === id)?.title ?? id;
  const head =
    done.verb === 'apply'
      ? `${done.plan.source.type === 'root' ? 'Looked at the folder again' : 'Verified on the live host'}: ${live.length} of ${count(done.proofs.length, 'change')} live.`
      : rollbackHead(done, live.length);
  const lines = [
    ...wrap(style, 0, head),
    ...pending.flatMap(({ change, proof, reason }) =>
      wrap(style, 2, `${mark(style, '~')} ${printable(title(change))}: ${proof} (${printable(reason)})`, 6),
    ),
    ...failed.flatMap(({ change, reason }) =>
      wrap(style, 2, `${mark(style, '!')} ${printable(title(change))}: ${printable(reason)}`, 6),
    ),
    ...keptLines(done.kept, style),
    ...leftOutLines(done.leftOut ?? [], style),
    ...givenLines(done.waiversGiven ?? [], style),
    ...healthLines(done.health, style),
    ...containerLines(done.containers, done.plan, style),
    ...(pending.length > 0
      ? done.commands.flatMap((command) => wrap(style, 2, `To make it live: ${printable(command)}`, 4))
      : []),
    ...(done.verb === 'apply'
      ? wrap(style, 0, atPlace(`Undo any time: sudo harden rollback ${done.snapshot}`, done.place))
      : [...wrap(style, 0, takenBackText(done)), ...differsLines(done, style)]),
  ];
  return `${lines.join('\n')}\n`;
}

function rollbackHead({ plan, proofs, kept }: DoneText, live: number): string {
  return proofs.length === 0 && kept.length > 0
    ? `Nothing was put back: ${count(kept.length, 'change')} ${kept.length === 1 ? 'stays' : 'stay'} as found. ${NEVER_OVER}`
    : `${plan.changes.length === 0 ? 'Nothing had to be put back' : 'Put back and looked at again'}: ${live} of ${count(proofs.length, 'change')} as before.`;
}

function takenBackText({ snapshot, standing = 0, kept, proofs, place }: DoneText): string {
  if (proofs.some(({ proof }) => proof === 'failed')) {
    return atPlace(
      `Snapshot ${snapshot} is not proven to be taken back. To try again: sudo harden rollback ${snapshot}`,
      place,
    );
  }
  return standing === 0
    ? kept.length === 0
      ? `Snapshot ${snapshot} is taken back.`
      : `Snapshot ${snapshot} counts as taken back; what is left alone stays.`
    : atPlace(
        `Snapshot ${snapshot} is partly taken back: ${count(standing, 'change')} of it ${standing === 1 ? 'stays' : 'stay'}. To take back the rest: sudo harden rollback ${snapshot}`,
        place,
      );
}

const AGAIN = {
  apply: 'To see what there is to change: sudo harden plan',
  rollback: 'All is as before this rollback. To see what stands: sudo harden status',
} as const;

export interface RolledBackText {
  readonly verb: 'apply' | 'rollback';
  readonly at: string;
  readonly reason: string;
  readonly undo: UndoReport;
  readonly notAsBefore: readonly Trouble[];
  readonly plan: Pick<Plan, 'effects'>;
  readonly containers?: ContainersSeen | undefined;
  /** Words of dockerd. */
  readonly said?: readonly string[];
  readonly wayOut?: readonly WayOut[];
  readonly waiversGiven?: readonly GivenText[];
  readonly place?: CommandPlace;
}

export function rolledBackText(end: RolledBackText, style: Style): string {
  const { undo, notAsBefore } = end;
  const asBefore = notAsBefore.length === 0;
  const lines = [
    ...wrap(style, 0, `harden: the ${end.verb} did not succeed (${printable(end.at)}).`, 2),
    ...wrap(style, 2, printable(end.reason), 4),
    ...(end.said ?? []).flatMap((line) => wrap(style, 2, `dockerd says: ${printable(line)}`, 4)),
    ...wrap(
      style,
      2,
      asBefore
        ? `Everything was put back (${count(undo.restored.length, 'object')}); the host was looked at again and is as before.`
        : '! This host needs attention. Not everything is as before:',
      4,
    ),
    ...troubleLines(notAsBefore, style),
    ...keptLines(
      undo.kept.filter(({ what }) => !notAsBefore.some((one) => one.what === what)),
      style,
    ),
    ...goneLines(end.containers?.gone ?? [], end.plan, style),
    ...(asBefore ? [] : [...backLines(undo, style), ...wayOutLines(end.wayOut ?? [], style)]),
    ...givenLines(end.waiversGiven ?? [], style),
    ...(asBefore ? wrap(style, 2, atPlace(AGAIN[end.verb], end.place ?? {}), 4) : []),
    codeLine(asBefore ? 'H4006' : 'H4007'),
  ];
  return `${lines.join('\n')}\n`;
}

function leftOutLines(leftOut: readonly { readonly id: string }[], style: Style): readonly string[] {
  return leftOut.length === 0
    ? []
    : wrap(style, 0, `still failing: ${printable(leftOut.map(({ id }) => id).join(', '))} (your choice)`, 2);
}

/** After an answer that changed nothing but what is lived with. */
export function onlyWaivedText(
  end: { readonly waiversGiven: readonly GivenText[]; readonly leftOut?: readonly { readonly id: string }[] },
  style: Style,
): string {
  const lines = [
    ...givenLines(end.waiversGiven, style),
    ...leftOutLines(end.leftOut ?? [], style),
    'Nothing else was changed.',
  ];
  return `${lines.join('\n')}\n`;
}

function givenLines(given: readonly GivenText[], style: Style): readonly string[] {
  return given.flatMap(({ control, until, file, problem }) =>
    problem === undefined
      ? wrap(style, 0, printable(`Waived until ${until}: ${control} (${file})`), 2)
      : wrap(
          style,
          0,
          printable(
            `! The waiver of ${control} is not written: ${problem}. To write it: sudo harden waiver add -c ${control}`,
          ),
          2,
        ),
  );
}

function keptLines(kept: readonly LeftText[], style: Style): readonly string[] {
  return kept.flatMap(({ what, reason, touched }) => {
    const when = touched === undefined ? '' : ` (last touched ${touched.slice(0, 16).replace('T', ' ')} UTC)`;
    return wrap(style, 2, `left alone: ${printable(what)}: ${printable(reason)}${when}`, 6);
  });
}

/** Whoever wants the old state all the same puts it there by hand. */
function differsLines({ kept, snapshot, place }: DoneText, style: Style): readonly string[] {
  return kept.length === 0
    ? []
    : [
        ...wrap(style, 2, atPlace(`To see what differs: sudo harden rollback ${snapshot} --plan`, place), 4),
        ...wrap(
          style,
          2,
          atPlace(`To see the state before, to put it back by hand: sudo harden snapshot show ${snapshot}`, place),
          4,
        ),
      ];
}

/** Which files can be trusted to be the old ones again. */
function backLines({ restored }: UndoReport, style: Style): readonly string[] {
  const files = restored.filter((what) => what.startsWith('/'));
  return files.length === 0 ? [] : wrap(style, 2, `Back as before: ${printable(listed(files))}`, 4);
}

/** Commands stand whole on lines of their own, to be copied. */
function wayOutLines(wayOut: readonly WayOut[], style: Style): readonly string[] {
  return wayOut.flatMap(({ why, commands }) => [
    ...wrap(style, 2, printable(why), 4),
    ...commands.map((command) => `    ${printable(command)}`),
  ]);
}

function healthLines(health: HealthReport | undefined, style: Style): readonly string[] {
  const { checked, notChecked } = health ?? { checked: [], notChecked: [] };
  return [
    ...(checked.length === 0 ? [] : wrap(style, 0, `Health: ${printable(checked.join(', '))}.`, 2)),
    ...notChecked.flatMap((what) => wrap(style, 2, `not looked at: ${printable(what)}`, 6)),
  ];
}

function troubleLines(troubles: readonly Trouble[], style: Style): readonly string[] {
  return troubles.flatMap(({ what, reason }) =>
    wrap(style, 4, `${mark(style, '!')} ${printable(what)}: ${printable(reason)}`, 8),
  );
}
