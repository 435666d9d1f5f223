import * as z from 'zod';

const ContainersAfter = z.lazy(() =>
  z
    .strictObject({
      back: z.array(z.string()).describe('Run again by themselves: restart policy always or unless-stopped.'),
      unsure: z.array(z.string()).describe('Run again unless their program ends with 0: restart policy on-failure.'),
      down: z.array(z.string()).describe('Stay down until somebody starts them.'),
      removed: z.array(z.string()).describe('Removed for good with what was written in them (--rm).'),
      unknown: z.array(z.string()).describe('The engine did not tell, or a swarm decides.'),
    })
    .describe('What becomes of each of containersStopped; left out where none stops. Since minor version 2.'),
);

/** A part of what applying a plan does to the host; those that interrupt something name the containers that run. */
export const Effect = z.lazy(() =>
  z.strictObject({
    step: z.int().positive(),
    kind: z.enum(['write', 'load-rules', 'reload', 'restart']),
    unit: z.string().nullable(),
    changes: z.array(z.string()),
    containersKept: z.array(z.string()),
    containersStopped: z.array(z.string()),
    containersAfter: ContainersAfter.exactOptional(),
  }),
);
