/** Why a run is asked to stop: a signal, or the limit of `--timeout`. */
export type StopCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'timeout';

/** `stopped by SIGINT`; also of a cause that was read from a result. */
export function stoppedBy(cause: string): string {
  return cause === 'timeout' ? 'the time limit was reached' : `stopped by ${cause}`;
}
