import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { configOf, machineConfig, siteProfiles } from '../app/config-files.ts';
import { saidInVariables } from '../catalogue/config-variables.ts';
import { suggestion } from '../catalogue/nearest.ts';
import { shippedCatalogue } from '../catalogue/shipped-catalogue.ts';
import { errnoOf } from '../host/errno.ts';
import { liveHost } from '../host/live-host.ts';
import { readWholeFile } from '../host/user-files.ts';
import { type Said, SETTINGS, type Setting, settle } from '../model/config.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { Profile } from '../model/remediation.ts';
import { errorText } from '../render/error-text.ts';
import { tell } from './output.ts';
import { type Parsing, isGiven, parsingOf } from './parsing.ts';
import { readInput } from './result-file.ts';
import { readTerminal } from './terminal.ts';

/** They plan, or say what a plan would be of. Everything else, above all what brings a host back, does without the site's policy. */
const POLICY_COMMANDS: readonly unknown[] = ['plan', 'apply', 'verify', 'explain', 'profile', 'waiver'];
/** What they print is the same everywhere. */
const SETTLED_COMMANDS: readonly unknown[] = ['completion', 'schema'];
/** Variables that are no setting of a file. */
const PLACES = { HARDEN_ROOT: 'root', HARDEN_STATE_DIR: 'state-dir' } as const;
const OTHER_VARIABLES = ['HARDEN_CONFIG', 'HARDEN_NO_INPUT', 'HARDEN_LOG'];
/** What somebody may expect of variables that are none. */
const UNHEARD: Readonly<Record<string, string>> = {
  HARDEN_YES: '; no variable ever approves',
};
const FILE_LIMIT = 1024 * 1024;

type Given = Record<string, unknown> & { readonly _: readonly (string | number)[] };

let inForce: readonly Said[] = [];
let trouble: HardenError | undefined;
let named: string | undefined;

/** What files and variables say, once a command line was read; nothing before. */
export function settingsInForce(): readonly Said[] {
  return inForce;
}

/** What is wrong with them, for a command that goes on all the same. */
export function settingsTrouble(): HardenError | undefined {
  return trouble;
}

/** The configuration that was named in place of the machine's own, for a command that is printed. */
export function configWords(): readonly string[] {
  return named === undefined ? [] : ['--config', named];
}

/** Profiles root keeps in /etc/harden/profiles.d. @throws HardenError where one has mistakes or others than root could change it. */
export function profilesOfSite(): readonly Profile[] {
  return isRoot() ? siteProfiles(liveHost(), shippedCatalogue()) : [];
}

/** Gives each option nobody gave the value that variables and files of configuration say. */
export function settingOptions(parser: Argv): (given: ArgumentsCamelCase) => void {
  return (given) => {
    const parsing = parsingOf(parser);
    inForce = settingsFor(given);
    fillPlaces(given, parsing);
    inForce.forEach((said) => fill(given, said, parsing));
  };
}

function fill(given: ArgumentsCamelCase, said: Said, parsing: Parsing): void {
  const setting: Setting | undefined = SETTINGS.find(({ key }) => key === said.key);
  const option = setting?.option;
  if (option === undefined || !hears(parsing, option, said.value) || isOutOfPlace(given, said.key)) {
    return;
  }
  if (setting?.addsUp === true) {
    given[option] = [...listOf(given[option]), said.value];
  } else if (!isGiven(given, option, parsing) && !isOutspoken(said)) {
    given[option] = said.value;
  }
}

function fillPlaces(given: ArgumentsCamelCase, parsing: Parsing): void {
  for (const [name, option] of Object.entries(PLACES)) {
    const value = process.env[name] ?? '';
    if (
      value !== '' &&
      hears(parsing, option, value) &&
      !isGiven(given, option, parsing) &&
      given['from'] === undefined
    ) {
      given[option] = value;
    }
  }
}

/** A command without this option, or with fewer choices than others, is left as it is. */
function hears({ known, choices }: Parsing, option: string, value: unknown): boolean {
  return known[option] === true && (choices[option]?.includes(value) ?? true);
}

