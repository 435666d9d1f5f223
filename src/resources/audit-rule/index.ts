import { type AnyResourceType, defineResourceType } from '../resource-type.ts';
import { work } from './change.ts';
import { compare } from './compare.ts';
import { observe } from './observe.ts';
import { revert } from './revert.ts';
import { auditRuleSchema } from './schema.ts';
import { addressOf, targets } from './targets.ts';

/** Accesses to the files and folders of the engine, recorded by the kernel's audit. */
export const auditRule: AnyResourceType = defineResourceType({
  name: 'audit-rule',
  schema: auditRuleSchema,
  targets,
  address: addressOf,
  observe,
  compare,
  work,
  revert,
});
