/** A recorded terminal session: asciicast version 2, one JSON value a line. */
export interface Cast {
  readonly columns: number;
  readonly rows: number;
  readonly title: string;
  readonly events: readonly CastEvent[];
}

export interface CastEvent {
  /** Seconds since the start. */
  readonly at: number;
  readonly text: string;
}

export function castText({ columns, rows, title, events }: Cast): string {
  const head = { version: 2, width: columns, height: rows, title, env: { TERM: 'xterm-256color', SHELL: '/bin/bash' } };
  return [head, ...events.map(({ at, text }) => [Number(at.toFixed(3)), 'o', text])]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

export function readCast(text: string): Cast {
  const [head, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  const { width, height, title } = head as { readonly width: number; readonly height: number; readonly title: string };
  return {
    columns: width,
    rows: height,
    title,
    events: (lines as readonly (readonly [number, string, string])[]).map(([at, , output]) => ({ at, text: output })),
  };
}
