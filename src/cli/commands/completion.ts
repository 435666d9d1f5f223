import type { CommandModule } from 'yargs';
import type { CommandEntry } from '../command-table.ts';
import { print } from '../output.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

interface CompletionArguments {
  readonly shell: (typeof SHELLS)[number];
}

/** @param program all commands, this one too. */
export function completionCommand(program: () => Promise<CommandEntry>) {
  return {
    command: 'completion <shell>',
    describe: 'print a script that completes commands, options, controls and snapshots',
    builder: (argv) => argv.positional('shell', { choices: SHELLS, demandOption: true, describe: 'the shell' }),
    handler: async ({ shell }) => {
      const [{ completionOf }, { shippedCatalogue }, { SCRIPTS }] = await Promise.all([
        import('../completion-data.ts'),
        import('../../catalogue/shipped-catalogue.ts'),
        import('../../render/completion/index.ts'),
      ]);
      await print(SCRIPTS[shell](completionOf(await program(), shippedCatalogue())));
    },
  } satisfies CommandModule<object, CompletionArguments>;
}
