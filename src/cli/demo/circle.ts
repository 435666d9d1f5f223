import { apply } from '../../app/apply.ts';
import { type PlanWish, makePlan } from '../../app/make-plan.ts';
import type { RunOutcome } from '../../app/outcome.ts';
import { rollback } from '../../app/rollback.ts';
import type { Ui } from '../../app/ui.ts';
import { gatherFacts } from '../../engine/facts/gather-facts.ts';
import { changedPaths } from '../../host/simulated/disk-image.ts';
import { EXIT, type ExitCode } from '../../model/errors.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Plan } from '../../model/plan.ts';
import type { Ceiling } from '../../plan/ceiling.ts';
import type { Store } from '../../state/store.ts';
import { type Style, count, listed, paint, wrap } from '../../render/layout.ts';
import { planText } from '../../render/plan-text.ts';
import { verifyText } from '../../render/verify-text.ts';
import { wishFor } from '../compose.ts';
import { newId } from '../new-id.ts';
import { outcomeText } from '../outcome.ts';
import { print } from '../output.ts';
import { type Terminal, readTerminal } from '../terminal.ts';
import { progressLine } from '../ui.ts';
import { type HostImage, type Sample, openSample } from './sample.ts';

const PROFILE = 'cis-docker-1.8.0/L1';
/** What somebody would say with `--yes --max-risk high --max-impact restart`. */
const CEILING: Ceiling = { maxRisk: 'high', maxImpact: 'restart' };
const HOUR_MS = 3_600_000;
const STAGES = 5;

interface Run {
  readonly sample: Sample;
  readonly wish: PlanWish;
  readonly terminal: Terminal;
  readonly before: HostImage;
}

/** What a stage found, in a sentence, and whether that is what it should be. */
interface Verdict {
  readonly good: boolean;
  readonly says: string;
}

/** The whole circle on a copy of the sample host in memory: asks nothing, touches nothing of this machine. */
export async function demo(): Promise<ExitCode> {
  const terminal = readTerminal(false);
  const sample = openSample(() => new Date());
  const wish = wishFor(sample.ground, { profile: PROFILE, control: [], exclude: [] }, HOUR_MS);
  const run: Run = { sample, wish, terminal, before: await sample.look() };
  await print(introduction({ recording: sample.recording, facts: await gatherFacts(sample.host) }, terminal.out));
  const stages = [planStage, applyStage, verifyStage, secondPlanStage, rollbackStage];
  const verdicts: Verdict[] = [];
  for (const [index, stage] of stages.entries()) {
    const verdict = await stage(run, index + 1);
    await print(verdictText(verdict, terminal.out));
    verdicts.push(verdict);
  }
  const good = verdicts.every((verdict) => verdict.good);
  await print(ending(good, terminal.out));
  return good ? EXIT.ok : EXIT.notAsItShouldBe;
}

async function planStage({ sample, wish, terminal }: Run, number: number): Promise<Verdict> {
  await print(heading(number, 'plan', 'what is not hardened and what would change', terminal.out));
  const { plan } = await makePlan(sample.ground, wish);
  await print(planText(plan, terminal.out, []));
  const found = plan.changes.length > 0 && plan.refusal === null;
  return {
    good: found,
    says: found
      ? `${plan.changes.length} changes are planned; nothing was changed.`
      : 'A plan with changes was expected.',
  };
}

async function applyStage(run: Run, number: number): Promise<Verdict> {
  const { sample, wish, terminal } = run;
  await print(heading(number, 'apply', 'that plan: snapshot, change, proof', terminal.out));
  const request = { wish, approvedPlan: undefined, yes: true, ceiling: CEILING, dryRun: false, newId };
  const outcome = await withStore(run, (store, ui) => apply(sample.ground, store, request, ui));
  await print(outcomeText(outcome, 'apply', terminal));
  return provenOf(outcome, 'Every change is proven live, or waits for what its plan announced.');
}

async function verifyStage({ sample, wish, terminal }: Run, number: number): Promise<Verdict> {
  await print(heading(number, 'verify', 'the host is looked at afresh', terminal.out));
  const { plan } = await makePlan(sample.ground, wish);
  await print(verifyText(plan, terminal.out));
  const failing = plan.controls.filter(
    ({ slug, verdict }) => verdict === 'fail' && !plan.pending.some(({ controls }) => controls.includes(slug)),
  );
  const good = failing.length === 0 && plan.notChecked.length === 0;
  const rest = plan.pending.length > 0 ? ', and what waits for its moment was announced by the plan' : '';
  return {
    good,
    says: good ? `Nothing is failing${rest}.` : 'Something is failing that the apply should have mended.',
  };
}

