import type * as z from 'zod';
import { openJsonSchema } from '../open-json-schema.ts';
import { ANSWER_SCHEMA_MINOR } from './head.ts';
import { DoctorAnswer, SettingsAnswer, StatusAnswer } from './host.ts';
import { ConfirmAnswer, DifferenceAnswer, RecoveryAnswer, RunsAnswer } from './runs.ts';
import { SnapshotAnswer, SnapshotVerificationAnswer, SnapshotsAnswer } from './snapshots.ts';
import { WaiverCheckAnswer, WaiversAnswer } from './waivers.ts';

interface Answer {
  readonly of: z.ZodType;
  readonly title: string;
  readonly command: string;
}

/** What commands that are no run print with `--json`, by the name in `urn:harden:NAME:1`. */
export const ANSWERS = {
  status: { of: StatusAnswer, title: 'How a host stands', command: 'status' },
  confirm: { of: ConfirmAnswer, title: 'What became of a run that was to be kept', command: 'confirm' },
  doctor: { of: DoctorAnswer, title: 'Whether harden can work on a host', command: 'doctor' },
  settings: { of: SettingsAnswer, title: 'The settings in force, and who said them', command: 'doctor --config' },
  recovery: { of: RecoveryAnswer, title: 'What became of runs that had no end', command: 'recover' },
  snapshots: { of: SnapshotsAnswer, title: 'All snapshots', command: 'snapshot list' },
  snapshot: { of: SnapshotAnswer, title: 'One snapshot', command: 'snapshot show' },
  'snapshot-verification': {
    of: SnapshotVerificationAnswer,
    title: 'Whether snapshots are whole',
    command: 'snapshot verify',
  },
  runs: { of: RunsAnswer, title: 'All runs', command: 'history list' },
  difference: { of: DifferenceAnswer, title: 'What differs between two plans', command: 'history diff' },
  waivers: { of: WaiversAnswer, title: 'All waivers', command: 'waiver list' },
  'waiver-check': { of: WaiverCheckAnswer, title: 'What is to be looked at in waivers', command: 'waiver check' },
} as const satisfies Readonly<Record<string, Answer>>;
export type AnswerName = keyof typeof ANSWERS;

/** JSON Schema (draft 2020-12) of what a command prints with `--json`. */
export function answerJsonSchema(name: AnswerName): Readonly<Record<string, unknown>> {
  const { of, title, command }: Answer = ANSWERS[name];
  const { $schema, ...schema } = openJsonSchema(of);
  const urn = `urn:harden:${name}:1`;
  return {
    $schema,
    $id: `${urn}:schema`,
    title,
    description: `What \`harden ${command} --json\` prints: ${urn}, minor version ${ANSWER_SCHEMA_MINOR}. A minor version only adds members.`,
    ...schema,
  };
}
