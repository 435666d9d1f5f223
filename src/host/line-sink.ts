import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Takes lines for as long as somebody takes them from it. Never blocks, never throws. */
export interface LineSink {
  /** Gives, once, why nothing more is written; undefined as long as all is well. */
  write(line: string): string | undefined;
  close(): void;
}

const DESCRIPTOR = /^fd:([1-9]\d{0,5})$/;

/**
 * A file, made with mode 0600 where it is missing and added to where it is there, or `fd:N`, a descriptor the caller opened.
 * A reader that does not read cannot hold up the writer: what a full pipe does not take is the end of it.
 * @throws Error with the errno name in `code`
 */
export function lineSink(target: string): LineSink {
  const [, number = 'none'] = DESCRIPTOR.exec(target) ?? [];
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
  // A descriptor is opened anew, since the mode of the caller's own is the caller's; fd: without a number is one that is not there.
  const fd = target.startsWith('fd:')
    ? openSync(`/proc/self/fd/${number}`, flags)
    : openSync(target, flags | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  let open = true;
  return {
    write: (line) => {
      if (!open) {
        return undefined;
      }
      try {
        writeAll(fd, Buffer.from(line));
        return undefined;
      } catch (error) {
        open = false;
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      }
    },
    close: () => {
      open = false;
      closeSync(fd);
    },
  };
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at);
  }
}