/** A plan or a run that was named has its own profile; a folder has no clock, and runs no health checks. */
function isOutOfPlace(given: Given, key: string): boolean {
  switch (key) {
    case 'profile':
      return (
        (given._[0] === 'apply' && (given['plan'] ?? given['scheduled']) !== undefined) ||
        given['since-run'] !== undefined
      );
    case 'confirmWithin':
    case 'health':
      return given['root'] !== undefined;
    default:
      return false;
  }
}

/** Variables that many programs know are nearer to the moment than a file. */
function isOutspoken({ key, origin }: Said): boolean {
  const set = (name: string): boolean => (process.env[name] ?? '') !== '';
  return (
    origin.type === 'file' &&
    ((key === 'color' && (set('NO_COLOR') || set('FORCE_COLOR'))) || (key === 'width' && set('COLUMNS')))
  );
}

function settingsFor(given: Given): readonly Said[] {
  const [command] = given._;
  if (SETTLED_COMMANDS.includes(command)) {
    return [];
  }
  if (POLICY_COMMANDS.includes(command) && !isCodePage(given)) {
    return settle([...saidByFiles(given), ...saidByVariables()]);
  }
  try {
    const said = settle([...saidByFiles(given), ...saidByVariables()]);
    return command === 'doctor' ? said : said.filter(isPresentation);
  } catch (error) {
    if (!(error instanceof HardenError)) {
      throw error;
    }
    trouble = error;
    if (command !== 'doctor') {
      tell(`${errorText(error, readTerminal(false).err)}harden: goes on without it, as nothing here needs it.\n`);
    }
    return [];
  }
}

/** The page of an error code has to be there above all when the configuration is what is wrong. */
function isCodePage({ _: [command], what }: Given): boolean {
  return command === 'explain' && /^h\d{4}$/i.test(String(what));
}

function isPresentation({ key }: Said): boolean {
  return SETTINGS.some((one) => one.key === key && one.kind === 'presentation');
}

function saidByFiles(given: Given): readonly Said[] {
  const wanted = fileNamed(given);
  const host = liveHost();
  named = wanted;
  if (wanted !== undefined) {
    const text = readInput(wanted, given._[0] === 'apply' ? 'change' : 'look');
    return configOf([{ path: wanted, text }], shippedCatalogue(), profilesOfSite);
  }
  if (!isRoot()) {
    return saidByPerson();
  }
  return machineConfig(host, shippedCatalogue());
}

/** `--config`, else HARDEN_CONFIG. Of `doctor`, --config without a file asks to be shown what is in force. */
function fileNamed(given: Given): string | undefined {
  const option = given['config'];
  if (option === '' && given._[0] !== 'doctor') {
    throw new HardenError({
      code: 'H0071',
      exit: EXIT.usage,
      message: '--config takes a file. Nothing was done.',
      hint: 'To see what is in force without it: harden doctor --config',
    });
  }
  const variable = process.env['HARDEN_CONFIG'] ?? '';
  return typeof option === 'string' && option !== '' ? option : variable === '' ? undefined : variable;
}

/** Of somebody who is not root: how results are shown, and nothing else. */
function saidByPerson(): readonly Said[] {
  const wished = process.env['XDG_CONFIG_HOME'] ?? '';
  const path = join(isAbsolute(wished) ? wished : join(homedir(), '.config'), 'harden/config.json5');
  const text = textIfThere(path);
  return text === undefined ? [] : configOf([{ path, text }], shippedCatalogue(), () => [], true);
}

function textIfThere(path: string): string | undefined {
  try {
    return readWholeFile(path, FILE_LIMIT);
  } catch (error) {
    // HOME may still be that of another, who lets nobody look.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error))) {
      return undefined;
    }
    return readInput(path);
  }
}

function saidByVariables(): readonly Said[] {
  const settings: readonly Setting[] = SETTINGS;
  const known = [...settings.flatMap(({ variable }) => variable ?? []), ...Object.keys(PLACES), ...OTHER_VARIABLES];
  const set = Object.keys(process.env).filter((name) => name.startsWith('HARDEN_') && process.env[name] !== '');
  for (const name of set.filter((one) => !known.includes(one))) {
    const hint = UNHEARD[name] ?? suggestion(name, known);
    tell(hint === '' ? '' : `harden: ${name} is set, and no variable of harden${hint}\n`);
  }
  if (!set.some((name) => known.includes(name) && !Object.hasOwn(PLACES, name))) {
    return [];
  }
  return saidInVariables(process.env);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
