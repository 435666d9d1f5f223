import * as z from 'zod';
import { Effect as EffectSchema } from './effect.ts';

/**
 * The plan file, which is also what `plan --json` prints. A promise to scripts: a minor version only adds members,
 * a major version changes the name in `schema`.
 */
export const PLAN_SCHEMA = 'urn:harden:plan:1';
export const PLAN_SCHEMA_MINOR = 2;

/** Parsed data is never changed in place. */
export type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

// Schemas are made when first used (z.lazy): most commands read none of these files, and making all would be a tenth of their time.
const Impact = () => z.enum(['none', 'reload', 'restart', 'recreate', 'reboot']);
const Risk = () => z.enum(['low', 'medium', 'high']);
const Coarse = (option: string) =>
  z.array(z.string()).describe(`What was given with --${option}; left out where nothing was.`);
const Digest = () => z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const PlanEvidence = z.lazy(() =>
  z.strictObject({
    source: z.string().describe('The place asked.'),
    read: z.string().describe('What was looked at there.'),
    value: z.json().describe('What it said; null for "not there".'),
  }),
);

export const Verdict = z.lazy(() =>
  z.enum(['pass', 'fail', 'waived', 'manual', 'not-applicable', 'not-checked', 'error']),
);
export type Verdict = z.infer<typeof Verdict>;

const PendingItem = z.lazy(() =>
  z.strictObject({
    address: z.string(),
    controls: z.array(z.string()),
    until: z.enum(['restart', 'reboot']),
    command: z.string().describe('What makes it live.'),
    reason: z.string(),
  }),
);

export const PlanControl = z.lazy(() =>
  z.strictObject({
    slug: z.string(),
    ids: z.array(z.string()).describe('Numbers in the selected benchmark.'),
    title: z.string(),
    level: z.union([z.literal(1), z.literal(2)]),
    verdict: Verdict,
    reason: z.string().describe('One sentence; empty for a pass.'),
    evidence: z.array(PlanEvidence),
    changes: z.array(z.string()).describe('Ids of the changes that would meet it.'),
    steps: z.array(z.string()).describe('What a person does, where harden does not.'),
  }),
);
export type PlanControl = DeepReadonly<z.infer<typeof PlanControl>>;

const ChangeTarget = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('audit-rule'), path: z.string(), rules: z.array(z.string()), file: z.string() }),
    z.strictObject({
      type: z.literal('file-access'),
      path: z.string(),
      durable: z.strictObject({ file: z.string(), text: z.string() }).optional(),
    }),
    z.strictObject({ type: z.literal('daemon-option'), file: z.string(), key: z.string() }),
  ]),
);

export const PlanChange = z.lazy(() =>
  z.strictObject({
    id: z.string().regex(/^c[1-9]\d*$/),
    controls: z.array(z.string()),
    address: z.string(),
    title: z.string(),
    target: ChangeTarget,
    op: z.enum(['add', 'set', 'remove', 'activate']),
    before: z.json(),
    after: z.json(),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Digest of what was observed; compared again before the change is made.'),
    risk: Risk(),
    impact: Impact().describe('What carrying it out interrupts on this host.'),
    liveAfter: z.enum(['now', 'restart', 'reboot']),
    reversible: z.boolean(),
    needs: z.array(z.string()).describe('Addresses that must change first.'),
    breaks: z.array(z.string()),
    notes: z.array(z.string()),
  }),
);

export type Effect = DeepReadonly<z.infer<typeof EffectSchema>>;

const Listed = z.lazy(() =>
  z.strictObject({
    control: z.string(),
    id: z.string(),
    title: z.string(),
    reason: z.string(),
    steps: z.array(z.string()),
  }),
);

const Waivers = z.lazy(() =>
  z.strictObject({
    digest: Digest().nullable().describe('Of the waivers used, whole.'),
    used: z.array(z.string()).describe('CONTROL@HOSTS as written in their files.'),
    taken: z
      .array(
        z.strictObject({
          id: z.string(),
          control: z.string(),
          found: z.enum(['fail', 'manual', 'not-checked']).describe('The verdict without the waiver.'),
          reason: z.string(),
          owner: z.string(),
          approvedBy: z.string().nullable(),
          from: z.iso.date().nullable(),
          until: z.iso.date().describe('Last day, UTC.'),
          graceUntil: z.iso.datetime().nullable().describe('Over, and taken for a while longer by --waiver-grace.'),
        }),
      )
      .exactOptional()
      .describe('One for each waived control; since minor version 1, as the two below.'),
    ended: z
      .array(z.strictObject({ id: z.string(), controls: z.array(z.string()), owner: z.string(), reason: z.string() }))
      .exactOptional()
      .describe('Counted once, and what they are for does not hold.'),
    unneeded: z
      .array(z.strictObject({ id: z.string(), reason: z.string() }))
      .exactOptional()
      .describe('Can be removed.'),
  }),
);
export type TakenWaiver = DeepReadonly<NonNullable<z.infer<typeof Waivers>['taken']>>[number];
export type EndedWaiver = DeepReadonly<NonNullable<z.infer<typeof Waivers>['ended']>>[number];
export type UnneededWaiver = DeepReadonly<NonNullable<z.infer<typeof Waivers>['unneeded']>>[number];

