import { printableJson } from '../../render/printable.ts';
import { basename } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { DEFAULT_PROFILE, profileByName } from '../../catalogue/profiles.ts';
import { shippedCatalogue } from '../../catalogue/shipped-catalogue.ts';
import { shellWord } from '../../model/command-place.ts';
import { EXIT, HardenError } from '../../model/errors.ts';
import { profileFor } from '../compose.ts';
import { profilesOfSite } from '../configured.ts';
import { formatOptions } from '../options.ts';
import { print, tell } from '../output.ts';
import { makeFile } from '../result-file.ts';
import { readTerminal } from '../terminal.ts';

interface Format {
  readonly format: 'text' | 'json';
  readonly json: boolean;
}

export function profileCommand() {
  return {
    command: 'profile',
    describe: 'the choices of controls there are: list | show | diff | init',
    builder: (argv: Argv) =>
      argv
        .command(listCommand())
        .command(showCommand())
        .command(diffCommand())
        .command(initCommand())
        .demandCommand(1, 'name one: list, show, diff, init'),
    handler: () => undefined,
  } satisfies CommandModule;
}

function listCommand() {
  return {
    command: 'list',
    describe: 'all profiles: those that come along, and those in /etc/harden/profiles.d',
    builder: (argv) => formatOptions(argv),
    handler: async (args) => {
      const catalogue = shippedCatalogue();
      const [{ profileSummary }, { profileListText }] = await modules();
      const profiles = [...profilesOfSite(), ...catalogue.profiles].map((one) => profileSummary(catalogue, one));
      await print(isJson(args) ? json('profiles', { profiles }) : profileListText(profiles, readTerminal(false).out));
    },
  } satisfies CommandModule<object, Format>;
}

function showCommand() {
  return {
    command: 'show [name]',
    describe: 'what a profile chooses here, with what the configuration says of it',
    builder: (argv) =>
      formatOptions(argv)
        .positional('name', { type: 'string', describe: 'name or file; without one the profile in force' })
        .option('profile', {
          alias: 'p',
          type: 'string',
          requiresArg: true,
          default: DEFAULT_PROFILE,
          describe: 'the same as NAME',
        }),
    handler: async (args) => {
      const catalogue = shippedCatalogue();
      const [{ profileDetails }, { profileText }] = await modules();
      const details = profileDetails(catalogue, profileFor({ catalogue }, args.name ?? args.profile));
      await print(
        isJson(args) ? json('profile-details', { ...details }) : profileText(details, readTerminal(false).out),
      );
    },
  } satisfies CommandModule<object, Format & { readonly name: string | undefined; readonly profile: string }>;
}

function diffCommand() {
  return {
    command: 'diff <from> <to>',
    describe: 'what one gets, loses and calls otherwise on the way from one profile to another',
    builder: (argv) =>
      formatOptions(argv)
        .positional('from', { type: 'string', demandOption: true, describe: 'name or file' })
        .positional('to', { type: 'string', demandOption: true, describe: 'name or file' }),
    handler: async (args) => {
      const catalogue = shippedCatalogue();
      const [{ profileDifference }, { profileDifferenceText }] = await modules();
      const [from, to] = [profileFor({ catalogue }, args.from), profileFor({ catalogue }, args.to)];
      const difference = profileDifference(catalogue, from, to);
      await print(
        isJson(args)
          ? json('profile-difference', { ...difference })
          : profileDifferenceText(difference, readTerminal(false).out),
      );
    },
  } satisfies CommandModule<object, Format & { readonly from: string; readonly to: string }>;
}

function initCommand() {
  return {
    command: 'init <file>',
    describe: 'write a profile of your own to begin with, with all that can be said in it as comments',
    builder: (argv) =>
      argv
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe: 'its name without .json5 becomes that of the profile: /etc/harden/profiles.d/web.json5',
        })
        .option('profile', {
          alias: 'p',
          type: 'string',
          requiresArg: true,
          default: DEFAULT_PROFILE,
          describe: 'profile that comes along to begin from',
        }),
    handler: async ({ file, profile }) => {
      const name = basename(file).replace(/\.json5$/, '');
      const catalogue = shippedCatalogue();
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || !file.endsWith('.json5')) {
        throw wrongName(file);
      }
      const [, { profileTemplate }] = await modules();
      const text = profileTemplate(name, profileByName(catalogue, profile), catalogue.remediations);
      makeFile(file, text);
      tell(`Written to ${file}. What it chooses: harden profile show ${shellWord(file)}\n`);
    },
  } satisfies CommandModule<object, { readonly file: string; readonly profile: string }>;
}

function wrongName(file: string): HardenError {
  return new HardenError({
    code: 'H0079',
    exit: EXIT.usage,
    message: `a profile is kept in a file such as web.json5, with letters, digits and . _ - before the dot; "${file}" is not that. Nothing was changed.`,
    hint: 'For example: harden profile init /etc/harden/profiles.d/web.json5',
  });
}

function modules() {
  return Promise.all([import('../../app/profiles.ts'), import('../../render/profile-text.ts')]);
}

function isJson(args: Format): boolean {
  return args.json || args.format === 'json';
}

function json(kind: string, value: Readonly<Record<string, unknown>>): string {
  return printableJson({ schema: `urn:harden:${kind}:1`, schemaMinor: 0, ...value });
}
