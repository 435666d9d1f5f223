import type { Progress, Ui } from '../app/ui.ts';
import type { Plan } from '../model/plan.ts';
import { type Style, wrap } from '../render/layout.ts';
import { printable } from '../render/printable.ts';
import { rehearsedWords, snapshotLine } from '../render/rehearsed-text.ts';
import { timeWords } from '../render/time-words.ts';
import { askPerson } from './ask.ts';
import { type Heartbeat, heartbeat } from './heartbeat.ts';
import { type LiveList, liveList } from './live-list.ts';
import { tell } from './output.ts';
import { drawnPrompter, linePrompter } from './prompter.ts';
import { selectByLines } from './select-lines.ts';
import type { StopSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export interface PersonUi extends Ui {
  /** Nothing more is told: the run has ended. */
  done(): void;
}

/** How a plan is shown before a question about it, and how one that needs none is before it begins. */
export interface PlanViews {
  readonly asked: (plan: Plan) => string;
  readonly approved: (plan: Plan) => string;
}

/** A person, or the log of whoever runs us unattended: a live list on a terminal, one line per finished step elsewhere. */
export function personUi(terminal: Terminal, stop: StopSignals, views: PlanViews): PersonUi {
  const { err: style } = terminal;
  const list = terminal.live && terminal.talk !== 'quiet' ? liveList() : undefined;
  const beat = list === undefined && terminal.talk !== 'quiet' ? heartbeat() : undefined;
  return {
    canAsk: terminal.canAsk,
    unasked: terminal.unasked,
    stopRequested: () => stop.requested(),
    done: () => beat?.stop(),
    progress: (event) => {
      if (event.type === 'snapshot') {
        stop.begun();
      }
      if (event.type === 'waiting') {
        stop.waits();
      }
      show(event, terminal, list);
      follow(event, beat);
    },
    approved: (plan) => {
      if (terminal.talk !== 'quiet') {
        tell(`${views.approved(plan)}\n`);
      }
    },
    ask: async (question) => {
      tell(views.asked(question.plan));
      return stop.whileAsking((signal) =>
        askPerson(
          question,
          style.accessible === true
            ? linePrompter((selecting) => selectByLines(selecting, style, signal), signal)
            : drawnPrompter(style, signal),
          style,
        ),
      );
    },
  };
}

function show(event: Progress, { talk, err, live }: Terminal, list: LiveList | undefined): void {
  if (list?.takes(event) === true) {
    return;
  }
  if (talk !== 'quiet' || ['recovered', 'step-failed', 'rolling-back'].includes(event.type)) {
    const text = err.accessible === true ? spokenLine(event) : progressLine(event);
    tell(live ? fitting(text, err) : text);
  }
  if (talk === 'verbose' && event.type === 'step-started' && event.limitMs === undefined) {
    tell(`  ..  ${String(event.number).padStart(2)}/${event.of}  ${printable(event.what)}\n`);
  }
}

/** Each line broken at words, what is left of it further in: a narrow terminal breaks anywhere, and at its edge. */
function fitting(text: string, style: Style): string {
  return text.replaceAll(/^( *)(.+)$/gm, (_, lead: string, rest: string) =>
    wrap(style, lead.length, rest, lead.length + 4).join('\n'),
  );
}

function follow(event: Progress, beat: Heartbeat | undefined): void {
  const what = takingLong(event);
  if (what === undefined) {
    beat?.stop();
  } else {
    beat?.at(what);
  }
}

/** What may take long after this event; undefined where something else comes next. */
function takingLong(event: Progress): string | undefined {
  switch (event.type) {
    case 'step-started':
      return `step ${event.number} of ${event.of}, ${printable(event.what)}`;
    case 'looking':
      return `before the change, ${printable(event.what)}`;
    case 'verifying':
      return 'looking at the host again';
    case 'rolling-back':
      return 'putting everything back';
    case 'recovered':
    case 'rehearsed':
    case 'snapshot':
    case 'step-done':
    case 'step-failed':
    case 'waiting':
      return undefined;
  }
}

/** The same as sentences, for a screen reader: no sign stands without a word. */
function spokenLine(event: Progress): string {
  switch (event.type) {
    case 'step-done':
      return `Step ${event.number} of ${event.of} is done: ${printable(event.what)}.\n`;
    case 'step-failed':
      return `Step ${event.number} of ${event.of} failed: ${printable(event.what)}. ${printable(event.reason)}\n`;
    case 'verifying':
      return 'Looking at the host again.\n';
    case 'rolling-back':
      return `Putting everything back: ${printable(event.why)}\n`;
    case 'looking':
      return `Before the change: ${printable(event.what)}\n`;
    case 'rehearsed':
      return `The way back was tried: ${rehearsedWords(event.rehearsed)}\n`;
    case 'step-started':
      return event.limitMs === undefined
        ? ''
        : `Step ${event.number} of ${event.of} begins now: ${printable(event.what)}, which ${timeWords(event.limitMs)}. Nothing is said until it is done.\n`;
    case 'recovered':
    case 'snapshot':
    case 'waiting':
      return progressLine(event);
  }
}
/** One line per finished step, and one before a step that may take long; other starts are silent. */
export function progressLine(event: Progress): string {
  switch (event.type) {
    case 'recovered':
      return event.lines.map((line) => `harden: ${printable(line)}\n`).join('');
    case 'snapshot':
      return snapshotLine(event);
    case 'rehearsed':
      return `  ..  the way back was tried: ${rehearsedWords(event.rehearsed)}\n`;
    case 'step-started':
      return event.limitMs === undefined
        ? ''
        : `  ..  ${String(event.number).padStart(2)}/${event.of}  ${printable(event.what)}: begins now, ${timeWords(event.limitMs)}\n`;
    case 'waiting':
      return '';
    case 'step-done':
      return `  ok  ${String(event.number).padStart(2)}/${event.of}  ${printable(event.what)}\n`;
    case 'step-failed':
      return `  !!  ${String(event.number).padStart(2)}/${event.of}  ${printable(event.what)}: ${printable(event.reason)}\n`;
    case 'looking':
      return `  ..  before the change: ${printable(event.what)}\n`;
    case 'verifying':
      return '  ..  looking at the live host again\n';
    case 'rolling-back':
      return `  !!  putting everything back: ${printable(event.why)}\n`;
  }
}
