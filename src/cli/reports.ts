import { EXIT, HardenError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { REPORT_KINDS, type ReportKind } from '../model/report.ts';
import { type ReportParts, reportOf } from '../plan/report-of.ts';
import { writeResult } from './result-file.ts';
import { print } from './output.ts';

/** One rendering the user asked for, and where to; `-` is standard output. */
interface Wish {
  readonly kind: ReportKind;
  readonly file: string;
}

export interface Reports {
  /** One of them takes standard output, and with it the place of the text. */
  readonly takesOutput: boolean;
  /** `json` is what `--json` prints of this command. @throws HardenError exit 73 */
  write(plan: Plan, parts: ReportParts, json: string): Promise<void>;
}

/** @throws HardenError exit 64, before anything is looked at. */
export function reportsFrom(values: readonly string[], prefersJson: boolean): Reports {
  const wishes = values.flatMap((value) => value.split(',')).map(wishFrom);
  const toOutput = wishes.filter(({ file }) => file === '-').length + (prefersJson ? 1 : 0);
  if (toOutput > 1) {
    throw new HardenError({
      code: 'H0069',
      exit: EXIT.usage,
      message: 'standard output takes one rendering only. Nothing was looked at.',
      hint: 'Give the others a file: --report sarif:FILE',
    });
  }
  return {
    takesOutput: wishes.some(({ file }) => file === '-'),
    write: async (plan, parts, json) => {
      for (const { kind, file } of wishes) {
        const text = await rendered(kind, plan, parts, json);
        await (file === '-' ? print(text) : writeResult(file, `harden-${parts.kind}-${plan.host.name}.${kind}`, text));
      }
    },
  };
}

function wishFrom(value: string): Wish {
  const colon = value.indexOf(':');
  const name = colon === -1 ? value : value.slice(0, colon);
  const kind = REPORT_KINDS.find((known) => known === name);
  const file = value.slice(name.length + 1);
  if (kind === undefined || file === '') {
    throw new HardenError({
      code: 'H0070',
      exit: EXIT.usage,
      message: `--report takes KIND:FILE; "${value}" is not that. Nothing was looked at.`,
      details: [`kinds: ${REPORT_KINDS.join(' ')}`],
      hint: 'For example: --report html:report.html',
    });
  }
  return { kind, file };
}

export async function rendered(kind: ReportKind, plan: Plan, parts: ReportParts, json: string): Promise<string> {
  if (kind === 'json') {
    return json;
  }
  if (kind === 'md') {
    const { planMarkdown } = await import('../render/plan-markdown.ts');
    const { score } = reportOf(plan, parts);
    return planMarkdown(plan, undefined, score === undefined ? [] : [score]);
  }
  const { REPORTS } = await import('../render/reports/index.ts');
  return REPORTS[kind](reportOf(plan, parts));
}
