import type { CommandModule } from 'yargs';
import { exportSnapshot } from '../../app/snapshot-export.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import { readableSnapshots } from '../store-place.ts';
import type { Finish } from '../finish.ts';
import { placeOptions } from '../options.ts';
import { print, tell } from '../output.ts';
import { noSnapshots } from '../stored-snapshots.ts';

interface ExportArguments {
  readonly id: string | undefined;
  readonly root: string | undefined;
  readonly output: string;
  readonly 'state-dir': string | undefined;
}

export function exportCommand(finish: Finish) {
  return {
    command: 'export [id]',
    describe: 'one snapshot as a tar file of mode 0600; harden snapshot verify FILE looks at it anywhere',
    builder: (argv) =>
      placeOptions(argv)
        .positional('id', { type: 'string', describe: 'id, or its beginning (default: the one rollback would take)' })
        .option('output', {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          demandOption: true,
          describe: 'a file that is not there yet, or a folder; - is standard output, where that is no terminal',
        }),
    handler: async (args) => {
      if (args.output === '-' && process.stdout.isTTY) {
        throw new HardenError({
          code: 'H2062',
          exit: EXIT.usage,
          message: 'a snapshot holds secrets and is no text, so it is not written to a terminal. Nothing was written.',
          hint: 'For example: sudo harden snapshot export -o /root/',
        });
      }
      const exported = readableSnapshots(args, (snapshots) => exportSnapshot(snapshots ?? noSnapshots(), args.id));
      if (args.output === '-') {
        await print(exported.archive);
      } else {
        const { writeExport } = await import('../exported-file.ts');
        const path = writeExport(exported, args.output);
        tell(`harden: snapshot ${exported.id} is in ${path}. It holds what the files held before, secrets too.\n`);
      }
      finish(EXIT.ok);
    },
  } satisfies CommandModule<object, ExportArguments>;
}
