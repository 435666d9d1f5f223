import type { CommandModule } from 'yargs';
import { record, recordedPart } from '../../app/record.ts';
import { atPlace } from '../../model/command-place.ts';
import { EXIT } from '../../model/errors.ts';
import { recordingReader, recordingText } from '../../host/recorder.ts';
import { groundFor } from '../compose.ts';
import type { Finish } from '../finish.ts';
import { outputOption } from '../options.ts';
import { print, tell } from '../output.ts';
import { asRootAlso } from '../partly-seen.ts';
import { commandPlace } from '../place.ts';
import { writeResult } from '../result-file.ts';

interface RecordArguments {
  readonly output: string | undefined;
  readonly root: string | undefined;
}

export function recordCommand(finish: Finish) {
  return {
    command: 'record',
    describe: 'write what a plan needs to know of this host into a file, to plan elsewhere',
    builder: (argv) =>
      outputOption(argv).option('root', {
        type: 'string',
        requiresArg: true,
        describe: 'a folder taken as / (an image, a chroot)',
      }),
    handler: async (args) => {
      const ground = groundFor({ root: args.root, from: undefined });
      const recorder = recordingReader(ground.host, recordedPart);
      await record({ ...ground, host: recorder.reader });
      const { recording, redactions } = recorder.recording({
        takenAt: ground.now().toISOString(),
        toolVersion: ground.toolVersion,
      });
      const text = recordingText(recording);
      if (args.output === undefined) {
        await print(text);
      } else {
        tell(
          `Recorded in ${await writeResult(args.output, `harden-recording-${recording.host.hostname}.json`, text)}. It holds no secrets; look at it before you pass it on.\n`,
        );
      }
      tell(
        redactions.length === 0
          ? 'Nothing had to be redacted.\n'
          : `Redacted:\n${redactions.map(({ where, what }) => `  ${where}: ${what}\n`).join('')}`,
      );
      const more = asRootAlso();
      tell(more === undefined ? '' : `${atPlace(more, commandPlace())}\n`);
      finish(EXIT.ok);
    },
  } satisfies CommandModule<object, RecordArguments>;
}
