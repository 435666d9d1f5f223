import type { Json, JsonObject } from '../../model/canonical.ts';
import type { DaemonOptionDesired } from '../../model/remediation.ts';
import { isObject } from './document.ts';
import type { KeyEdit } from './edit.ts';
import { sameJson } from './effective.ts';

/** What to do to the file where the effective value is not accepted. */
export type Write =
  | {
      readonly status: 'edits';
      readonly edits: readonly KeyEdit[];
      /** The value of the key itself afterwards; undefined: taken out. */ readonly value: Json | undefined;
    }
  | { readonly status: 'nothing' }
  | { readonly status: 'not-given'; readonly parameter: string };

/** Turns `write` of a remediation and the profile's parameters into edits of daemon.json. */
export function writeOf(desired: DaemonOptionDesired, parameters: Readonly<Record<string, Json>>): Write {
  const { key, write } = desired;
  if (write === undefined) {
    return desired.value === undefined ? { status: 'nothing' } : setting(key, desired.value);
  }
  if ('value' in write) {
    return setting(key, write.value);
  }
  if ('absent' in write) {
    return { status: 'edits', edits: [{ key, remove: true }], value: undefined };
  }
  const given = Object.hasOwn(parameters, write.parameter) ? parameters[write.parameter] : undefined;
  return given === undefined ? { status: 'not-given', parameter: write.parameter } : fromParameter(key, given);
}

/** Whether `value` is what the remediation wants; where the site gave a value, it must be that one. */
export function accepts(desired: DaemonOptionDesired, write: Write, value: Json): boolean {
  if (desired.key === 'userns-remap' && value === 'on') {
    // The API says that users are remapped, not to whom.
    return true;
  }
  if (
    desired.write !== undefined &&
    'parameter' in desired.write &&
    write.status === 'edits' &&
    write.value !== undefined
  ) {
    return sameJson(value, write.value);
  }
  if (desired.value !== undefined) {
    return sameJson(value, desired.value);
  }
  if (desired.not !== undefined) {
    return !desired.not.some((refused) => sameJson(refused, value));
  }
  return !isEmpty(value);
}

function setting(key: string, value: Json): Write {
  return { status: 'edits', edits: [{ key, set: value }], value };
}

/** Parameters of the shapes `log-target` and `tls` hold several keys; all others the value of `key`. */
function fromParameter(key: string, given: Json): Write {
  if (isObject(given) && (key === 'log-driver' || key === 'log-opts') && given['driver'] !== undefined) {
    return several(key, { 'log-driver': given['driver'], 'log-opts': given['options'] ?? {} });
  }
  if (isObject(given) && given['certificate'] !== undefined) {
    return several(key, tlsMembers(given));
  }
  return setting(key, given);
}

function tlsMembers(given: JsonObject): JsonObject {
  const members: Record<string, Json> = { tlsverify: true };
  for (const [member, key] of [
    ['ca', 'tlscacert'],
    ['certificate', 'tlscert'],
    ['key', 'tlskey'],
    ['hosts', 'hosts'],
  ] as const) {
    const value = given[member];
    if (value !== undefined) {
      members[key] = value;
    }
  }
  return members;
}

function several(key: string, members: JsonObject): Write {
  return {
    status: 'edits',
    edits: Object.entries(members).map(([name, set]) => ({ key: name, set })),
    value: members[key],
  };
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '' || value === false) {
    return true;
  }
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}
