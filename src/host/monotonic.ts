/** The same clock in every process of this boot, and the one of systemd's timers. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
