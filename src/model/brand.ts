/** Strings with a meaning. Each has one constructor, which checks; everything else takes the branded type. */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** An absolute path: starts with `/`, no NUL, no `.` or `..` component, no doubled or trailing slash. */
export type AbsPath = Branded<string, 'AbsPath'>;
/** 64 lower-case hex digits. */
export type Sha256 = Branded<string, 'Sha256'>;
/** `type:what`, for example `file-access:/etc/docker/daemon.json`; the key of plans, journals and maps. */
export type ResourceAddress = Branded<string, 'ResourceAddress'>;

/** @throws TypeError when `raw` is not a clean absolute path. */
export function absPath(raw: string): AbsPath {
  if (!isCleanAbsolute(raw)) {
    throw new TypeError(`not a clean absolute path: ${JSON.stringify(raw)}`);
  }
  return raw as AbsPath;
}

/** The clean form of an absolute path in foreign data (`//`, `/./`, trailing `/` removed); undefined where there is none. */
export function cleanPath(raw: string): AbsPath | undefined {
  if (isCleanAbsolute(raw)) {
    return raw as AbsPath;
  }
  if (!raw.startsWith('/') || raw.includes('\0')) {
    return undefined;
  }
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : (`/${parts.join('/')}` as AbsPath);
}

/** `child` is one or more components, without a leading slash. */
export function joinPath(parent: AbsPath, child: string): AbsPath {
  return absPath(parent === '/' ? `/${child}` : `${parent}/${child}`);
}

export function parentPath(path: AbsPath): AbsPath {
  const cut = path.lastIndexOf('/');
  return (cut <= 0 ? '/' : path.slice(0, cut)) as AbsPath;
}

export function baseName(path: AbsPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** True where `path` is `ancestor` itself or lies below it. */
export function isBelow(path: AbsPath, ancestor: AbsPath): boolean {
  return path === ancestor || path.startsWith(ancestor === '/' ? '/' : `${ancestor}/`);
}

export function sha256Hex(raw: string): Sha256 {
  if (!/^[0-9a-f]{64}$/.test(raw)) {
    throw new TypeError(`not a sha256 in hex: ${JSON.stringify(raw)}`);
  }
  return raw as Sha256;
}

export function resourceAddress(type: string, what: string): ResourceAddress {
  return `${type}:${what}` as ResourceAddress;
}

/** A NUL, an empty component (also after a trailing slash), or one that is `.` or `..`. */
const UNCLEAN = /\0|\/(?:\/|\.{0,2}$|\.{1,2}\/)/;

function isCleanAbsolute(raw: string): boolean {
  return raw === '/' || (raw.startsWith('/') && !UNCLEAN.test(raw));
}
