import { containerTrial } from '../../src/host/container-trial.ts';
import { absPath } from '../../src/model/brand.ts';

/** Starts a throwaway container on the host it runs on; argument: the limit in milliseconds. Prints the outcome in JSON. */
const [limit = '30000'] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await containerTrial().tryOnce(absPath('/run/docker.sock'), Number(limit))));
