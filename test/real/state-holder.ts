import { liveSys } from '../../src/host/live-sys.ts';
import { absPath } from '../../src/model/brand.ts';
import { openStore } from '../../src/state/store.ts';

/** A process that holds the store of the folder given until it is ended. */
const folder = absPath(process.argv[2] ?? '');
openStore({
  stateSys: liveSys(absPath('/')),
  stateDir: absPath(`${folder}/state`),
  lockDir: absPath(`${folder}/lock`),
  targetSys: liveSys(folder),
  targetTrust: 'relaxed',
  bootId: 'boot',
  uid: process.geteuid?.() ?? -1,
  holder: { pid: process.pid, command: 'harden apply' },
  allowVolatile: true,
});
process.stdout.write('held\n');
setInterval(() => undefined, 1000);
