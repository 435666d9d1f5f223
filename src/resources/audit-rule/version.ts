/** `4` of `4.0.2`; undefined where it is not known. */
export function majorOf(version: string | undefined): number | undefined {
  return partsOf(version)?.[0];
}

/** True where `version` is known and not below `least`. */
export function isAtLeast(version: string | undefined, least: readonly [number, number, number]): boolean {
  const parts = partsOf(version);
  if (parts === undefined) {
    return false;
  }
  const differing = least.findIndex((wanted, index) => (parts[index] ?? 0) !== wanted);
  return differing === -1 || (parts[differing] ?? 0) > (least[differing] ?? 0);
}

function partsOf(version: string | undefined): readonly number[] | undefined {
  const [, major, minor = '0', patch = '0'] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}
