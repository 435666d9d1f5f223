import type { CommandModule } from 'yargs';
import { print } from '../output.ts';
import { SCHEMA_NAMES, SCHEMAS, type SchemaName } from '../schemas.ts';

interface SchemaArguments {
  readonly of: SchemaName;
}

export function schemaCommand() {
  return {
    command: 'schema <of>',
    describe: 'print the JSON Schema of a file or of output',
    builder: (argv) =>
      argv.positional('of', { choices: SCHEMA_NAMES, demandOption: true, describe: 'what the schema is of' }),
    handler: async ({ of }) => {
      await print(`${JSON.stringify(await SCHEMAS[of](), undefined, 2)}\n`);
    },
  } satisfies CommandModule<object, SchemaArguments>;
}
