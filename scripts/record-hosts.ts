import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SUITES, throwawayHost } from '../test/real/throwaway-host.ts';

/**
 * Makes the recordings of the stock hosts anew: each a Debian root with its own Docker and auditd, dockerd started by hand, looked at by
 * `harden record`. Needs root, the roots of test/real/build-roots.sh, and a build.
 */
const folder = join(import.meta.dirname, '../snapshots/hosts');

for (const suite of SUITES) {
  await using host = await throwawayHost(suite, { audit: true, hostname: `debian-${suite}` });
  await host.install('dist/harden', '/run/harden', 0o755);
  await host.startDockerd();
  await host.check(['/run/harden', 'record', '-o', '/run/recording.json']);
  const file = join(folder, `debian-${suite}.json`);
  await writeFile(file, await host.read('/run/recording.json'));
  console.log(file);
}
