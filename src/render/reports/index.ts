import type { Report, ReportKind } from '../../model/report.ts';
import { csvReport } from './csv.ts';
import { htmlReport } from './html.ts';
import { junitReport } from './junit.ts';
import { oscalReport } from './oscal.ts';
import { prometheusReport } from './prometheus.ts';
import { sarifReport } from './sarif.ts';
import { xccdfReport } from './xccdf.ts';

/** Renderings of a report; `json` and `md` are renderings of the plan itself. */
export const REPORTS = {
  html: htmlReport,
  sarif: sarifReport,
  junit: junitReport,
  csv: csvReport,
  xccdf: xccdfReport,
  oscal: oscalReport,
  prom: prometheusReport,
} as const satisfies Readonly<Record<Exclude<ReportKind, 'json' | 'md'>, (report: Report) => string>>;
