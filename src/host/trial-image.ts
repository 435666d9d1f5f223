/** Name of the only file of the image. */
export const TRIAL_PROGRAM = '/exit';

/** `exit(0)` as machine code, and the number ELF gives the machine. */
const MACHINES: Readonly<Record<string, { readonly elf: number; readonly code: readonly number[] }>> = {
  // xor edi,edi; mov eax,60; syscall
  x64: { elf: 62, code: [0x31, 0xff, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x0f, 0x05] },
  // mov x8,#93; mov x0,#0; svc #0
  arm64: { elf: 183, code: [0xa8, 0x0b, 0x80, 0xd2, 0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4] },
};
const ELF_HEADER = 64;
const PROGRAM_HEADER = 56;
const LOADED_AT = 0x400000n;
const BLOCK = 512;

/** The root of an image as a tar with one static program that ends with 0 at once; undefined for a machine (`process.arch`) we have no code for. */
export function trialImage(arch: string): Uint8Array | undefined {
  const machine = MACHINES[arch];
  return machine === undefined ? undefined : tarOf(TRIAL_PROGRAM.slice(1), program(machine.elf, machine.code));
}

/** A 64-bit little-endian ELF executable: its headers, then its code, all of it one readable and executable segment. */
function program(machine: number, code: readonly number[]): Buffer {
  const start = ELF_HEADER + PROGRAM_HEADER;
  const file = Buffer.alloc(start + code.length);
  // Magic, 64 bit, little-endian, version 1.
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(LOADED_AT + BigInt(start), 24);
  file.writeBigUInt64LE(BigInt(ELF_HEADER), 32);
  file.writeUInt16LE(ELF_HEADER, 52);
  file.writeUInt16LE(PROGRAM_HEADER, 54);
  file.writeUInt16LE(1, 56);
  // PT_LOAD, readable and executable.
  file.writeUInt32LE(1, ELF_HEADER);
  file.writeUInt32LE(5, ELF_HEADER + 4);
  file.writeBigUInt64LE(LOADED_AT, ELF_HEADER + 16);
  file.writeBigUInt64LE(LOADED_AT, ELF_HEADER + 24);
  file.writeBigUInt64LE(BigInt(file.length), ELF_HEADER + 32);
  file.writeBigUInt64LE(BigInt(file.length), ELF_HEADER + 40);
  // Aligned to the largest page any of these machines has.
  file.writeBigUInt64LE(0x10000n, ELF_HEADER + 48);
  Buffer.from(code).copy(file, start);
  return file;
}

/** One file, root's, mode 0755, time 0: the same bytes each time. */
function tarOf(name: string, data: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  header.write(name, 0, 'latin1');
  octal(0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(data.length, 124, 12);
  octal(0, 136, 12);
  header.write('        0', 148, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return Buffer.concat([header, data, Buffer.alloc(BLOCK - (data.length % BLOCK)), Buffer.alloc(2 * BLOCK)]);
}
