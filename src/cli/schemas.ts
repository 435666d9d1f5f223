import type { AnswerName } from '../model/answers/json-schemas.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** The formats of files and of output that are promised, each with its JSON Schema; loaded when asked for. */
export const SCHEMAS = {
  plan: async () => (await import('../model/plan-schema.ts')).planJsonSchema(),
  result: async () => (await import('../model/result-schema.ts')).resultJsonSchema(),
  revert: async () => (await import('../model/revert-schema.ts')).revertJsonSchema(),
  event: async () => (await import('../model/event-schema.ts')).eventJsonSchema(),
  waiver: async () => (await import('../catalogue/json-schema.ts')).waiverJsonSchema(),
  config: async () => (await import('../catalogue/json-schema.ts')).configJsonSchema(),
  health: async () => (await import('../catalogue/json-schema.ts')).healthJsonSchema(),
  profile: async () => (await import('../catalogue/json-schema.ts')).profileJsonSchema(),
  remediation: async () => {
    const [{ remediationJsonSchema }, { RESOURCE_TYPES }] = await Promise.all([
      import('../catalogue/json-schema.ts'),
      import('../resources/index.ts'),
    ]);
    return remediationJsonSchema(RESOURCE_TYPES);
  },
  status: answer('status'),
  confirm: answer('confirm'),
  doctor: answer('doctor'),
  settings: answer('settings'),
  recovery: answer('recovery'),
  snapshots: answer('snapshots'),
  snapshot: answer('snapshot'),
  'snapshot-verification': answer('snapshot-verification'),
  runs: answer('runs'),
  difference: answer('difference'),
  waivers: answer('waivers'),
  'waiver-check': answer('waiver-check'),
} as const satisfies Readonly<Record<string, () => Promise<JsonSchema>>>;

export type SchemaName = keyof typeof SCHEMAS;
export const SCHEMA_NAMES = [
  'plan',
  'result',
  'revert',
  'event',
  'waiver',
  'config',
  'health',
  'profile',
  'remediation',
  'status',
  'confirm',
  'doctor',
  'settings',
  'recovery',
  'snapshots',
  'snapshot',
  'snapshot-verification',
  'runs',
  'difference',
  'waivers',
  'waiver-check',
] as const satisfies readonly SchemaName[];

function answer(name: AnswerName): () => Promise<JsonSchema> {
  return async () => (await import('../model/answers/json-schemas.ts')).answerJsonSchema(name);
}
