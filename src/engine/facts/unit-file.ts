import { type AbsPath, cleanPath } from '../../model/brand.ts';

/** A unit's fragment or drop-in, in the order systemd reads them. */
export interface UnitText {
  readonly path: AbsPath;
  readonly text: string;
}

/** One command of a unit before its variables are filled in. */
export interface UnitCommand {
  readonly words: readonly string[];
  /** False after the prefix `:`. */
  readonly expand: boolean;
  /** The fragment or drop-in that sets it. */
  readonly file: AbsPath;
}

/** What facts need of a unit, after all its files were read. */
export interface UnitSettings {
  readonly execStart: readonly UnitCommand[];
  readonly execStartPost: readonly UnitCommand[];
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly { readonly path: AbsPath; readonly optional: boolean }[];
  readonly listen: readonly string[];
  readonly umask: string | undefined;
  readonly socketGroup: string | undefined;
  readonly socketMode: string | undefined;
  readonly refusesManualStop: boolean;
}

interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly file: AbsPath;
}

/** Reads unit files as systemd.syntax(7) says: later files add to lists, an empty assignment empties them. */
export function readUnitSettings(files: readonly UnitText[]): UnitSettings {
  const all = files.flatMap((file) => assignments(file));
  const list = (name: string): readonly Assignment[] => listOf(all.filter((one) => one.name === name));
  const last = (name: string): string | undefined => list(name).at(-1)?.value;
  return {
    execStart: list('Service.ExecStart').map(command),
    execStartPost: list('Service.ExecStartPost').map(command),
    environment: Object.fromEntries(
      list('Service.Environment').flatMap((one) => splitWords(one.value).flatMap(variable)),
    ),
    environmentFiles: list('Service.EnvironmentFile').flatMap(environmentFile),
    listen: list('Socket.ListenStream').map((one) => one.value),
    umask: last('Service.UMask'),
    socketGroup: last('Socket.SocketGroup'),
    socketMode: last('Socket.SocketMode'),
    refusesManualStop: /^(1|yes|y|true|t|on)$/i.test(last('Unit.RefuseManualStop') ?? ''),
  };
}

/**
 * The argument vector systemd would start: `$NAME` as a word of its own becomes zero or more words, `${NAME}` anywhere its text, `$$` a dollar.
 */
export function expandCommand(command: UnitCommand, variables: Readonly<Record<string, string>>): readonly string[] {
  if (!command.expand) {
    return command.words;
  }
  // A variable may be called like a member every object has.
  const valueOf = (name: string): string => (Object.hasOwn(variables, name) ? (variables[name] ?? '') : '');
  return command.words.flatMap((word) => {
    const whole = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word)?.[1];
    if (whole !== undefined) {
      return splitWords(valueOf(whole));
    }
    return [
      word.replaceAll(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name?: string) =>
        name === undefined ? '$' : valueOf(name),
      ),
    ];
  });
}

/** The variables of an EnvironmentFile: one assignment a line, quotes around the value taken away. */
export function parseEnvironmentFile(text: string): Readonly<Record<string, string>> {
  const lines = text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/);
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/.exec(line.trim()) ?? [];
      return name === undefined || value === undefined ? [] : [[name, unquoted(value.trim())] as const];
    }),
  );
}

/** Words as systemd splits them: quotes group, a backslash escapes. */
export function splitWords(text: string): readonly string[] {
  const words = text.match(/(?:[^\s"'\\]|\\[^]?|"(?:[^"\\]|\\[^])*"?|'(?:[^'\\]|\\[^])*'?)+/g) ?? [];
  return words.map((word) => word.replaceAll(/"(?:[^"\\]|\\[^])*"?|'(?:[^'\\]|\\[^])*'?|(?:[^"'\\]|\\[^]?)+/g, plain));
}

/** A piece of a word without its quotes and backslashes. */
function plain(piece: string): string {
  const quote = /^["']/.exec(piece)?.[0];
  const inner =
    quote === undefined ? piece : piece.slice(1, piece.length > 1 && piece.endsWith(quote) ? -1 : undefined);
  return inner.replaceAll(/\\(x[0-9a-fA-F]{2}|[^])/g, (_, escape: string) => meaningOf(escape));
}

function meaningOf(escape: string): string {
  if (escape.length === 3) {
    return String.fromCharCode(parseInt(escape.slice(1), 16));
  }
  const meanings: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', s: ' ' };
  return meanings[escape] ?? escape;
}

function assignments(file: UnitText): readonly Assignment[] {
  let section = '';
  const found: Assignment[] = [];
  for (const line of logicalLines(file.text)) {
    const header = /^\[([^\]]+)\]$/.exec(line)?.[1];
    const [, key, value] = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      section = header;
    } else if (key !== undefined && value !== undefined) {
      found.push({ name: `${section}.${key}`, value, file: file.path });
    }
  }
  return found;
}

/** Lines with their continuations; comments inside a continued line are dropped. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let begun = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('#') || line.startsWith(';')) {
      continue;
    }
    if (line.endsWith('\\')) {
      begun += `${line.slice(0, -1)} `;
    } else {
      lines.push((begun + line).trim());
      begun = '';
    }
  }
  return begun === '' ? lines : [...lines, begun.trim()];
}

function listOf(all: readonly Assignment[]): readonly Assignment[] {
  return all.slice(all.findLastIndex((one) => one.value === '') + 1);
}

function command({ value, file }: Assignment): UnitCommand {
  const prefix = /^[@:+!|-]*/.exec(value)?.[0] ?? '';
  const words = splitWords(value.slice(prefix.length).replaceAll('%%', '%'));
  const end = words.indexOf(';');
  const own = end === -1 ? words : words.slice(0, end);
  return { words: prefix.includes('@') ? own.filter((_, at) => at !== 1) : own, expand: !prefix.includes(':'), file };
}

function environmentFile({ value }: Assignment): UnitSettings['environmentFiles'] {
  const path = cleanPath(value.replace(/^-/, ''));
  return path === undefined ? [] : [{ path, optional: value.startsWith('-') }];
}

function variable(word: string): readonly (readonly [string, string])[] {
  const equals = word.indexOf('=');
  return equals <= 0 ? [] : [[word.slice(0, equals), word.slice(equals + 1)]];
}

function unquoted(value: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  if (inner === undefined) {
    return value;
  }
  return quote === '"' ? inner.replaceAll(/\\(["\\$`])/g, '$1') : inner;
}