async function secondPlanStage({ sample, wish, terminal }: Run, number: number): Promise<Verdict> {
  await print(heading(number, 'plan', 'again: nothing may be left to do', terminal.out));
  const { plan } = await makePlan(sample.ground, wish);
  await print(planText(plan, terminal.out, []));
  const good = plan.changes.length === 0;
  return {
    good,
    says: good
      ? 'The second plan is empty.'
      : `The second plan should be empty; it has ${plan.changes.length} changes.`,
  };
}

async function rollbackStage(run: Run, number: number): Promise<Verdict> {
  const { sample, before, terminal } = run;
  await print(heading(number, 'rollback', 'everything back, byte for byte', terminal.out));
  const request = { snapshot: undefined, yes: true, ceiling: CEILING, dryRun: false, newId };
  const outcome = await withStore(run, (store, ui) => rollback(sample.ground, store, request, ui));
  await print(outcomeText(outcome, 'rollback', terminal));
  const verdict = provenOf(outcome, '');
  const after = await sample.look();
  const moved = [
    ...changedPaths(before.files, after.files),
    ...[...before.answers].flatMap(([question, answer]) => (after.answers.get(question) === answer ? [] : [question])),
  ];
  const same = `All ${before.files.size} recorded files and folders, the audit rules and the engine's answers are as before the apply.`;
  return {
    good: verdict.good && moved.length === 0,
    says: moved.length === 0 ? `${verdict.says} ${same}`.trim() : `Not as before: ${moved.join(', ')}`,
  };
}

async function withStore(
  { sample, terminal }: Run,
  work: (store: Store, ui: Ui) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const store = sample.openStore();
  const lines: string[] = [];
  const ui: Ui = {
    canAsk: false,
    ask: () => Promise.resolve({ type: 'declined' }),
    stopRequested: () => undefined,
    progress: (event) => {
      lines.push(
        ...progressLine(event)
          .split('\n')
          .filter((line) => line !== ''),
      );
    },
  };
  try {
    store.recover();
    return await work(store, ui);
  } finally {
    store.close();
    await print(lines.map((line) => `${wrap(terminal.out, 0, line, 13).join('\n')}\n`).join(''));
  }
}

function provenOf(outcome: RunOutcome, says: string): Verdict {
  if (outcome.type !== 'done') {
    return { good: false, says: `This should have been carried out; it ended as ${outcome.type}.` };
  }
  const good =
    outcome.kept.length === 0 &&
    outcome.proofs.every((proof) => proof.proof === 'live' || isAnnounced(outcome.plan, proof));
  return { good, says: good ? says : 'Not every change could be proven.' };
}

function isAnnounced(plan: Plan, { change, proof }: { readonly change: string; readonly proof: string }): boolean {
  const planned = plan.changes.find(({ id }) => id === change);
  return planned !== undefined && planned.liveAfter !== 'now' && proof === `pending-${planned.liveAfter}`;
}

function introduction(
  { recording, facts }: Pick<Sample, 'recording'> & { readonly facts: HostFacts },
  style: Style,
): string {
  const { identity, os, engine } = facts;
  const containers = (engine.containers ?? [])
    .filter((container) => container.running)
    .map((container) => container.name);
  const what = `${os.name}, Docker ${engine.version ?? 'unknown'}, audit ${facts.audit.version ?? 'unknown'}, ${count(containers.length, 'running container')} (${listed(containers)})`;
  const lines = [
    paint(style, 'bold', 'harden, once around'),
    '',
    ...wrap(
      style,
      0,
      `The host "${identity.hostname}" is a recording of a real machine, made on ${recording.takenAt.slice(0, 10)}: ${what}. A copy of it lives in memory while this runs. Its files, audit rules and Docker change; nothing of this computer is looked at or changed, and nothing is asked.`,
    ),
    '',
    ...wrap(
      style,
      0,
      'On a host of your own the five steps are: sudo harden plan, sudo harden apply, sudo harden verify, sudo harden plan, sudo harden rollback.',
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function heading(number: number, command: string, what: string, style: Style): string {
  const text = `── ${number} of ${STAGES} ── harden ${command} ── ${what} `;
  return `\n${paint(style, 'bold', text + '─'.repeat(Math.max(2, style.width - text.length)))}\n\n`;
}

function verdictText({ good, says }: Verdict, style: Style): string {
  const sign = paint(style, good ? 'green' : 'red', good ? 'ok' : '!!');
  return `\n${wrap(style, 0, `${sign}  ${says}`, 4).join('\n')}\n`;
}

function ending(good: boolean, style: Style): string {
  const text = good
    ? 'Once around: planned, applied, proven, nothing left to do, and put back. The copy is gone with this process.'
    : 'Not every step was as it should be; see the lines with !! above.';
  return `\n${wrap(style, 0, text).join('\n')}\n`;
}
