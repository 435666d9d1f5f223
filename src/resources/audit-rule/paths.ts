import { type AbsPath, cleanPath, isBelow, joinPath, parentPath } from '../../model/brand.ts';
import { baseName } from '../../model/brand.ts';
import type { AuditRule, Where } from './rule.ts';

/** What is at a path of a rule: `unknown` where it could not be looked at. */
export interface PathState {
  /** The path with all links resolved but one in its last component, which the kernel does not follow for a rule. Undefined for a path with `..`. */
  readonly canonical: AbsPath | undefined;
  readonly kind: 'directory' | 'other' | 'absent' | 'unknown';
  readonly parentThere: boolean;
}

/** Answers about paths, collected beforehand, so that judging is pure. */
export interface PathLookup {
  canonical(raw: string): AbsPath | undefined;
  /** The rule as the kernel has it once loaded: auditctl makes `dir` or `path` of a watch by what it finds there. */
  loaded(rule: AuditRule): AuditRule;
  /** Why the kernel does not take a rule for this place; undefined where it does. */
  refusal(where: Where): string | undefined;
}

export function pathLookup(states: Readonly<Record<string, PathState>>): PathLookup {
  const stateOf = (raw: string): PathState =>
    states[raw] ?? { canonical: cleanPath(raw), kind: 'unknown', parentThere: true };
  return {
    canonical: (raw) => stateOf(raw).canonical,
    loaded: (rule) => {
      const { where } = rule;
      if (where?.form !== 'watch') {
        return rule;
      }
      return { ...rule, where: { form: stateOf(where.path).kind === 'directory' ? 'dir' : 'path', path: where.path } };
    },
    refusal: ({ form, path }) => {
      const { kind, parentThere } = stateOf(path);
      if (form === 'dir') {
        return kind === 'absent' ? `${path} does not exist` : undefined;
      }
      return parentThere ? undefined : `the folder that should hold ${path} does not exist`;
    },
  };
}

const VOLATILE = ['/run', '/var/run', '/tmp', '/dev', '/proc', '/sys'];

/** Below folders that are filled anew at every boot: what is there now says nothing about the moment when rules are loaded. */
export function isVolatile(path: string): boolean {
  const clean = cleanPath(path);
  return clean !== undefined && VOLATILE.some((folder) => isBelow(clean, folder as AbsPath));
}

/** `/run` and below, by the resolved path. */
export function isBelowRun(path: AbsPath): boolean {
  return path.startsWith('/run/');
}

/** Resolves a path of a rule; `realPath` answers undefined for what is not there. */
export function canonicalOf(raw: string, realPath: (path: AbsPath) => AbsPath | undefined): AbsPath | undefined {
  const clean = cleanPath(raw);
  if (clean === undefined || clean === '/') {
    return clean;
  }
  let missing = baseName(clean);
  for (let folder = parentPath(clean); ; folder = parentPath(folder)) {
    const real = realPath(folder);
    if (real !== undefined || folder === '/') {
      return joinPath(real ?? folder, missing);
    }
    missing = `${baseName(folder)}/${missing}`;
  }
}
