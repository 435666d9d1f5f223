import { type Json, byCodeUnit } from '../model/canonical.ts';
import { machineKey } from '../model/machine-key.ts';
import { type Rewrite, mapLeaves, rewriteRecording } from './recording-parts.ts';
import type { Recording } from './recording-schema.ts';
import { redactArgv } from './redact-argv.ts';
import { redactJsonText } from './redact-json.ts';
import { type NoteSecret, REDACTED, redactText } from './redact-text.ts';
import { isSecretName } from './secret-names.ts';

/** Something that was taken out: where it stood, and the name it stood under. Never the secret itself. */
export interface Redaction {
  readonly where: string;
  readonly what: string;
}

/** A secret shorter than this may be an everyday word: it is taken out where it was found, and left where it may mean something else. */
const TELLING = 8;

/**
 * The recording without secrets, and what was taken out, sorted. A secret that was found in one place is taken out of all
 * others too. The machine id becomes a keyed hash, wherever it stands.
 */
export function redactRecording(raw: Recording): {
  readonly recording: Recording;
  readonly redactions: readonly Redaction[];
} {
  const found = new Map<string, Redaction>();
  const secrets = new Set<string>();
  const noteAt =
    (where: string): NoteSecret =>
    (what, secret) => {
      found.set(`${where}\0${what}`, { where, what });
      for (const part of partsOf(secret).filter((text) => text.length >= TELLING && !text.startsWith('/'))) {
        secrets.add(part);
      }
    };
  const redacted = rewriteRecording(raw, whereFound(noteAt));
  const { machineId } = raw.host;
  const swept = rewriteRecording(redacted, everywhere([...secrets], machineId));
  if (machineId !== '') {
    found.set('', { where: 'this host', what: 'machine id, kept as a keyed hash' });
  }
  return {
    recording: { ...swept, host: { ...swept.host, machineId: machineKey(machineId) } },
    redactions: [...found].sort(([a], [b]) => byCodeUnit(a, b)).map(([, redaction]) => redaction),
  };
}

/** A value that was taken out whole may be more than the secret: its first word, or the password after a user. */
function partsOf(secret: string): readonly string[] {
  const isKey = secret.startsWith('-----BEGIN');
  return isKey ? [secret] : [secret, secret.split(/\s/)[0] ?? '', secret.slice(secret.indexOf(':') + 1)];
}

function whereFound(noteAt: (where: string) => NoteSecret): Rewrite {
  return {
    // In this file passwd is the name of a database.
    fileText: (text, where) => (where === '/etc/nsswitch.conf' ? text : redactFileText(text, noteAt(where))),
    list: (items, where) => redactArgv(items, noteAt(where)),
    variable: (name, value, where) => redactVariable(name, value, noteAt(where)),
    output: (text, where) => redactText(text, noteAt(where)),
    // Valid JSON goes in, and only whole strings and numbers of it are replaced, by strings.
    body: (body, where) => JSON.parse(redactJsonText(JSON.stringify(body), noteAt(where)) ?? 'null') as Json,
  };
}

/** A whole file without its secrets; JSON stays JSON. */
export function redactFileText(text: string, note: NoteSecret): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const asJson = /^\s*(?:[[{]|\/[/*])/.test(body) ? redactJsonText(body, note) : undefined;
  return mark + (asJson ?? redactText(body, note));
}

function redactVariable(name: string, value: string, note: NoteSecret): string {
  if (!isSecretName(name) || value === '') {
    return redactText(`${name}=${value}`, note).slice(name.length + 1);
  }
  note(name, value);
  return REDACTED;
}

function everywhere(secrets: readonly string[], machineId: string): Rewrite {
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  const clean = (text: string): string => {
    const named = machineId === '' ? text : text.replaceAll(machineId, machineKey(machineId));
    return longestFirst.reduce((left, secret) => left.replaceAll(secret, REDACTED), named);
  };
  return {
    fileText: clean,
    list: (items) => items.map(clean),
    variable: (_, value) => clean(value),
    output: clean,
    body: (body) => mapLeaves(body, (leaf) => (typeof leaf === 'string' ? clean(leaf) : leaf)),
  };
}
