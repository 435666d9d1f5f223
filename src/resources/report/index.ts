import { defineResourceType } from '../resource-type.ts';
import { compareReport, reportAddress, reportTargets } from './compare.ts';
import { observeReport } from './observe.ts';
import { reportSchema } from './schema.ts';

/** Looks and tells; there is nothing to carry out and nothing to take back. */
export const report = defineResourceType({
  name: 'report',
  schema: reportSchema,
  targets: reportTargets,
  address: reportAddress,
  observe: observeReport,
  compare: compareReport,
  work: () => Promise.resolve({ steps: [], undoPhases: [] }),
  revert: () => Promise.resolve({ steps: [], undoPhases: [], kept: [], already: [] }),
});
