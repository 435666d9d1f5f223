import type { Json } from './canonical.ts';
import { byCodeUnit } from './canonical.ts';

/** Files of configuration: `/etc/harden/harden.json5`, `/etc/harden/conf.d/*.json5`. */
export const CONFIG_SCHEMA = 'urn:harden:config:1';

/** `policy`: what is wanted of a host and what may be done to it. `presentation`: how it is shown. */
export type SettingKind = 'policy' | 'presentation';

/** One thing that can be set in files or by a variable. */
export interface Setting {
  /** The key in files. */
  readonly key: string;
  readonly kind: SettingKind;
  /** The option that says the same; undefined where none does. */
  readonly option?: string;
  readonly variable?: string;
  /** Of several files all count, not the last. */
  readonly addsUp?: true;
  /** What counts where nobody says anything, in words. */
  readonly builtIn: string;
}

/** Everything that can be set, in the order it is shown. Nothing here approves a change. */
export const SETTINGS = [
  {
    key: 'profile',
    kind: 'policy',
    option: 'profile',
    variable: 'HARDEN_PROFILE',
    builtIn: 'the newest benchmark, level 1',
  },
  { key: 'exclude', kind: 'policy', addsUp: true, builtIn: 'nothing' },
  { key: 'parameters', kind: 'policy', builtIn: 'none' },
  { key: 'maxRisk', kind: 'policy', option: 'max-risk', builtIn: 'medium' },
  { key: 'maxImpact', kind: 'policy', option: 'max-impact', builtIn: 'reload' },
  {
    key: 'confirmWithin',
    kind: 'policy',
    option: 'confirm-within',
    builtIn: '5m in a remote session, where it may lock out',
  },
  { key: 'timeout', kind: 'policy', option: 'timeout', builtIn: 'none' },
  { key: 'health', kind: 'policy', option: 'health', addsUp: true, builtIn: '/etc/harden/health.d' },
  { key: 'requireSignature', kind: 'policy', option: 'require-signature', builtIn: 'false' },
  { key: 'allowedSigners', kind: 'policy', option: 'allowed-signers', builtIn: '/etc/harden/allowed_signers' },
  { key: 'waiverGrace', kind: 'policy', option: 'waiver-grace', builtIn: 'none' },
  { key: 'format', kind: 'presentation', option: 'format', variable: 'HARDEN_FORMAT', builtIn: 'text' },
  { key: 'color', kind: 'presentation', option: 'color', variable: 'HARDEN_COLOR', builtIn: 'auto' },
  { key: 'width', kind: 'presentation', option: 'width', variable: 'HARDEN_WIDTH', builtIn: 'that of the terminal' },
  { key: 'accessible', kind: 'presentation', option: 'accessible', variable: 'HARDEN_ACCESSIBLE', builtIn: 'false' },
  { key: 'pager', kind: 'presentation', option: 'pager', variable: 'HARDEN_PAGER', builtIn: 'true' },
  { key: 'groupBy', kind: 'presentation', option: 'group-by', builtIn: 'effect' },
] as const satisfies readonly Setting[];
export type SettingKey = (typeof SETTINGS)[number]['key'];

/** What variables that switch something take. */
export const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
]);

/** Who said a value. */
export type Origin =
  | { readonly type: 'file'; readonly file: string; readonly line: number }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'profile'; readonly name: string };

/** One value that was said. Of a key that adds up, and of `parameters`, each member is one of its own. */
export interface Said {
  readonly key: SettingKey;
  /** Of `parameters`: the parameter. */
  readonly member?: string;
  readonly value: Json;
  readonly origin: Origin;
}

/** What is in force: the last who spoke of a thing is heard, of what adds up everybody, once each. In the order of SETTINGS. */
export function settle(said: readonly Said[]): readonly Said[] {
  const heard = new Map<string, Said>();
  for (const one of said) {
    const name = nameOf(one);
    if (!addsUp(one.key) || !heard.has(name)) {
      heard.set(name, one);
    }
  }
  const rank = new Map<string, number>(SETTINGS.map(({ key }, index) => [key, index]));
  return [...heard.values()].toSorted(
    (a, b) => (rank.get(a.key) ?? 0) - (rank.get(b.key) ?? 0) || byCodeUnit(a.member ?? '', b.member ?? ''),
  );
}

function nameOf({ key, member, value }: Said): string {
  return JSON.stringify([key, member ?? null, addsUp(key) ? value : null]);
}

function addsUp(key: SettingKey): boolean {
  const setting: Setting | undefined = SETTINGS.find((one) => one.key === key);
  return setting?.addsUp === true;
}

/** `/etc/harden/harden.json5:3`, `HARDEN_PROFILE`, `profile web` */
export function originText(origin: Origin): string {
  switch (origin.type) {
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'variable':
      return origin.name;
    case 'profile':
      return `profile ${origin.name}`;
  }
}
