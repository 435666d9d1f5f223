import { byCodeUnit, digestOf } from '../model/canonical.ts';
import { type Assessment, type Change, type Comparison } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import { PLAN_SCHEMA, PLAN_SCHEMA_MINOR, type Plan, type PlanControl, type PlanDraft } from '../model/plan.ts';
import type { CoarseLists, SelectedControl, Selection } from '../model/remediation.ts';
import type { WaiverStanding } from '../model/waiver.ts';
import { waiverWarnings } from '../model/waiver-words.ts';
import { changeSummary } from './change-summary.ts';
import { controlVerdict } from './control-verdict.ts';
import { type RestartFacts, effectsOf } from './effects.ts';
import { type ControlProposal, orderedChanges } from './order.ts';
import { sealPlan } from './seal.ts';
import { type Toolmark, toolOf } from './tool.ts';
import { type WaivedControl, countingByControl, waivedControl, waiversOf } from './waive.ts';

/** A selected control and what comparing its parts with the host gave. */
export interface Finding {
  readonly control: SelectedControl;
  readonly assessments: readonly Assessment[];
}

/** Everything a plan says that is not found on the host. */
export interface PlanOrigin extends Toolmark {
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly createdBy: string;
  /** Keyed hash of the machine id. */
  readonly hostIdHmac: string;
  readonly restart: RestartFacts;
  readonly recording: Plan['source']['recording'];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Left out: no coarse option was given. */
  readonly coarse?: CoarseLists;
  /** How the waivers of the site stand on this host now; left out: there are none. */
  readonly waivers?: readonly WaiverStanding[];
}

/** Pure: the same findings, facts and origin give the same plan. */
export function buildPlan(
  selection: Selection,
  findings: readonly Finding[],
  facts: HostFacts,
  origin: PlanOrigin,
): Plan {
  const standings = origin.waivers ?? [];
  const waived = waivedBy(findings, standings);
  const open = findings.filter(({ control }) => !waived.has(control.remediation.control));
  const changes = facts.engine.refusal === undefined ? orderedChanges(open.flatMap(proposals)) : [];
  const controls = findings.map((finding) => planControl(finding, changes, waived));
  const pending = pendingOf(open);
  const waivers = waiversOf({ standings, waived, controls, leftOut: selection.leftOut });
  const draft: PlanDraft = {
    schema: PLAN_SCHEMA,
    schemaMinor: PLAN_SCHEMA_MINOR,
    createdAt: origin.createdAt,
    expiresAt: origin.expiresAt,
    createdBy: origin.createdBy,
    tool: toolOf(origin),
    content: contentOf(selection),
    host: hostOf(facts, origin.hostIdHmac),
    source: { type: facts.hostKind, recording: origin.recording },
    selection: { include: origin.include, exclude: origin.exclude, ...origin.coarse, leftOut: selection.leftOut },
    summary: summaryOf(controls, changes, pending.length),
    effects: effectsOf(changes, origin.restart),
    controls,
    changes,
    pending,
    ...listsOf(controls),
    waivers,
    rollback: {
      covered: changes.filter((change) => change.reversible).map((change) => change.id),
      notCovered: changes
        .filter((change) => !change.reversible)
        .map((change) => ({ change: change.id, reason: 'cannot be taken back' })),
    },
    refusal: facts.engine.refusal ?? null,
    warnings: [...silenceWarning(facts), ...facts.warnings, ...waiverWarnings({ controls, waivers })],
    approvals: [],
  };
  return sealPlan(draft);
}

function proposals(finding: Finding): readonly ControlProposal[] {
  return finding.assessments.flatMap(({ comparison }) =>
    'change' in comparison ? [{ control: finding.control.remediation.control, change: comparison.change }] : [],
  );
}

/** The controls that do not hold and need not, by name. */
function waivedBy(
  findings: readonly Finding[],
  standings: readonly WaiverStanding[],
): ReadonlyMap<string, WaivedControl> {
  if (standings.length === 0) {
    return new Map();
  }
  const counting = countingByControl(standings);
  return new Map(
    findings.flatMap(({ control: { remediation }, assessments }) => {
      const { verdict } = controlVerdict(assessments, remediation.manual);
      const one = waivedControl(counting.get(remediation.control), verdict);
      return one === undefined ? [] : [[remediation.control, one] as const];
    }),
  );
}

function planControl(
  finding: Finding,
  changes: readonly Change[],
  waived: ReadonlyMap<string, WaivedControl>,
): PlanControl {
  const { remediation, id } = finding.control;
  const { verdict, reason, evidence, steps } = controlVerdict(finding.assessments, remediation.manual);
  return {
    slug: remediation.control,
    ids: [id],
    title: remediation.title,
    level: remediation.level,
    verdict: waived.has(remediation.control) ? 'waived' : verdict,
    reason,
    evidence,
    changes: changes.filter((change) => change.controls.includes(remediation.control)).map((change) => change.id),
    steps,
  };
}

