import type { Report, ReportControl, Result } from '../../model/report.ts';
import { waiverEnd } from '../../model/waiver.ts';
import { RESULTS } from '../../model/report.ts';
import { printable } from '../printable.ts';
import { evidenceLines } from './evidence-lines.ts';

const WORDS: Readonly<Record<Result, string>> = {
  fail: 'to fix',
  error: 'error',
  'not-checked': 'not checked',
  manual: 'manual',
  waived: 'waived',
  fixed: 'fixed',
  pass: 'pass',
  'not-applicable': 'not applicable',
  'not-selected': 'not selected',
};
/** What a reader must do something about comes first. */
const ORDER: readonly Result[] = [
  'fail',
  'error',
  'not-checked',
  'manual',
  'waived',
  'fixed',
  'pass',
  'not-applicable',
  'not-selected',
];
/** Those below are folded until somebody opens them. */
const OPEN: ReadonlySet<Result> = new Set(['fail', 'error', 'not-checked']);

/** One file for people: no scripts, nothing loaded, readable without its style, in the dark and on paper. */
export function htmlReport(report: Report): string {
  const title = `harden ${report.kind}: ${report.host.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${text(report.host.name)}</h1>
<p>${text(`harden ${report.kind}, ${report.content.profile}, ${minute(report.createdAt)}`)}</p>
</header>
<main>
${[counts(report), score(report), warnings(report), ...ORDER.map((result) => section(report, result))].filter((part) => part !== '').join('\n')}
</main>
<footer>
<p>${text(report.content.notCovered)}</p>
<p>${text(origin(report))}</p>
<p>Digest <code>${text(report.digest)}</code>, made by harden ${text(report.tool.version)}.</p>
</footer>
</body>
</html>
`;
}

function counts(report: Report): string {
  const items = RESULTS.filter((result) => report.counts[result] > 0)
    .toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map((result) => `<li class="${result}"><b>${report.counts[result]}</b> ${WORDS[result]}</li>`);
  return `<ul class="counts" aria-label="Controls by result">${items.join('')}</ul>`;
}

function score({ score: said }: Report): string {
  return said === undefined ? '' : `<p>${text(said)}</p>`;
}

function warnings(report: Report): string {
  const all = [...(report.refusal === null ? [] : [`${report.refusal} Nothing is changed here.`]), ...report.warnings];
  return all.length === 0 ? '' : `<ul class="warnings">${all.map((line) => `<li>${text(line)}</li>`).join('')}</ul>`;
}

function section(report: Report, result: Result): string {
  const own = report.controls.filter((control) => control.result === result);
  if (own.length === 0) {
    return '';
  }
  const heading = `${WORDS[result]} (${own.length})`;
  return `<details class="group ${result}"${OPEN.has(result) ? ' open' : ''}>
<summary><h2>${heading.slice(0, 1).toUpperCase()}${heading.slice(1)}</h2></summary>
${own.map(card).join('\n')}
</details>`;
}

function card(control: ReportControl): string {
  const { ids, title, reason, waiver } = control;
  const parts = [
    ...(reason === '' ? [] : [`<p>${text(reason)}</p>`]),
    ...(waiver === undefined
      ? []
      : [
          `<p${waiver.graceUntil === undefined ? '' : ' class="late"'}>Waived by ${text(waiver.owner)}, ${text(waiverEnd(waiver))}: ${text(waiver.reason)}</p>`,
        ]),
    block('What would change', control.result === 'fixed' ? [] : control.changes),
    block('What was changed', control.result === 'fixed' ? control.changes : []),
    block('What a person does', control.steps),
    block('Evidence', evidenceLines(control.evidence), 'code'),
  ];
  return `<article>
<h3><span class="id">${text(ids.join(' '))}</span> ${text(title)}</h3>
${parts.filter((part) => part !== '').join('\n')}
</article>`;
}

function block(label: string, lines: readonly string[], tag: 'span' | 'code' = 'span'): string {
  const items = lines.map((line) => `<li><${tag}>${text(line)}</${tag}></li>`).join('');
  return lines.length === 0 ? '' : `<h4>${label}</h4>\n<ul>${items}</ul>`;
}

function origin({ source, host }: Report): string {
  const where = source.recording === null ? 'Looked at' : `From a recording of ${minute(source.recording.takenAt)}:`;
  return `${where} ${host.os}, kernel ${host.kernel}, Docker ${host.docker.version ?? 'not running'}.`;
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}

function text(raw: string): string {
  return printable(raw.toWellFormed())
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--page:#fff;--soft:#f3f4f6;--line:#8b929c;--dim:#4b5563;--bad:#a40e26;--warn:#7a4a00;--good:#116329}
@media (prefers-color-scheme:dark){:root{--text:#e6e9ee;--page:#14171b;--soft:#1f242b;--line:#7d8590;--dim:#b3bac4;--bad:#ff9b93;--warn:#f0b95a;--good:#7ee094}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header p,footer{color:var(--dim)}
h1{margin:0;font-size:1.6rem}h2{display:inline;font-size:1.2rem}h3{margin:0 0 .3rem;font-size:1rem}h4{margin:.6rem 0 .1rem;font-size:.85rem;color:var(--dim)}
ul{margin:.2rem 0;padding-left:1.2rem}
.counts{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;list-style:none}
.counts li{border:1px solid var(--line);border-radius:.4rem;padding:.2rem .7rem}
.counts b{font-size:1.2rem}
.late{color:var(--bad);font-weight:bold}
.fail b,.error b,.fail summary h2,.error summary h2{color:var(--bad)}
.not-checked b,.waived b,.not-checked summary h2,.waived summary h2{color:var(--warn)}
.pass b,.fixed b,.pass summary h2,.fixed summary h2{color:var(--good)}
.warnings{border-left:.3rem solid var(--warn);background:var(--soft);padding:.6rem .8rem .6rem 2rem}
.group{margin:1.2rem 0}summary{cursor:pointer;padding:.2rem 0}
article{border-top:1px solid var(--line);padding:.8rem 0}
article p{margin:.2rem 0}.id{color:var(--dim);font-variant-numeric:tabular-nums}
code{font:.85rem ui-monospace,monospace;background:var(--soft);padding:.05rem .25rem;border-radius:.2rem}
footer{margin-top:2rem;border-top:1px solid var(--line);font-size:.85rem}
@media print{body{max-width:none;padding:0}details::details-content{content-visibility:visible;block-size:auto}article{break-inside:avoid}}
`;
