import type { Plan } from '../model/plan.ts';

/** An absolute path in a sentence or on its own; not the slash in `and/or` or in a ratio. */
const PATH = /(?<![\w./:-])\/(?:[\w.+@~-]+\/)*[\w.+@~-]+\/?/g;
/** What says which plan it is stays, so that it can be approved. */
const KEPT = new Set(['schema', 'id', 'digest', 'seal']);

/**
 * `plan` with the names of its host and containers and every absolute path masked, each by one word wherever it stands. Only to be shown:
 * it can neither be applied nor held against its digest.
 */
export function redactedPlan(plan: Plan): Plan {
  const containers = plan.effects.flatMap((effect) => [...effect.containersKept, ...effect.containersStopped]);
  const names = new Map<string, string>([
    [plan.host.name, 'host'],
    ...[...new Set(containers)].sort().map((name, index): [string, string] => [name, `container-${index + 1}`]),
  ]);
  const paths = new Map<string, string>();
  const maskedPath = (path: string): string => {
    const mask = paths.get(path) ?? `path-${paths.size + 1}`;
    paths.set(path, mask);
    return mask;
  };
  const name = wordsOf([...names.keys()]);
  const masked = (text: string): string => {
    const withoutNames = name === undefined ? text : text.replaceAll(name, (word) => names.get(word) ?? word);
    return withoutNames.replaceAll(PATH, maskedPath);
  };
  // Every text is replaced by a text, so the shape stays that of a plan.
  return mapped(plan, masked) as Plan;
}

/** Longest first, so that a name is not cut by one that is its beginning. */
function wordsOf(names: readonly string[]): RegExp | undefined {
  const words = names.filter((word) => word !== '').toSorted((a, b) => b.length - a.length);
  const quoted = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return words.length === 0 ? undefined : new RegExp(String.raw`(?<![\w-])(?:${quoted.join('|')})(?![\w-])`, 'g');
}

function mapped(value: unknown, masked: (text: string) => string): unknown {
  if (typeof value === 'string') {
    return masked(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => mapped(item, masked));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, KEPT.has(key) ? item : mapped(item, masked)]),
  );
}
