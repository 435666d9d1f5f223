import type { TestHost } from './throwaway-host.ts';

/** Where the real program of a stub is, for the stub to call. */
export const REAL = '/run/real';

/** Puts a shell script over a program of the host, without a trace in its layer. The real one stays at REAL/NAME. */
export async function putOver(host: TestHost, program: string, script: string): Promise<void> {
  const name = program.split('/').at(-1) ?? '';
  await host.check(
    `mkdir -p ${REAL} /run/stubs; test -e ${REAL}/${name} || cp -a $(readlink -f ${program}) ${REAL}/${name}`,
  );
  await host.write(`/run/stubs/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  await host.check(
    `umount $(readlink -f ${program}) 2>/dev/null; mount --bind /run/stubs/${name} $(readlink -f ${program})`,
  );
}

/** The host has its own programs again. */
export async function takeAway(host: TestHost, program: string): Promise<void> {
  await host.check(`umount $(readlink -f ${program})`);
}
