import { CATALOGUE_TARGETS } from './fuzz-catalogue.ts';
import { ENGINE_TARGETS } from './fuzz-engine.ts';
import { FILE_TARGETS } from './fuzz-files.ts';
import { HOST_TARGETS } from './fuzz-host.ts';
import { POLICY_TARGETS } from './fuzz-policy.ts';
import { RECORD_TARGETS } from './fuzz-records.ts';
import type { FuzzTarget } from './fuzz-target.ts';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...FILE_TARGETS,
  ...CATALOGUE_TARGETS,
  ...POLICY_TARGETS,
  ...HOST_TARGETS,
  ...ENGINE_TARGETS,
  ...RECORD_TARGETS,
];