const Approval = z.lazy(() =>
  z.strictObject({
    by: z.string(),
    at: z.iso.datetime(),
    how: z.enum(['prompt', '--yes', '--approve']),
    ceiling: z.strictObject({ maxRisk: Risk(), maxImpact: Impact() }).nullable(),
    accepted: z
      .array(z.string())
      .exactOptional()
      .describe('Controls of --accept. This and what follows: since minor 1.'),
    reason: z.string().exactOptional(),
    ticket: z.string().exactOptional(),
    signedBy: z.string().exactOptional().describe('Principal of the allowed signers whose signature the plan had.'),
  }),
);
export type Approval = DeepReadonly<z.infer<typeof Approval>>;

const Content = z.lazy(() =>
  z.strictObject({
    benchmark: z.string(),
    profile: z.string(),
    level: z.union([z.literal(1), z.literal(2)]),
    digest: Digest().describe('Of the remediations and the profile.'),
    profileDigest: Digest().exactOptional().describe('Of the profile alone, as it counts here. Since minor version 2.'),
    parameters: z.record(z.string(), z.json()),
    notCovered: z.string(),
  }),
);

const Host = z.lazy(() =>
  z.strictObject({
    idHmac: z.string(),
    name: z.string(),
    os: z.string(),
    kernel: z.string(),
    machine: z.string(),
    serviceManager: z.enum(['systemd', 'other', 'none']),
    docker: z.strictObject({
      flavour: z.string(),
      version: z.string().nullable(),
      running: z.boolean(),
      swarm: z.enum(['active', 'inactive', 'unknown']),
      storageDriver: z.string().nullable(),
      cgroup: z
        .strictObject({ version: z.string().nullable(), driver: z.string().nullable() })
        .exactOptional()
        .describe('As the engine says; left out where it does not answer. This and `rootless`: since minor version 2.'),
      rootless: z.boolean().exactOptional().describe('Left out where that is not known.'),
      unreachable: z
        .string()
        .exactOptional()
        .describe('Why the engine does not answer; left out where it does, or none is there.'),
    }),
    audit: z.strictObject({ version: z.string().nullable(), enabled: z.int().nullable() }),
  }),
);

/** How many controls and changes there are of each kind. */
export const Counts = z.lazy(() =>
  z.strictObject({
    controls: z.int(),
    pass: z.int(),
    toFix: z.int(),
    waived: z.int(),
    manual: z.int(),
    notApplicable: z.int(),
    notChecked: z.int(),
    errors: z.int(),
    changes: z.int(),
  }),
);

const Summary = z.lazy(() =>
  z.strictObject({
    ...Counts.unwrap().shape,
    pending: z.int(),
    maxRisk: Risk().nullable(),
    maxImpact: Impact(),
    reversible: z.boolean(),
  }),
);

export const Plan = z.lazy(() =>
  z.strictObject({
    schema: z.literal(PLAN_SCHEMA),
    schemaMinor: z.int().nonnegative(),
    id: z
      .string()
      .regex(/^[0-9a-f]{8}$/)
      .describe('First digits of the digest.'),
    digest: Digest().describe(
      'Over everything but id, digest, seal, times, createdBy, tool, approvals and the age of the source.',
    ),
    seal: Digest()
      .exactOptional()
      .describe(
        'Over the digest, times, createdBy, tool and source: what the digest leaves out. Older plans in snapshots have none.',
      ),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    createdBy: z.string(),
    tool: z.strictObject({
      name: z.literal('harden'),
      version: z.string(),
      build: Digest()
        .exactOptional()
        .describe(
          'Of what the program was built from: its sources, the remediations, and the list of packages with their digests. Left out where it runs from its sources; since minor version 2.',
        ),
    }),
    content: Content,
    host: Host,
    source: z.strictObject({
      type: z.enum(['live', 'root', 'recorded', 'simulated']),
      recording: z.strictObject({ digest: Digest(), takenAt: z.iso.datetime() }).nullable(),
    }),
    selection: z.strictObject({
      include: z.array(z.string()),
      exclude: z.array(z.string()),
      section: Coarse('section').exactOptional(),
      level: Coarse('level').exactOptional(),
      severity: Coarse('severity').exactOptional(),
      leftOut: z.array(z.strictObject({ control: z.string(), id: z.string(), by: z.string() })),
    }),
    summary: Summary,
    effects: z.array(EffectSchema),
    controls: z.array(PlanControl),
    changes: z.array(PlanChange),
    pending: z.array(PendingItem).describe('Written already, not what the host runs with yet.'),
    manual: z.array(Listed),
    waived: z.array(Listed),
    notChecked: z.array(Listed),
    notApplicable: z.array(Listed),
    waivers: Waivers,
    rollback: z.strictObject({
      covered: z.array(z.string()).describe('Ids of changes that can be taken back.'),
      notCovered: z.array(z.strictObject({ change: z.string(), reason: z.string() })),
    }),
    refusal: z.string().nullable().describe('Why this host is not changed; null where it can be.'),
    warnings: z.array(z.string()),
    approvals: z.array(Approval),
  }),
);
/** A plan as it is written and read back: addresses and paths are plain strings until `changesOf` has checked them. */
export type Plan = DeepReadonly<z.infer<typeof Plan>>;

/** What a plan is before it has a digest. */
export type PlanDraft = Omit<Plan, 'id' | 'digest' | 'seal'>;
