import { liesAboutSync, preloadedLibraries } from '../host/environment-preload.ts';
import { troubleWithProc } from '../host/environment-proc.ts';
import { steeringVariables } from '../host/environment-variables.ts';
import { SAME_AGAIN } from '../model/command-place.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import { printable } from '../render/printable.ts';
import { tell } from './output.ts';

/** A process whose caller decides what runs in it changes nothing. @throws HardenError */
export function refuseSteered(): void {
  const names = steeringVariables(process.env);
  if (names.length > 0) {
    throw new HardenError({
      code: 'H0078',
      exit: EXIT.usage,
      message: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set, which can make this program do something else. Nothing was changed.`,
      hint: `sudo env ${names.map((name) => `-u ${name}`).join(' ')} ${SAME_AGAIN}`,
    });
  }
}

/** For commands that only read: what they show may be bent, which harms nobody who knows. */
export function tellSteered(): void {
  const names = steeringVariables(process.env);
  if (names.length > 0) {
    tell(
      `harden: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set and can bend what is seen here. Commands that change something refuse that.\n`,
    );
  }
}

/** @throws HardenError where /proc is not there or hides what is needed to change things safely. */
export function refuseWithoutProc(): void {
  const reason = troubleWithProc();
  if (reason !== undefined) {
    throw new HardenError({
      code: 'H3020',
      exit: EXIT.noPrivilege,
      message: `${reason}, so nothing can be changed safely. Nothing was changed.`,
      hint: 'mount -t proc proc /proc; where hidepid hides processes: mount -o remount,hidepid=0 /proc',
    });
  }
}

/**
 * Without CAP_SYS_ADMIN the kernel hides trusted.* attributes, so a file that is replaced would lose them unseen. An image below --root
 * is built by such processes every day and holds none. @throws HardenError
 */
export function refuseBlindToAttributes(capabilities: readonly string[]): void {
  if (!capabilities.includes('sys_admin')) {
    throw new HardenError({
      code: 'H3021',
      exit: EXIT.noPrivilege,
      message:
        'this process lacks CAP_SYS_ADMIN and cannot see all attributes of files, which could get lost. Nothing was changed.',
      hint: 'Run it as root with all capabilities, on the host itself.',
    });
  }
}

/** What a site loads into all its programs is its own choice, and told; one that makes every sync a lie takes an acceptance. @throws HardenError */
export function refusePreload(acceptVolatile: boolean): void {
  const libraries = preloadedLibraries();
  if (liesAboutSync(libraries) && !acceptVolatile) {
    throw new HardenError({
      code: 'H2107',
      exit: EXIT.malformed,
      message:
        '/etc/ld.so.preload loads eatmydata, so nothing surely reaches the disk and no snapshot outlasts a crash. Nothing was changed.',
      hint: 'Take it out of that file, or knowingly go without: --accept-volatile-state',
    });
  }
  if (libraries.length > 0) {
    tell(
      `harden: /etc/ld.so.preload loads ${libraries.map(printable).join(', ')} into every program here, this one too.\n`,
    );
  }
}
