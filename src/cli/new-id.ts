import { randomBytes } from 'node:crypto';

/** Names a run, its transaction and its snapshot. */
export function newId(): string {
  return randomBytes(4).toString('hex');
}
