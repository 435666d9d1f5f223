import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveSys } from '../../src/host/live-sys.ts';
import { absPath } from '../../src/model/brand.ts';

const LIVE_SYS = join(import.meta.dirname, '../../src/host/live-sys.ts');
const BRAND = join(import.meta.dirname, '../../src/model/brand.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-limits-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that may write no file larger than 512 bytes and writes one of 9,000. */
function writeUnderLimit(): string {
  const program = `
    import { liveSys } from ${JSON.stringify(LIVE_SYS)};
    import { absPath } from ${JSON.stringify(BRAND)};
    const sys = liveSys(absPath(${JSON.stringify(folder)}));
    const file = sys.createFile(sys.openDirectory(absPath('/')), 'f');
    try { sys.write(file, new Uint8Array(9000).fill(65), 0); console.log('all of it'); } catch (error) { console.log(error.code); }`;
  const limited = ['-c', 'ulimit -f 1 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', program];
  return execFileSync('/bin/sh', limited, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

describe('the live calls', () => {
  it('writes all of it or says that it did not, where the kernel takes only a part', () => {
    expect(writeUnderLimit()).toBe('EFBIG');
    expect(statSync(join(folder, 'f')).size).toBeLessThan(9000);
  });

  it('change the object they hold, whatever has its name by then', () => {
    const sys = liveSys(absPath(folder));
    const directory = sys.openDirectory(absPath('/'));
    const [name, aside] = ['f', 'aside'].map((one) => join(folder, one));
    if (name === undefined || aside === undefined) {
      throw new Error('two names');
    }
    writeFileSync(name, 'ours', { mode: 0o644 });
    const held = sys.openObject(directory, 'f');
    renameSync(name, aside);
    writeFileSync(name, 'theirs', { mode: 0o644 });
    rmSync(aside);
    sys.chmod(held, 0o600);
    expect(statSync(name).mode & 0o777).toBe(0o644);
    expect(sys.stat(held).mode).toBe(0o600);
    expect(new TextDecoder().decode(sys.read(held, 10))).toBe('ours');
    [held, directory].forEach((fd) => sys.close(fd));
  });
});
