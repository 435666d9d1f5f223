import type * as z from 'zod';
import type { Json } from '../model/canonical.ts';
import { type Said, SETTINGS, type Setting, type SettingKey } from '../model/config.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { presentation, profileName } from './config-schema.ts';
import { readable } from './issues.ts';

/**
 * What HARDEN_ variables say; an empty one says nothing.
 * @throws HardenError (exit 64, H0072) that names every variable with a value that is none.
 */
export function saidInVariables(environment: Readonly<Record<string, string | undefined>>): readonly Said[] {
  const read = SETTINGS.flatMap((setting: Setting & { readonly key: SettingKey }) => {
    const { key, variable } = setting;
    const text = variable === undefined ? '' : (environment[variable] ?? '');
    return variable === undefined || text === '' ? [] : [{ key, variable, ...valueOf(key, text) }];
  });
  const complaints = read.flatMap(({ variable, complaint }) =>
    complaint === undefined ? [] : [`${variable} ${complaint}`],
  );
  if (complaints.length > 0) {
    throw new HardenError({
      code: 'H0072',
      exit: EXIT.usage,
      message: 'a variable has a value that harden does not know. Nothing was done.',
      details: complaints,
      hint: `To go on without: unset ${read.flatMap(({ variable, complaint }) => (complaint === undefined ? [] : [variable])).join(' ')}`,
    });
  }
  return read.map(({ key, variable, value }) => ({ key, value, origin: { type: 'variable', name: variable } }));
}

function valueOf(key: SettingKey, text: string): { readonly value: Json; readonly complaint?: string } {
  const value = plain(key, text);
  const parsed = schemaOf(key).safeParse(value);
  return parsed.success ? { value } : { value, complaint: readable(parsed.error.issues[0]?.message ?? '') };
}

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['no', false],
]);

/** Variables are texts; numbers and switches stand in them as such. */
function plain(key: SettingKey, text: string): Json {
  if (key === 'width') {
    return /^\d{1,6}$/.test(text) ? Number(text) : text;
  }
  return key === 'accessible' || key === 'pager' ? (SWITCHES.get(text) ?? text) : text;
}

function schemaOf(key: SettingKey): z.ZodType {
  return Object.hasOwn(presentation, key) ? presentation[key as keyof typeof presentation]() : profileName();
}
