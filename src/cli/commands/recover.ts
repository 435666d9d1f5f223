import type { CommandModule } from 'yargs';
import type { Recovered } from '../../model/transaction.ts';
import { EXIT, type ExitCode } from '../../model/errors.ts';
import { recoveredText } from '../../render/recover-text.ts';
import { changeableGround, withStore } from '../compose.ts';
import type { Finish } from '../finish.ts';
import { consentOptions, formatOptions, stateOptions } from '../options.ts';
import { print } from '../output.ts';
import { readTerminal } from '../terminal.ts';

interface RecoverArguments {
  readonly root: string | undefined;
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly 'state-dir': string | undefined;
  readonly 'accept-volatile-state': boolean;
}

export function recoverCommand(finish: Finish) {
  return {
    command: 'recover',
    describe: 'finish or undo what a run left that was killed; asks nothing',
    builder: (argv) =>
      stateOptions(consentOptions(formatOptions(argv))).option('root', {
        type: 'string',
        requiresArg: true,
        describe: 'a folder taken as / (an image, a chroot)',
      }),
    handler: async (args) => {
      const ground = changeableGround(args.root);
      let recovered: readonly Recovered[] = [];
      await withStore(
        ground,
        {
          root: args.root,
          stateDir: args['state-dir'],
          acceptVolatile: args['accept-volatile-state'],
          dryRun: false,
          recovered: (list) => (recovered = list),
        },
        () => Promise.resolve(),
      );
      const json = args.json || args.format === 'json';
      await print(
        json
          ? `${JSON.stringify({ schema: 'urn:harden:recovery:1', recovered }, undefined, 2)}\n`
          : recoveredText(recovered, readTerminal(false).out),
      );
      finish(recoverExit(recovered));
    },
  } satisfies CommandModule<object, RecoverArguments>;
}

function recoverExit(recovered: readonly Recovered[]): ExitCode {
  return recovered.some(
    ({ outcome, undo }) => outcome === 'incomplete' || outcome === 'refused' || undo.kept.length > 0,
  )
    ? EXIT.needsAttention
    : EXIT.ok;
}
