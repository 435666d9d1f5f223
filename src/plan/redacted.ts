import type { HostFacts } from '../model/facts.ts';
import type { Plan } from '../model/plan.ts';

/** What a mask stands for. */
type Kind =
  'host' | 'container' | 'image' | 'network' | 'user' | 'address' | 'path' | 'profile' | 'text' | 'value' | 'id';

/** Names every engine has. */
const COMMON = new Set(['', 'bridge', 'host', 'none', 'default', 'root', 'docker', 'localhost', '*']);
/** Last words of names with dots that are files, units or settings, not hosts. */
const NO_HOST = /\.(?:json5?|service|socket|sock|ttrpc|conf|rules|toml|d|pem|crt|key|io|slice|target|mount|md|ro|txt)$/;
/** Settings with dots: of Docker's networks, of the kernel, of a storage driver. */
const SETTING = /^(?:com\.docker\.|fs\.|net\.|kernel\.|dm\.)/;
/** Values that name nothing of the site: modes, owners by number, versions, words of the daemon. */
const PLAIN =
  /^(?:0?[0-7]{3,4}|\d+:\d+|\d+(?:\.\d+){0,2}|\d+\.\d+\.\d+[-+~][\w.+~-]+|set|unset|root|docker|json-file|local|journald|syslog|gelf|fluentd|splunk|awslogs|gcplogs|none|overlay2|overlayfs|aufs|devicemapper|btrfs|zfs|vfs|debug|info|warn|error|fatal|enabled|disabled|default|active|inactive)$/;

