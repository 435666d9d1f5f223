/** The highest step of `scale` that occurs in `values`. */
export function highest<T>(scale: readonly T[], values: readonly T[]): T | undefined {
  return scale.findLast((step) => values.includes(step));
}
