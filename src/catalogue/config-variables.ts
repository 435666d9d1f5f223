import type * as z from 'zod';
import type { Json } from '../model/canonical.ts';
import { type Said, SETTINGS, SWITCH_WORDS, type Setting, type SettingKey } from '../model/config.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { LOG_CHOICES } from '../model/log.ts';
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
  const wrong = [
    ...read.flatMap(({ variable, complaint }) => (complaint === undefined ? [] : [{ variable, complaint }])),
    ...wrongOfTheMoment(environment),
  ];
  if (wrong.length > 0) {
    throw new HardenError({
      code: 'H0072',
      exit: EXIT.usage,
      message: 'a variable has a value that harden does not know. Nothing was done.',
      details: wrong.map(({ variable, complaint }) => `${variable} ${complaint}`),
      hint: `To go on without: unset ${wrong.map(({ variable }) => variable).join(' ')}`,
    });
  }
  return read.map(({ key, variable, value }) => ({ key, value, origin: { type: 'variable', name: variable } }));
}

function valueOf(key: SettingKey, text: string): { readonly value: Json; readonly complaint?: string } {
  const value = plain(key, text);
  if (isSwitch(key) && typeof value === 'string') {
    return { value, complaint: oneOf([...SWITCH_WORDS.keys()], text) };
  }
  const parsed = schemaOf(key).safeParse(value);
  return parsed.success ? { value } : { value, complaint: readable(parsed.error.issues[0]?.message ?? '') };
}

/** Variables that no file of configuration can say, with all they take. */
const OF_THE_MOMENT: Readonly<Record<string, readonly string[]>> = {
  HARDEN_NO_INPUT: [...SWITCH_WORDS.keys()],
  HARDEN_LOG: LOG_CHOICES,
};

function wrongOfTheMoment(environment: Readonly<Record<string, string | undefined>>) {
  return Object.entries(OF_THE_MOMENT).flatMap(([variable, words]) => {
    const text = environment[variable] ?? '';
    return text === '' || words.includes(text) ? [] : [{ variable, complaint: oneOf(words, text) }];
  });
}

function oneOf(words: readonly string[], text: string): string {
  return `must be one of ${words.join(', ')}; "${text}" is none of them`;
}

/** Variables are texts; numbers and switches stand in them as such. */
function plain(key: SettingKey, text: string): Json {
  if (key === 'width') {
    return /^\d{1,6}$/.test(text) ? Number(text) : text;
  }
  return isSwitch(key) ? (SWITCH_WORDS.get(text) ?? text) : text;
}

function isSwitch(key: SettingKey): boolean {
  return key === 'accessible' || key === 'pager';
}

function schemaOf(key: SettingKey): z.ZodType {
  return Object.hasOwn(presentation, key) ? presentation[key as keyof typeof presentation]() : profileName();
}
