import type { AbsPath } from '../../model/brand.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Command, HostReader } from '../../model/host.ts';
import { parseDocument, parseText } from './document.ts';
import { isAtLeast } from './engine-version.ts';
import { parseFlags } from './flags.ts';
import { obstaclesFor } from './guards.ts';
import { inspectDocument } from './inspect-document.ts';
import { settingsTogether } from './settings.ts';
import { gatherSurroundings } from './surroundings.ts';

/** Keys that are looked at whatever changes, since a restart for any other key would trip over them. */
const ALWAYS = ['icc', 'live-restore', 'firewall-backend'];

/**
 * dockerd's own check of a file of ours, with the flags of this host's daemon; undefined before Engine 23, which has none.
 * Exit code 0: syntax, keys, types and conflicts with flags are right. It does not look at what only a start would find.
 */
export function validateCommand(facts: HostFacts, candidate: AbsPath): Command | undefined {
  const { exe, version, argv } = facts.engine;
  if (exe === undefined || version === undefined || !isAtLeast(version, '23.0')) {
    return undefined;
  }
  const flags = withoutFlag(withoutFlag(argv, 'config-file'), 'userns-remap');
  return { tool: 'dockerd', exe, args: ['--validate', '--config-file', candidate, ...flags] };
}

/**
 * What to hand to dockerd's own check for `text`: all of it but userns-remap, for which the check itself would make the user
 * dockremap and its id ranges (Engine 26.1 and 28.5 were seen to). Our own guards look at that key.
 */
export function candidateFor(text: string): string {
  const document = parseText(text);
  return document.status === 'object' && 'userns-remap' in document.value
    ? JSON.stringify({ ...document.value, 'userns-remap': undefined })
    : text;
}

/**
 * What would keep this engine from starting with `candidate`, as far as it can be told without starting it; each a sentence,
 * none: nothing known. `changed`: the keys that differ from what runs now; theirs are the surroundings that are looked at.
 */
export async function preCheck(
  candidate: string,
  changed: readonly string[],
  facts: HostFacts,
  host: HostReader,
): Promise<readonly string[]> {
  // As bytes, so that a byte order mark counts.
  const document = parseDocument(new TextEncoder().encode(candidate));
  const flags = parseFlags(facts.engine.argv);
  const fatal = inspectDocument(document, flags, facts.engine.version).filter((remark) => remark.severity === 'fatal');
  if (fatal.length > 0) {
    return fatal.map((remark) => remark.message);
  }
  const settings = settingsTogether(document, flags, []);
  const keys = [...new Set([...ALWAYS, ...changed])];
  const values = keys.flatMap((key) => (settings[key] === undefined ? [] : [settings[key]]));
  const surroundings = await gatherSurroundings(keys, values, facts, host);
  return keys.flatMap((key) => obstaclesFor(key, { settings, surroundings, facts }));
}

function withoutFlag(argv: readonly string[], flag: string): readonly string[] {
  const named = `--${flag}`;
  return argv.filter((arg, index) => arg !== named && !arg.startsWith(`${named}=`) && argv[index - 1] !== named);
}
