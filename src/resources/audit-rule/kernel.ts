import type { BootRule } from './boot.ts';
import { parseListed } from './listing.ts';
import type { PathLookup } from './paths.ts';
import { type AuditRule, listedKey } from './rule.ts';
import { withoutExpansion } from './syscalls.ts';

/** A line of `auditctl -l` and the rule behind it; undefined where we do not understand it. */
export interface KernelRule {
  readonly line: string;
  readonly rule: AuditRule | undefined;
}

export interface KernelReading {
  readonly lookup: PathLookup;
  readonly oldMachine: boolean;
}

/**
 * The kernel's rules in their order. `auditctl -l` shows a watch, a `path=` rule, a `dir=` rule and a `never` rule with the same words where they have
 * only permissions and a key. Where rule files hold rules that are shown so, the n-th line is taken for the n-th of them (a `never` rule first if the
 * kernel has fewer); a line that no file explains is taken for what `-w` does.
 */
export function readKernelRules(
  lines: readonly string[],
  written: readonly BootRule[],
  { lookup, oldMachine }: KernelReading,
): readonly KernelRule[] {
  const parsed = lines.map((line) => ({ line, rule: parseListed(line) }));
  const counts = countBy(parsed.flatMap(({ rule }) => (rule === undefined ? [] : [listedKey(rule)])));
  const candidates = byListing(written);
  return parsed.map(({ line, rule }) => {
    if (rule === undefined) {
      return { line, rule };
    }
    const key = listedKey(rule);
    const known = candidates.get(key) ?? [];
    const explained = rule.where?.form === 'watch' ? takeExplanation(known, counts.get(key) ?? 0) : undefined;
    return { line, rule: withoutExpansion(explained ?? lookup.loaded(rule), oldMachine) };
  });
}

function takeExplanation(known: AuditRule[], lines: number): AuditRule | undefined {
  const never = known.length > lines ? known.findIndex((rule) => rule.action === 'never') : -1;
  return known.splice(Math.max(never, 0), 1)[0];
}

function byListing(written: readonly BootRule[]): Map<string, AuditRule[]> {
  const result = new Map<string, AuditRule[]>();
  for (const { rule } of written) {
    const key = listedKey(rule);
    result.set(key, [...(result.get(key) ?? []), rule]);
  }
  return result;
}

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
