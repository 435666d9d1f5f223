import * as z from 'zod';

export const ContainersSeen = z.lazy(() =>
  z
    .strictObject({
      running: z.array(z.string()).describe('Run.'),
      down: z.array(z.string()).describe('Are there and do not run: docker start NAME.'),
      gone: z.array(z.string()).describe('Are not there any more, as what was started with --rm.'),
    })
    .describe(
      'Names of the containers that ran before a run that restarted dockerd, by how they were when it had ended; left out where none ran or the engine did not tell. Since minor 2.',
    ),
);
export interface ContainersSeen {
  readonly running: readonly string[];
  readonly down: readonly string[];
  readonly gone: readonly string[];
}
