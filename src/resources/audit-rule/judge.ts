import type { AuditFacts, HostFacts } from '../../model/facts.ts';
import type { AuditRuleDesired } from '../../model/remediation.ts';
import type { Evidence } from '../../model/state.ts';
import { type Boot, type BootRule, bootRules } from './boot.ts';
import { type Coverage, coverageOf, isOldMachine } from './covers.ts';
import { type KernelRule, readKernelRules } from './kernel.ts';
import type { AuditRuleState } from './observe.ts';
import { rulesFor } from './ours.ts';
import { type PathLookup, pathLookup } from './paths.ts';
import type { Place } from './place.ts';
import { printRule } from './print.ts';
import { type AuditRule, normalPermissions, ruleKey } from './rule.ts';
import { lettersOf, withoutExpansion } from './syscalls.ts';
import type { AuditTarget } from './targets.ts';

/** Everything the verdict rests on. */
export interface Judged {
  readonly place: Place;
  readonly audit: AuditFacts;
  readonly boot: Boot;
  /** Undefined where there is no kernel to ask: a folder taken as `/`. */
  readonly kernel: readonly KernelRule[] | undefined;
  readonly inKernel: Coverage;
  readonly atBoot: Coverage;
  /** The rules we would write. */
  readonly ours: readonly AuditRule[];
  readonly lookup: PathLookup;
}

export function judge(desired: AuditRuleDesired, target: AuditTarget, state: AuditRuleState, facts: HostFacts): Judged {
  const { audit, identity } = facts;
  const lookup = pathLookup(state.paths);
  const permissions = normalPermissions(desired.permissions);
  const { boot, kernel } = readingOf(facts, state, lookup);
  const place: Place = {
    path: target.path,
    recursive: state.kind === 'directory',
    permissions: lettersOf(permissions),
    machine: identity.machine,
    fsType: state.fsType,
    mountPoints: state.mountPoints,
  };
  return {
    place,
    audit,
    boot,
    kernel,
    inKernel: coverageOf(
      (kernel ?? []).map(({ rule }) => rule),
      place,
      lookup,
    ),
    atBoot: coverageOf(
      boot.rules.map(({ rule }) => rule),
      place,
      lookup,
    ),
    ours: rulesFor({ path: target.path, kind: state.kind, permissions }, identity.machine, audit.version),
    lookup,
  };
}

interface Reading {
  readonly audit: AuditFacts;
  readonly boot: Boot;
  readonly kernel: readonly KernelRule[] | undefined;
}

/** All places of a run are judged by the same lists; they are read once. */
const readings = new WeakMap<AuditRuleState['paths'], Reading>();

function readingOf({ audit, identity }: HostFacts, { paths }: AuditRuleState, lookup: PathLookup): Reading {
  const known = readings.get(paths);
  if (known?.audit === audit) {
    return known;
  }
  const boot = bootRules(audit, lookup);
  const oldMachine = isOldMachine(identity.machine);
  const kernel =
    audit.kernelRules === undefined
      ? undefined
      : readKernelRules(audit.kernelRules, boot.rules, { lookup, oldMachine });
  const reading = { audit, boot, kernel };
  readings.set(paths, reading);
  return reading;
}

/** Those of `rules` that the kernel does not have in any spelling. */
export function lackingInKernel(rules: readonly AuditRule[], { kernel, lookup, place }: Judged): readonly AuditRule[] {
  const keyOf = (rule: AuditRule): string =>
    ruleKey(withoutExpansion(lookup.loaded(rule), isOldMachine(place.machine)));
  const there = new Set((kernel ?? []).flatMap(({ rule }) => (rule === undefined ? [] : [ruleKey(rule)])));
  return rules.filter((rule) => !there.has(keyOf(asPlaced(rule, place))));
}

/** Those of `rules` that no rule file holds in any spelling. */
export function lackingInFiles(rules: readonly AuditRule[], { boot, place }: Judged): readonly AuditRule[] {
  const there = new Set(boot.rules.map(({ rule }) => ruleKey(rule)));
  return rules.filter((rule) => !there.has(ruleKey(asPlaced(rule, place))));
}

/** A watch of ours as it will be once loaded; its path may not be named by any rule yet. */
function asPlaced(rule: AuditRule, place: Place): AuditRule {
  return rule.where?.form === 'watch' && rule.where.path === place.path
    ? { ...rule, where: { form: place.recursive ? 'dir' : 'path', path: place.path } }
    : rule;
}

/** Lines of the kernel's list that bear on the verdict; the evidence of it. */
export function kernelLines({ kernel = [], inKernel }: Judged): readonly string[] {
  return indexesOf(inKernel).flatMap((index) => kernel[index]?.line ?? []);
}

export function bootLines(judged: Judged): readonly BootRule[] {
  return indexesOf(judged.atBoot).flatMap((index) => judged.boot.rules[index] ?? []);
}

function indexesOf(coverage: Coverage): readonly number[] {
  switch (coverage.status) {
    case 'covered':
      return [...coverage.by, ...coverage.exceptions];
    case 'silenced':
      return [coverage.by];
    case 'missing':
      return coverage.near;
  }
}

export function evidenceOf(judged: Judged): readonly Evidence[] {
  const { place, audit, boot, kernel, inKernel, atBoot } = judged;
  const lines = kernelLines(judged);
  const files = bootLines(judged);
  return [
    ...(kernel === undefined
      ? []
      : [{ source: 'auditctl -l', read: place.path, value: lines.length === 0 ? null : lines }]),
    ...exceptionEvidence(judged),
    ...(audit.enabled === undefined ? [] : [{ source: 'auditctl -s', read: 'enabled', value: audit.enabled }]),
    ...files.map(({ rule, file, line }) => ({ source: file, read: `line ${line}`, value: printRule(rule) })),
    ...boot.troubles.map(({ file, line, message }) => ({
      source: file,
      read: line === undefined ? 'type' : `line ${line}`,
      value: `loading ends here: ${message}`,
    })),
    ...(atBoot.status !== 'covered'
      ? [{ source: audit.rulesDirectory, read: place.path, value: fileSummary(atBoot, inKernel) }]
      : []),
  ];
}

function exceptionEvidence({ inKernel, kernel = [] }: Judged): readonly Evidence[] {
  const lines = inKernel.status === 'covered' ? inKernel.exceptions.flatMap((index) => kernel[index]?.line ?? []) : [];
  return lines.length === 0 ? [] : [{ source: 'auditctl -l', read: 'left out by', value: lines }];
}

function fileSummary(atBoot: Coverage, inKernel: Coverage): string | null {
  if (atBoot.status === 'silenced') {
    return 'a rule file keeps it out of the log from the next boot on';
  }
  return inKernel.status === 'covered'
    ? 'in no rule file: gone at the next boot unless whoever set it sets it again'
    : null;
}
