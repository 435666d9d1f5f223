import { type NoteSecret, REDACTED, redactText } from './redact-text.ts';
import { isProxyName, isSecretName } from './secret-names.ts';

/**
 * A list of texts without its secrets, item by item: an argument vector, `NAME=value` entries, a pair of name and value.
 * The number of items stays.
 */
export function redactArgv(argv: readonly string[], note: NoteSecret): readonly string[] {
  return argv.map((item, index) => {
    const before = argv[index - 1] ?? '';
    if (namesNext(before, argv.length) && item !== '') {
      return hidden(before.replace(/^-+/, ''), item, note);
    }
    return redactValue(before, item, note);
  });
}

/** A text that stands after, or under, the name of something; proxies may hold a user and a password without looking like a URL. */
export function redactValue(name: string, value: string, note: NoteSecret): string {
  return isProxyName(name) ? redactText(`proxy=${value}`, note).slice('proxy='.length) : redactArgument(value, note);
}

/** `name=value` of an argument or of a variable; the name may stand behind another one, as in `--log-opt=name=value`. */
function redactArgument(item: string, note: NoteSecret): string {
  const parts = item.split('=');
  const cut = parts.findIndex((part, index) => index < parts.length - 1 && isWholeSecretName(part));
  if (cut < 0) {
    return redactText(item, note);
  }
  const kept = parts.slice(0, cut + 1).join('=');
  return `${kept}=${hidden(parts[cut] ?? '', item.slice(kept.length + 1), note)}`;
}

function namesNext(before: string, length: number): boolean {
  return isWholeSecretName(before) && (before.startsWith('-') || length === 2);
}

/** A program with its arguments, for people. */
export function commandLine(program: string, args: readonly string[]): string {
  return [program, ...redactArgv(args, () => undefined)].join(' ');
}

function isWholeSecretName(text: string): boolean {
  return /^-{0,2}[A-Za-z_][\w.-]*$/.test(text) && isSecretName(text.replace(/^-+/, ''));
}

function hidden(name: string, value: string, note: NoteSecret): string {
  if (value === '' || value === REDACTED) {
    return value;
  }
  note(name.replace(/^-+/, ''), value);
  return REDACTED;
}
