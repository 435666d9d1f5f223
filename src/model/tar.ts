/** A regular file of a tar archive, whole. */
export interface TarMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const REGULAR = '0';
const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;

/** A POSIX ustar archive of plain files: mode 0600, owner 0, one time for all. Names are ASCII; what follows their last slash has at most 100 letters. Pure. */
export function tarOf(members: readonly TarMember[], seconds: number): Uint8Array {
  const parts = members.flatMap(({ name, bytes }) => [
    header(name, bytes.length, seconds),
    bytes,
    new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK),
  ]);
  return joined([...parts, new Uint8Array(2 * BLOCK)]);
}

/** The files of such an archive. @throws Error where it is damaged, cut, or holds anything but plain files. */
export function tarMembers(archive: Uint8Array): readonly TarMember[] {
  const members: TarMember[] = [];
  for (let at = 0; ;) {
    const head = archive.subarray(at, at + BLOCK);
    if (head.length < BLOCK) {
      throw new Error('it is cut off');
    }
    if (head.every((byte) => byte === 0)) {
      return members;
    }
    const { name, size } = decoded(head);
    const bytes = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (bytes.length < size) {
      throw new Error('it is cut off');
    }
    members.push({ name, bytes });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function header(name: string, size: number, seconds: number): Uint8Array {
  const head = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => head.set(new TextEncoder().encode(text), at);
  const cut = name.length > NAME_LENGTH ? name.lastIndexOf('/') : -1;
  if (name.length - cut - 1 > NAME_LENGTH || cut > PREFIX_LENGTH) {
    throw new Error(`${name} is too long a name`);
  }
  put(0, name.slice(cut + 1));
  put(345, name.slice(0, Math.max(cut, 0)));
  put(100, octal(0o600, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(seconds, 11));
  put(156, REGULAR);
  put(257, 'ustar\0');
  put(263, '00');
  put(148, `${octal(checksum(head), 6)}\0 `);
  return head;
}

function decoded(head: Uint8Array): { readonly name: string; readonly size: number } {
  const text = (from: number, length: number): string =>
    new TextDecoder('latin1').decode(head.subarray(from, from + length)).replace(/\0.*$/s, '');
  const number = (from: number, length: number): number => {
    const digits = text(from, length).trim();
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : NaN;
  };
  if (text(257, 5) !== 'ustar' || number(148, 8) !== checksum(head)) {
    throw new Error('it is no tar archive, or damaged');
  }
  const name = text(0, NAME_LENGTH);
  if (![REGULAR, ''].includes(text(156, 1))) {
    throw new Error(`${name} is not a plain file`);
  }
  const size = number(124, 12);
  if (!Number.isSafeInteger(size)) {
    throw new Error('a size in it is no number');
  }
  const prefix = text(345, PREFIX_LENGTH);
  return { name: prefix === '' ? name : `${prefix}/${name}`, size };
}

/** The sum of all bytes, with blanks for the sum itself. */
function checksum(head: Uint8Array): number {
  return head.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