/** An absolute path in a sentence or on its own; not the slash in `and/or` or in a ratio. */
const PATH = /(?<![\w./-])\/(?:[\w.+@~-]+\/)*[\w.+@~-]+\/?/g;
const SHAPES: readonly (readonly [Kind, RegExp])[] = [
  ['address', /(?<![\w+.-])[a-z][a-z0-9+.-]*:\/\/[^\s"'<>,;)\]]+/gi],
  ['user', /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ['address', /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?::\d{1,5})?(?![\w.]*\w)/g],
  ['address', /(?<![\w:])\[?(?=[0-9a-f:]*:[0-9a-f:]*:)(?=:*[0-9a-f])[0-9a-f:]{3,39}\]?(?:\/\d{1,3})?(?![\w:])/gi],
  ['id', /(?<![\w-])(?:sha256:)?[0-9a-f]{12,64}(?![\w-])/gi],
  ['host', /(?<![\w.@/-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?::\d{1,5})?(?![\w-]|\.\w)/gi],
  ['path', PATH],
];

/**
 * `plan` with everything masked that names a container, an image, a network, a user, a host or an address, and every absolute path: what is
 * known of the host from `facts`, what the plan says of it, and whatever looks like one. Words a person wrote and values of settings that are
 * no common ones go whole. One thing has one mask wherever it stands. Only to be shown: it can neither be applied nor held against its digest.
 */
export function redactedPlan(plan: Plan, facts?: Pick<HostFacts, 'engine' | 'identity'>): Plan {
  const mask = masks();
  for (const [kind, name] of [...namesOf(plan), ...(facts === undefined ? [] : namesIn(facts)), ...valuesOf(plan)]) {
    mask.learn(kind, name);
  }
  const words = wordsOf(mask.known());
  const masked = (text: string): string => {
    const whole = mask.of(text);
    const named = whole ?? (words === undefined ? text : text.replaceAll(words, (word) => mask.of(word) ?? word));
    return SHAPES.reduce(
      (left, [kind, shape]) => left.replaceAll(shape, (found) => shapeMask(mask, kind, found)),
      named,
    );
  };
  // Every text is replaced by a text, so the shape stays that of a plan.
  const shown = mapped(plan, masked, false) as Plan;
  const { schema, id, digest, seal } = plan;
  // Which plan it is stays said, so that it can be approved.
  return { ...shown, schema, id, digest, ...(seal === undefined ? {} : { seal }) };
}

function shapeMask(mask: Masks, kind: Kind, found: string): string {
  const isSetting = kind === 'host' && (NO_HOST.test(found) || SETTING.test(found));
  return isSetting || MASK.test(found) ? found : mask.learn(kind, found);
}

interface Masks {
  /** The mask of a thing; the same for the same thing. */
  learn(kind: Kind, name: string): string;
  of(name: string): string | undefined;
  known(): readonly string[];
}

const MASK = /^(?:host|container|image|network|user|address|path|profile|text|value|id)-\d+$/;

function masks(): Masks {
  const byName = new Map<string, string>();
  const numbers = new Map<Kind, number>();
  return {
    learn: (kind, name) => {
      const number = (numbers.get(kind) ?? 0) + 1;
      const known = byName.get(name);
      if (known !== undefined || COMMON.has(name)) {
        return known ?? name;
      }
      numbers.set(kind, number);
      byName.set(name, `${kind}-${number}`);
      return `${kind}-${number}`;
    },
    of: (name) => byName.get(name),
    known: () => [...byName.keys()],
  };
}

type Named = readonly [Kind, string];

/** What the plan itself says of the site. */
function namesOf({ host, effects, createdBy, approvals, waivers, content }: Plan): readonly Named[] {
  const { taken = [], ended = [], unneeded = [] } = waivers;
  const ids = [...waivers.used, ...[...taken, ...ended, ...unneeded].map(({ id }) => id)];
  return [
    ...hostNames(host.name),
    ...effects.flatMap(({ containersKept, containersStopped }) =>
      [...containersKept, ...containersStopped].toSorted().map((name): Named => ['container', name]),
    ),
    ['user', createdBy],
    ...approvals.flatMap(({ by, signedBy = '' }): Named[] => [
      ['user', by],
      ['user', signedBy],
    ]),
    ...approvals.flatMap(({ reason = '', ticket = '' }): Named[] => [
      ['text', reason],
      ['text', ticket],
    ]),
    ...[...taken, ...ended].map(({ owner }): Named => ['user', owner]),
    ...taken.flatMap(({ reason, approvedBy }): Named[] => [
      ['text', reason],
      ['user', approvedBy ?? ''],
    ]),
    ...ids.flatMap((id) => hostsIn(id).map((name): Named => ['host', name])),
    ['profile', /^cis-docker-[\d.]+\/L[12]$/.test(content.profile) ? '' : content.profile],
  ];
}

/** `CONTROL@HOST,HOST` */
function hostsIn(id: string): readonly string[] {
  return id.slice(id.indexOf('@') + 1).split(',');
}

function hostNames(name: string): readonly Named[] {
  return [
    ['host', name],
    ['host', name.split('.')[0] ?? ''],
  ];
}

/** What was seen on the host, named in the plan or not. */
function namesIn({ engine, identity }: Pick<HostFacts, 'engine' | 'identity'>): readonly Named[] {
  const { containers = [], info } = engine;
  const name = info['Name'];
  return [
    ...hostNames(identity.hostname),
    ...hostNames(typeof name === 'string' ? name : ''),
    ...containers.map((one): Named => ['container', one.name]),
    ...containers.flatMap(({ image, networks, networkMode }): Named[] => [
      ...imageNames(image),
      ...[...networks, networkMode].map((network): Named => ['network', network]),
    ]),
  ];
}

/** `REGISTRY/NAME:TAG`: whole, without its tag, and its last word. */
function imageNames(image: string): readonly Named[] {
  const untagged = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return [image, untagged, untagged.slice(untagged.lastIndexOf('/') + 1)].map((name): Named => ['image', name]);
}

/** Values of the site's settings, and who is in its groups; what is common, or is a path, names nobody. */
function valuesOf({ controls, changes, content, host }: Plan): readonly Named[] {
  const common = new Set([host.os, host.kernel, host.docker.version, host.docker.storageDriver, host.audit.version]);
  const named = (kind: Kind, value: unknown): Named[] =>
    textsIn(value)
      .filter((text) => !PLAIN.test(text) && !common.has(text) && !/^[/-]/.test(text))
      .map((text): Named => [kind, text]);
  return [
    ...controls.flatMap(({ evidence }) =>
      evidence.flatMap(({ read, value }) => named(/members|account|user/i.test(read) ? 'user' : 'value', value)),
    ),
    ...changes.flatMap(({ before, after, target }) =>
      target.type === 'daemon-option' ? [...named('value', before), ...named('value', after)] : [],
    ),
    ...named('value', content.parameters),
  ];
}

/** Keys of settings are words of the daemon; only values say something of the site. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Longest first, so that a name is not cut by one that is its beginning. */
function wordsOf(names: readonly string[]): RegExp | undefined {
  const words = names.filter((word) => word !== '').toSorted((a, b) => b.length - a.length);
  const quoted = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return words.length === 0 ? undefined : new RegExp(String.raw`(?<![\w-])(?:${quoted.join('|')})(?![\w-])`, 'g');
}

/** Members whose text is a word of harden's own, whatever the site calls its things. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  ...['schema', 'op', 'verdict', 'found', 'risk', 'impact', 'maxRisk', 'maxImpact', 'liveAfter', 'kind', 'type', 'how'],
  ...['serviceManager', 'swarm'],
]);
/** Members that hold values of the host; in them keys may be words of the site too. */
const OF_HOST: ReadonlySet<string> = new Set(['value', 'before', 'after', 'parameters']);

function mapped(value: unknown, masked: (text: string) => string, ofHost: boolean): unknown {
  if (typeof value === 'string') {
    return masked(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => mapped(item, masked, ofHost));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      ofHost
        ? [masked(key), mapped(item, masked, true)]
        : [key, OWN_WORDS.has(key) && typeof item === 'string' ? item : mapped(item, masked, OF_HOST.has(key))],
    ),
  );
}
