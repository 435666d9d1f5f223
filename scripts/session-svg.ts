import type { Cast } from './session-cast.ts';
import { type Run, Screen } from './terminal-screen.ts';

const LINE = 18;
const SIGN = 8.43;
const EDGE = 16;
/** Nobody waits longer than this for the next frame, in seconds. */
const LONGEST_PAUSE = 2;
/** What comes sooner after the frame before belongs to it. */
const SHORTEST_FRAME = 0.12;
/** How long the last frame stands. */
const END = 5;

interface Frame {
  readonly at: number;
  readonly lines: readonly string[];
}

/** The session as one animated SVG file without scripts: each line once, each frame a list of lines. Where motion is not wanted the last frame stands. */
export function sessionSvg(cast: Cast): string {
  const frames = framesOf(cast);
  const whole = (frames.at(-1)?.at ?? 0) + END;
  const ids = new Map<string, string>();
  for (const line of frames.flatMap(({ lines }) => lines)) {
    ids.set(line, ids.get(line) ?? `l${ids.size}`);
  }
  const [width, height] = [Math.ceil(cast.columns * SIGN) + 2 * EDGE, cast.rows * LINE + 2 * EDGE];
  const defs = [...ids].map(([line, id]) => `<text id="${id}">${line}</text>`).join('\n');
  const shown = frames.map(({ lines }, index) => {
    const uses = lines.flatMap((line, row) =>
      line === '' ? [] : `<use href="#${ids.get(line) ?? ''}" y="${row * LINE}"/>`,
    );
    return `<g class="f${index === frames.length - 1 ? ' last' : ''}" id="f${index}">${uses.join('')}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(cast.title)}">
<title>${escaped(cast.title)}</title>
<style>
${styleOf(frames, whole)}
</style>
<rect class="screen" width="100%" height="100%" rx="8"/>
<defs>
${defs}
</defs>
<g transform="translate(${EDGE} ${EDGE + 13})">
${shown.join('\n')}
</g>
</svg>
`;
}

function styleOf(frames: readonly Frame[], whole: number): string {
  const percent = (at: number): string => ((at / whole) * 100).toFixed(3);
  const timed = frames.map(({ at }, index) => {
    const end = frames[index + 1]?.at ?? whole;
    return `@keyframes k${index}{0%{visibility:hidden}${percent(at)}%{visibility:visible}${percent(end)}%,100%{visibility:hidden}}#f${index}{animation-name:k${index}}`;
  });
  return [
    '.screen{fill:#1b1f24;stroke:#57606a}',
    'text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#e6edf3;white-space:pre}',
    '.b{font-weight:bold}.d{fill:#9aa4af}.c1{fill:#ff8f87}.c2{fill:#6fdd8b}.c3{fill:#e8c547}.c4,.c6{fill:#79c0ff}.c5{fill:#d2a8ff}',
    `.f{visibility:hidden;animation:${whole.toFixed(2)}s step-end infinite}`,
    ...timed,
    '@media (prefers-reduced-motion:reduce){.f{animation:none}.last{visibility:visible}}',
  ].join('\n');
}

function framesOf({ columns, rows, events }: Cast): readonly Frame[] {
  const screen = new Screen({ columns, rows });
  const frames: Frame[] = [];
  let [now, before] = [0, 0];
  for (const { at, text } of events) {
    now += Math.min(LONGEST_PAUSE, at - before);
    before = at;
    screen.write(text);
    const frame = { at: now, lines: screen.shown().map(lineOf) };
    const last = frames.at(-1);
    if (last !== undefined && now - last.at < SHORTEST_FRAME) {
      frames[frames.length - 1] = { at: last.at, lines: frame.lines };
    } else {
      frames.push(frame);
    }
  }
  return frames;
}

function lineOf(runs: readonly Run[]): string {
  return runs
    .map(({ text, looks }) => (looks === '' ? escaped(text) : `<tspan class="${looks}">${escaped(text)}</tspan>`))
    .join('')
    .trimEnd();
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
