import type { Json } from '../../model/canonical.ts';
import { isObject } from './document.ts';

const SECRET_NAME = /token|secret|passw|credential|access-?key|api-?key/i;
const HIDDEN = '***';

/** `value` without what nobody should read in a plan: passwords in addresses, and texts whose name says what they are. */
export function masked(name: string, value: Json): Json {
  if (typeof value === 'string') {
    return SECRET_NAME.test(name) ? HIDDEN : value.replace(/:\/\/[^"'@\s]*@/g, `://${HIDDEN}@`);
  }
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    return items.map((item) => masked(name, item));
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, masked(member, inner)]))
    : value;
}
