import { defineResourceType } from '../resource-type.ts';
import { revertAccess } from './revert.ts';
import { accessAddress, accessTargets, compareAccess } from './compare.ts';
import { observeAccess } from './observe.ts';
import { fileAccessSchema } from './schema.ts';
import { workOfAccess } from './change.ts';

/** Mode, owner and group of files, folders and sockets. */
export const fileAccess = defineResourceType({
  name: 'file-access',
  schema: fileAccessSchema,
  targets: accessTargets,
  address: accessAddress,
  observe: observeAccess,
  compare: compareAccess,
  work: workOfAccess,
  revert: revertAccess,
});
