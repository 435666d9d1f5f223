import { auditRule } from './audit-rule/index.ts';
import { daemonOption } from './daemon-option/index.ts';
import { fileAccess } from './file-access/index.ts';
import { report } from './report/index.ts';
import type { AnyResourceType } from './resource-type.ts';

/** Every resource type, by name. A new one is a folder beside these and a line here. */
export const RESOURCE_TYPES: readonly AnyResourceType[] = [auditRule, daemonOption, fileAccess, report];