/** One line per resource that is written but not live, with every control that waits for it. */
function pendingOf(findings: readonly Finding[]): Plan['pending'] {
  const found = new Map<
    string,
    { readonly item: Omit<Plan['pending'][number], 'controls'>; readonly controls: Set<string> }
  >();
  for (const { control, assessments } of findings) {
    for (const { address, comparison } of assessments) {
      if (comparison.verdict === 'fail' && 'pending' in comparison) {
        const entry = found.get(address) ?? {
          item: { address, ...comparison.pending, reason: comparison.reason },
          controls: new Set<string>(),
        };
        entry.controls.add(control.remediation.control);
        found.set(address, entry);
      }
    }
  }
  return [...found.entries()]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([, { item, controls }]) => ({ ...item, controls: [...controls].sort(byCodeUnit) }));
}

/** Many plans are made of one selection, whose content is the larger part of what would be digested each time. */
const contentDigests = new WeakMap<Selection, `sha256:${string}`>();

function contentDigest(selection: Selection): `sha256:${string}` {
  const known = contentDigests.get(selection);
  const digest =
    known ??
    (`sha256:${digestOf([selection.profile, selection.selected.map(({ remediation }) => remediation)])}` as const);
  contentDigests.set(selection, digest);
  return digest;
}

function contentOf(selection: Selection): Plan['content'] {
  const { profile, notCovered } = selection;
  return {
    benchmark: profile.benchmark,
    profile: profile.name,
    level: profile.level,
    digest: contentDigest(selection),
    profileDigest: `sha256:${digestOf(profile)}`,
    parameters: profile.parameters,
    notCovered,
  };
}

function hostOf(facts: HostFacts, idHmac: string): Plan['host'] {
  const { engine, audit, identity, os } = facts;
  return {
    idHmac,
    name: identity.hostname,
    os: os.name,
    kernel: identity.kernelRelease,
    machine: identity.machine,
    serviceManager: facts.serviceManager.type,
    docker: {
      flavour: engine.flavour,
      version: engine.version ?? null,
      running: engine.running,
      swarm: engine.swarm,
      storageDriver: engine.storageDriver ?? null,
      ...cgroupOf(engine),
      ...rootlessOf(engine),
      ...silentEngine(facts),
    },
    audit: { version: audit.version ?? null, enabled: audit.enabled ?? null },
  };
}

function cgroupOf({ info }: HostFacts['engine']): Pick<Plan['host']['docker'], 'cgroup'> {
  const [version, driver] = [info['CgroupVersion'], info['CgroupDriver']].map((value) =>
    typeof value === 'string' && value !== '' ? value : null,
  );
  return (version ?? driver ?? null) === null ? {} : { cgroup: { version: version ?? null, driver: driver ?? null } };
}

/** The engine itself says it; of one that does not answer its installation does, where it is one of those known well. */
function rootlessOf({ flavour, info }: HostFacts['engine']): Pick<Plan['host']['docker'], 'rootless'> {
  const options = info['SecurityOptions'];
  if (Array.isArray(options)) {
    const names = options.flatMap((option) => (typeof option === 'string' ? option.split(',') : []));
    return { rootless: names.includes('name=rootless') };
  }
  switch (flavour) {
    case 'rootless':
      return { rootless: true };
    case 'docker-ce':
    case 'docker.io':
    case 'other-root':
    case 'snap':
      return { rootless: false };
    case 'desktop':
    case 'podman':
    case 'none':
    case 'several':
      return {};
  }
}

/** A folder has no engine that could answer. */
function silentEngine({ hostKind, engine }: HostFacts): { readonly unreachable?: string } {
  return engine.unreachable === undefined || engine.refusal !== undefined || hostKind === 'root'
    ? {}
    : { unreachable: engine.unreachable };
}

function silenceWarning(facts: HostFacts): readonly string[] {
  const { unreachable } = silentEngine(facts);
  return unreachable === undefined
    ? []
    : [
        `The Docker engine does not answer (${unreachable}), so settings of it are judged by its files alone, which containers a restart would stop is not known, and apply refuses to change such settings.`,
      ];
}

function summaryOf(controls: readonly PlanControl[], changes: readonly Change[], pending: number): Plan['summary'] {
  const count = (verdict: Comparison['verdict'] | 'waived'): number =>
    controls.filter((control) => control.verdict === verdict).length;
  return {
    controls: controls.length,
    pass: count('pass'),
    toFix: count('fail'),
    waived: count('waived'),
    manual: count('manual'),
    notApplicable: count('not-applicable'),
    notChecked: count('not-checked'),
    errors: count('error'),
    pending,
    ...changeSummary(changes),
  };
}

function listsOf(controls: readonly PlanControl[]): Pick<Plan, 'manual' | 'waived' | 'notChecked' | 'notApplicable'> {
  const listed = (...verdicts: PlanControl['verdict'][]): Plan['manual'] =>
    controls
      .filter((control) => verdicts.includes(control.verdict))
      .map(({ slug, ids, title, reason, steps }) => ({ control: slug, id: ids[0] ?? '', title, reason, steps }));
  return {
    manual: listed('manual'),
    waived: listed('waived'),
    notChecked: listed('not-checked', 'error'),
    notApplicable: listed('not-applicable'),
  };
}
