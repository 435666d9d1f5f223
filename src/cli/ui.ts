import type { Progress, Ui } from '../app/ui.ts';
import type { Plan } from '../model/plan.ts';
import { count } from '../render/layout.ts';
import { printable } from '../render/printable.ts';
import { askPerson } from './ask.ts';
import { liveList } from './live-list.ts';
import { tell } from './output.ts';
import type { StopSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** A person, or the log of whoever runs us unattended: a live list on a terminal, one line per finished step elsewhere. */
export function personUi(terminal: Terminal, stop: StopSignals, showPlan: (plan: Plan) => void): Ui {
  const list = terminal.live ? liveList() : undefined;
  return {
    canAsk: terminal.canAsk,
    stopRequested: () => stop.requested(),
    progress: (event) => {
      if (list?.takes(event) !== true) {
        tell(progressLine(event));
      }
    },
    ask: async (question) => {
      showPlan(question.plan);
      return stop.whileAsking(() => askPerson(question, terminal.err));
    },
  };
}

/** One line per finished step; what only starts is silent. */
export function progressLine(event: Progress): string {
  switch (event.type) {
    case 'recovered':
      return event.lines.map((line) => `harden: ${printable(line)}\n`).join('');
    case 'snapshot':
      return `Snapshot ${event.id}   ${count(event.steps, 'step')} to take\n`;
    case 'step-started':
      return '';
    case 'step-done':
      return `  ok  ${String(event.number).padStart(2)}/${event.of}  ${printable(event.what)}\n`;
    case 'step-failed':
      return `  !!  ${String(event.number).padStart(2)}/${event.of}  ${printable(event.what)}: ${printable(event.reason)}\n`;
    case 'verifying':
      return '  ..  looking at the live host again\n';
    case 'rolling-back':
      return `  !!  putting everything back: ${printable(event.why)}\n`;
  }
}
