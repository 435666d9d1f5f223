import { type AbsPath, absPath, baseName, joinPath, parentPath } from '../../model/brand.ts';
import type { Json, JsonObject } from '../../model/canonical.ts';
import type { HostReader } from '../../model/host.ts';
import { type Observed, present } from '../../model/state.ts';

/** A regular file as text; bytes that are not UTF-8 become the replacement character. */
export function textOf(host: HostReader, path: AbsPath): Observed<string> {
  const bytes = host.read(path);
  return bytes.status === 'present' ? present(new TextDecoder().decode(bytes.value)) : bytes;
}

/** The empty string where the file is not there or cannot be read. */
export function textOrEmpty(host: HostReader, path: AbsPath): string {
  const text = textOf(host, path);
  return text.status === 'present' ? text.value : '';
}

export function isThere(host: HostReader, path: AbsPath): boolean {
  return host.stat(path).status === 'present';
}

export function namesIn(host: HostReader, path: AbsPath): readonly string[] {
  const names = host.list(path);
  return names.status === 'present' ? names.value : [];
}

/** The path with links resolved as far as it exists; the rest stays as it is, but /var/run is always /run. */
export function canonical(host: HostReader, path: AbsPath): AbsPath {
  const real = host.realPath(path);
  if (real.status === 'present') {
    return real.value;
  }
  if (path === '/var/run') {
    return absPath('/run');
  }
  return path === '/' ? path : joinPath(canonical(host, parentPath(path)), baseName(path));
}

/** Lines without comments (`#`, `;`) and white space at the ends; no empty ones. */
export function settingLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith(';'));
}

/** The object in a JSON text, a byte order mark allowed as dockerd allows it; undefined where there is none. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectMember(of: JsonObject, key: string): JsonObject {
  const value = of[key];
  return isJsonObject(value) ? value : {};
}

/** Undefined where it is not a string or empty. */
export function textMember(of: JsonObject, key: string): string | undefined {
  const value = of[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function listMember(of: JsonObject, key: string): readonly Json[] {
  const value: Json | undefined = of[key];
  return isJsonList(value) ? value : [];
}

export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Only the named members, where they are there. */
export function pickMembers(of: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (name in of ? [[name, of[name] ?? null] as const] : [])));
}
