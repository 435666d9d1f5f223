import type { Style } from '../render/layout.ts';

/** What the streams can do; decided once, before any library that looks for itself is loaded. */
export interface Terminal {
  readonly out: Style;
  readonly err: Style;
  /** Both standard input and standard error are terminals, nobody said --no-input, and this is no CI run. */
  readonly canAsk: boolean;
  /** Standard error is a terminal that may be redrawn. */
  readonly live: boolean;
}

export function readTerminal(input: boolean): Terminal {
  const { env } = process;
  const ci = env['CI'] !== undefined && !['', 'false', '0'].includes(env['CI']);
  const noInput = !input || env['HARDEN_NO_INPUT'] === '1' || ci;
  return {
    out: styleOf(process.stdout),
    err: styleOf(process.stderr),
    canAsk: !noInput && process.stdin.isTTY && process.stderr.isTTY,
    live: process.stderr.isTTY && !ci && env['TERM'] !== 'dumb',
  };
}

function styleOf(stream: NodeJS.WriteStream): Style {
  const { env } = process;
  const wished = Number(env['COLUMNS'] ?? stream.columns);
  const width = Number.isInteger(wished) && wished > 0 ? Math.min(100, Math.max(40, wished)) : 80;
  const noColour = (env['NO_COLOR'] ?? '') !== '';
  const forced = (env['FORCE_COLOR'] ?? '') !== '';
  return { width, colour: !noColour && (forced || (stream.isTTY && env['TERM'] !== 'dumb')) };
}
