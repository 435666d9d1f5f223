import { printableJson } from '../../render/printable.ts';
import type { CommandModule } from 'yargs';
import { examine } from '../../app/doctor.ts';
import { DEFAULT_PROFILE } from '../../catalogue/profiles.ts';
import { shippedCatalogue } from '../../catalogue/shipped-catalogue.ts';
import { saidByProfile } from '../../catalogue/tailor.ts';
import { liveSys } from '../../host/live-sys.ts';
import { wordsFor } from '../../host/errno.ts';
import { type AbsPath, absPath } from '../../model/brand.ts';
import { type Said, settle } from '../../model/config.ts';
import type { DoctorAnswer, SettingsAnswer } from '../../model/answers/host.ts';
import { EXIT } from '../../model/errors.ts';
import { doctorText, settingsText } from '../../render/doctor-text.ts';
import { type Room, roomAt } from '../../state/place.ts';
import { groundFor, profileFor } from '../compose.ts';
import { keptAt, stateFolder } from '../store-place.ts';
import { settingsInForce, settingsTrouble } from '../configured.ts';
import type { Finish } from '../finish.ts';
import { formatOptions } from '../options.ts';
import { print } from '../output.ts';
import { readTerminal } from '../terminal.ts';

interface DoctorArguments {
  readonly format: 'text' | 'json';
  readonly json: boolean;
  readonly config: string | undefined;
  readonly 'state-dir': string | undefined;
}

export function doctorCommand(finish: Finish) {
  return {
    command: 'doctor',
    describe: 'can harden work here, and what would it not see; exit 2 where something stands in the way',
    builder: (argv) =>
      formatOptions(argv)
        .option('state-dir', {
          type: 'string',
          requiresArg: true,
          describe: 'where snapshots are kept (default /var/lib/harden)',
        })
        .option('config', {
          type: 'string',
          describe: 'show every setting in force and who said it; with a file: of that file alone',
        }),
    handler: async (args) => {
      const { out } = readTerminal(false);
      const json = args.json || args.format === 'json';
      const trouble = settingsTrouble();
      if (args.config !== undefined) {
        if (trouble !== undefined) {
          throw trouble;
        }
        const settings = allSettings();
        await print(
          json ? jsonOf({ schema: 'urn:harden:settings:1', schemaMinor: 0, settings }) : settingsText(settings, out),
        );
        return;
      }
      const stateDir = stateFolder(args['state-dir']);
      const examined = await examine(groundFor({ root: undefined, from: undefined }), {
        stateDir,
        room: roomOf(stateDir),
        configuration: trouble === undefined ? filesRead() : { trouble: trouble.message },
        openRuns: openRuns(args['state-dir']),
      });
      await print(
        json ? jsonOf({ schema: 'urn:harden:doctor:1', schemaMinor: 0, examined }) : doctorText(examined, out),
      );
      finish(examined.some(({ state }) => state === 'trouble') ? EXIT.notAsItShouldBe : EXIT.ok);
    },
  } satisfies CommandModule<object, DoctorArguments>;
}

/** With what the profile in force says, which the configuration goes before. */
function allSettings(): readonly Said[] {
  const said = settingsInForce();
  const wanted = said.find(({ key }) => key === 'profile')?.value;
  const profile = profileFor({ catalogue: shippedCatalogue() }, typeof wanted === 'string' ? wanted : DEFAULT_PROFILE);
  return settle([...saidByProfile(profile), ...said]);
}

function roomOf(stateDir: AbsPath): Room | string {
  try {
    return roomAt(liveSys(absPath('/')), stateDir);
  } catch (error) {
    return wordsFor(error);
  }
}

function openRuns(stateDir: string | undefined): readonly string[] | undefined {
  try {
    return keptAt({ root: undefined, stateDir })?.unfinished ?? [];
  } catch {
    return undefined;
  }
}

function filesRead(): readonly string[] {
  return [...new Set(settingsInForce().flatMap(({ origin }) => (origin.type === 'file' ? [origin.file] : [])))];
}

function jsonOf(answer: DoctorAnswer | SettingsAnswer): string {
  return printableJson(answer);
}
