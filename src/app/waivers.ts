import { type Choosable, matches, parseItem, whyNoMatch } from '../catalogue/items.ts';
import { type NewWaiver, waiverFileText, withoutWaiver } from '../catalogue/waiver-edit.ts';
import {
  type WaiverContext,
  type WaiverText,
  checkWaivers,
  choosable,
  readWaivers,
  waiverKey,
} from '../catalogue/waivers.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { waiverNamed } from '../model/plain-names.ts';
import { type Waiver, daysLeft } from '../model/waiver.ts';
import type { WaiverFile } from './given-waivers.ts';

/** A file to be left with `text`; undefined: to be removed, since it held nothing else. */
export interface RemovedWaiver {
  readonly path: string;
  readonly text: string | undefined;
  readonly waiver: Waiver;
}

/**
 * The file of a new waiver. A number is written as the name it has in the benchmark, so that another benchmark does not turn it round.
 * @throws HardenError: exit 65 where the waivers that are there have mistakes; exit 64 where the new one cannot be taken (H2034), or is
 * there already (H2035).
 */
export function newWaiver(
  wish: NewWaiver,
  existing: readonly WaiverText[],
  context: WaiverContext,
  place: { readonly folder: string; readonly remark: string },
): WaiverFile {
  const others = readWaivers(existing, context);
  const named = { ...wish, control: nameOf(wish.control, choosable(context)) };
  const path = freeName(place.folder, named.control, existing);
  const text = waiverFileText(named, place.remark);
  const { waivers, problems } = checkWaivers([{ path, text }], context);
  const [waiver] = waivers;
  const over = overProblems(wish.until, context);
  if (waiver === undefined || problems.length + over.length > 0) {
    throw notTaken([...problems.map((problem) => problem.text), ...over]);
  }
  const twin = others.find((other) => waiverKey(other) === waiverKey(waiver));
  if (twin !== undefined) {
    throw new HardenError({
      code: 'H2035',
      exit: EXIT.usage,
      message: `there is a waiver of ${wish.control} for the same hosts already. Nothing was written.`,
      details: [`${twin.file}:${twin.line}, until ${twin.until}: ${twin.reason} (${twin.owner})`],
      hint: `To give it another end, edit that file; to take it out: harden waiver remove ${twin.control}`,
    });
  }
  return { path, text, waiver };
}

/** One answer about a waiver held against what a file may say; a sentence for each mistake. */
export function answerProblems(
  key: 'reason' | 'owner' | 'until',
  answer: string,
  context: WaiverContext,
): readonly string[] {
  const [control] = choosable(context);
  const rest = { host: [], approvedBy: undefined, from: undefined, onlyWhile: {} };
  const whole = { control: control?.control ?? '', reason: '-', owner: '-', until: context.today, ...rest };
  const text = waiverFileText({ ...whole, [key]: answer }, '');
  const mistakes = checkWaivers([{ path: '', text }], context).problems.map((problem) => problem.text);
  const all = mistakes.length === 0 && key === 'until' ? overProblems(answer, context) : mistakes;
  return all.map((mistake) => mistake.replace(/^"waivers\[0\]\.\w+" /, 'it ').replace(/^"\w+" /, ''));
}

/** A file may hold waivers that are over; nobody means to begin with one. */
function overProblems(until: string, { today }: WaiverContext): readonly string[] {
  return daysLeft(until, today) < 0 ? [`"until" ${until} is over already; today is ${today}`] : [];
}

/** The name of the control a number stands for; anything else as it is. */
function nameOf(written: string, controls: readonly Choosable[]): string {
  const item = parseItem(written);
  const why = whyNoMatch(item, controls);
  if (why !== undefined) {
    throw notTaken([why]);
  }
  return item.type === 'exact' ? (controls.find((one) => matches(item, one))?.control ?? written) : written;
}

function notTaken(details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H2034',
    exit: EXIT.usage,
    message: 'the waiver cannot be taken. Nothing was written.',
    details: [...new Set(details)],
    hint: 'All options: harden waiver add --help',
  });
}

/** `userns-remap.json5`, `userns-remap-2.json5`, … */
function freeName(folder: string, control: string, existing: readonly WaiverText[]): string {
  const stem = `${folder}/${control.replaceAll(/[*?]/g, 'x').replaceAll(/[^A-Za-z0-9.-]/g, '_')}`;
  const taken = new Set(existing.map(({ path }) => path));
  for (let number = 1; ; number += 1) {
    const path = `${stem}${number === 1 ? '' : `-${number}`}.json5`;
    if (!taken.has(path)) {
      return path;
    }
  }
}

/**
 * Takes the waiver of a control out of its file; nothing else in it changes.
 * @param hosts as in the file, comma separated, where the control has several waivers.
 * @throws HardenError where none or several are meant (H2035), or the file cannot be edited for sure (H2036).
 */
export function removedWaiver(
  existing: readonly WaiverText[],
  context: WaiverContext,
  control: string,
  hosts: string | undefined,
): RemovedWaiver {
  const all = readWaivers(existing, context);
  const names = namesOf(control, context);
  const meant = all.filter(
    (one) =>
      (one.control === control || (names !== undefined && one.controls.length === 1 && one.controls[0] === names)) &&
      (hosts === undefined || one.hosts.join(',') === hosts),
  );
  const [waiver, second] = meant;
  if (waiver === undefined || second !== undefined) {
    throw noneOrSeveral(control, meant, all);
  }
  const text = existing.find(({ path }) => path === waiver.file)?.text ?? '';
  const own = all.filter(({ file }) => file === waiver.file);
  const left = withoutWaiver(text, own.indexOf(waiver));
  if (left === undefined) {
    throw new HardenError({
      code: 'H2036',
      exit: EXIT.malformed,
      message: `the waiver of ${control} cannot be taken out without touching the rest. Nothing was changed.`,
      position: { file: waiver.file, line: waiver.line },
      hint: `To take it out by hand: sudoedit ${waiver.file}`,
    });
  }
  return { path: waiver.file, text: isOnlyThis(text, waiver) ? undefined : left, waiver };
}

function namesOf(control: string, context: WaiverContext): string | undefined {
  const item = parseItem(control);
  return item.type === 'exact' ? choosable(context).find((one) => matches(item, one))?.control : undefined;
}

/** True where the file is as `add` wrote it, so that nothing of anybody's is lost with it. */
function isOnlyThis(text: string, waiver: Waiver): boolean {
  const remark = /^\/\/ (Written by harden waiver add, .*)\n/.exec(text)?.[1];
  const onlyWhile = Object.fromEntries(waiver.onlyWhile.map(({ written, wanted }) => [written, wanted]));
  return remark !== undefined && waiverFileText({ ...waiver, host: waiver.hosts, onlyWhile }, remark) === text;
}

function noneOrSeveral(control: string, meant: readonly Waiver[], all: readonly Waiver[]): HardenError {
  const several = meant.length > 0;
  return new HardenError({
    code: 'H2035',
    exit: EXIT.usage,
    message: `${several ? `${meant.length} waivers are` : 'no waiver is'} for ${control}. Nothing was changed.`,
    details: (several ? meant : all).map(({ id, file, line }) => `${file}:${line}: ${waiverNamed(id)}`),
    hint: several
      ? `Name the hosts as well: harden waiver remove ${control} --host ${meant[0]?.hosts.join(',') ?? ''}`
      : 'To see all of them: harden waiver list',
  });
}
