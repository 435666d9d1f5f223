import { gatherFacts } from '../engine/facts/gather-facts.ts';
import { readOnce } from '../engine/read-once.ts';
import { absPath } from '../model/brand.ts';
import type { Examined } from '../model/doctor.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostReader } from '../model/host.ts';
import { BENCHMARKS } from '../model/remediation.ts';
import type { Room } from '../state/place.ts';
import type { Ground } from './ground.ts';
import { allHooks } from './hooks.ts';

/** What is known beside the host itself. */
export interface DoctorInput {
  readonly stateDir: string;
  /** Or why it cannot be looked at. */
  readonly room: Room | string;
  /** Files of configuration that were read; or what is wrong with them. */
  readonly configuration: readonly string[] | { readonly trouble: string };
  /** Ids of runs without an end; undefined where they cannot be looked at. */
  readonly openRuns: readonly string[] | undefined;
}

const MIB = 1024 * 1024;
const ENOUGH_BYTES = 16 * MIB;
/** What changing the audit rules, foreign files and services takes, and what is not seen without. */
const NEEDED = ['audit_control', 'dac_override', 'sys_admin'];
const TIME_KEEPERS = ['chronyd', 'ntpd', 'systemd-timesyncd', 'openntpd'];

/** Whether harden can work here, and what it would not see. Reads only. */
export async function examine(ground: Ground, input: DoctorInput): Promise<readonly Examined[]> {
  const host = readOnce(ground.host);
  const facts = await gatherFacts(host);
  return [
    rights(facts),
    program(ground),
    machine(facts),
    engine(facts),
    services(facts),
    audit(facts),
    state(input),
    clock(host, ground.now()),
    configuration(input),
    runs(input),
    ...hooks(host),
    ...facts.warnings.map((text): Examined => ({ topic: 'neighbours', state: 'note', text })),
  ];
}

function rights({ identity }: HostFacts): Examined {
  const topic = 'rights';
  const { uid, capabilities } = identity;
  if (uid !== 0) {
    const text = `user ${uid}: files, rules and processes of root are not all seen, and nothing can be changed`;
    return { topic, state: 'trouble', text, mend: 'sudo harden doctor' };
  }
  const missing = NEEDED.filter((one) => !capabilities.includes(one));
  return missing.length === 0
    ? { topic, state: 'ok', text: 'root, with all it takes' }
    : {
        topic,
        state: 'trouble',
        text: `root without ${missing.join(', ')}: some of the host is not seen, and not all can be changed`,
        mend: 'Run harden on the host itself, not in a container',
      };
}

function program({ toolVersion }: Ground): Examined {
  const benchmarks = `CIS Docker Benchmark up to ${(BENCHMARKS.at(-1) ?? '').replace('cis-docker-', '')}`;
  return { topic: 'harden', state: 'ok', text: `${toolVersion}, ${benchmarks}; no option is deprecated` };
}

function machine({ os, identity, imageBased }: HostFacts): Examined {
  const topic = 'machine';
  const text = `${os.name === '' ? 'unknown system' : os.name}, Linux ${identity.kernelRelease}, ${identity.machine}`;
  if (identity.inContainer) {
    return { topic, state: 'trouble', text: `${text}; this is a container, and the host outside is not seen` };
  }
  const reason = imageBased?.etc ?? imageBased?.usr;
  return reason === undefined
    ? { topic, state: 'ok', text }
    : { topic, state: 'note', text: `${text}; not everything can be changed for good: ${reason}` };
}

function engine({ engine: facts }: HostFacts): Examined {
  const topic = 'Docker';
  const { flavour, refusal, running, unreachable, version } = facts;
  const text = `${flavour} ${version ?? 'of unknown version'}`;
  if (flavour === 'none' || refusal !== undefined) {
    return { topic, state: 'trouble', text: refusal ?? 'There is no Docker engine on this host.' };
  }
  if (version !== undefined && isOlder(version, [20, 10])) {
    return { topic, state: 'trouble', text: `${text}: older than 20.10, which is the oldest harden was tried with` };
  }
  if (running && unreachable === undefined) {
    return { topic, state: 'ok', text: `${text}, answers` };
  }
  const why = running ? `does not answer: ${unreachable ?? ''}` : 'is not running';
  return {
    topic,
    state: 'trouble',
    text: `${text}, ${why}; what holds in the daemon is not seen, only its files`,
    mend: 'sudo systemctl status docker',
  };
}

function services({ serviceManager: { type, reason } }: HostFacts): Examined {
  return type === 'systemd'
    ? { topic: 'services', state: 'ok', text: 'systemd' }
    : {
        topic: 'services',
        state: 'note',
        text: `${reason}; nothing is restarted, changes wait for somebody to do it, and there is no --confirm-within`,
      };
}

function audit({ audit: facts }: HostFacts): Examined {
  const topic = 'audit';
  const { unavailable, version, enabled, lost, auditdPid } = facts;
  const text = `audit ${version ?? 'of unknown version'}`;
  if (unavailable !== undefined) {
    return { topic, state: 'trouble', text: `no rule is seen: ${unavailable}` };
  }
  if (enabled === 2) {
    return { topic, state: 'trouble', text: `${text}, locked until the next boot: rules wait for it` };
  }
  if (version !== undefined && isOlder(version, [3, 0])) {
    return { topic, state: 'trouble', text: `${text}: older than 3.0, which is the oldest harden was tried with` };
  }
  const remarks = [
    ...(enabled === 0 ? ['switched off in the kernel'] : []),
    ...(auditdPid === undefined || auditdPid === 0 ? ['auditd is not running, so nobody writes the records'] : []),
    ...((lost ?? 0) > 0 ? [`${lost ?? 0} records were lost since boot`] : []),
  ];
  return remarks.length === 0
    ? { topic, state: 'ok', text }
    : { topic, state: 'note', text: `${text}; ${remarks.join('; ')}` };
}

function state({ stateDir, room }: DoctorInput): Examined {
  const topic = 'snapshots';
  if (typeof room === 'string') {
    return { topic, state: 'trouble', text: `${stateDir} cannot be looked at: ${room}` };
  }
  const text = `${stateDir} on ${room.type}, ${Math.floor(room.freeBytes / MIB)} MiB free`;
  if (!room.lasts) {
    return {
      topic,
      state: 'trouble',
      text: `${text}: a snapshot may not outlast a crash there`,
      mend: 'A folder on a disk with --state-dir, or knowingly --accept-volatile-state',
    };
  }
  return room.freeBytes < ENOUGH_BYTES
    ? { topic, state: 'trouble', text: `${text}: too little to be sure of a snapshot`, mend: `df -h ${stateDir}` }
    : { topic, state: 'ok', text };
}

/** A clock behind what happened here already makes plans and waivers end at the wrong time. */
function clock(host: HostReader, now: Date): Examined {
  const topic = 'clock';
  const text = `${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const packages = host.stat(absPath('/var/lib/dpkg/status'));
  if (packages.status === 'present' && BigInt(packages.value.mtimeNs) / 1_000_000n > BigInt(now.getTime())) {
    return {
      topic,
      state: 'trouble',
      text: `${text}, which is before packages were last installed here`,
      mend: 'timedatectl',
    };
  }
  const keepers = host.processes(TIME_KEEPERS, []);
  const kept = keepers.status === 'present' && keepers.value.length > 0;
  return kept
    ? { topic, state: 'ok', text: `${text}, kept by ${keepers.value[0]?.name ?? ''}` }
    : { topic, state: 'note', text: `${text}; no program that keeps it right was found` };
}

function configuration({ configuration: read }: DoctorInput): Examined {
  const topic = 'configuration';
  if ('trouble' in read) {
    return { topic, state: 'trouble', text: read.trouble, mend: 'harden doctor --config' };
  }
  return { topic, state: 'ok', text: read.length === 0 ? 'no file; all is as built in' : read.join(', ') };
}

function runs({ openRuns }: DoctorInput): Examined {
  const topic = 'runs';
  if (openRuns === undefined) {
    return { topic, state: 'note', text: 'what was applied here can be looked at by root only' };
  }
  return openRuns.length === 0
    ? { topic, state: 'ok', text: 'none without an end' }
    : { topic, state: 'trouble', text: `without an end: ${openRuns.join(', ')}`, mend: 'harden status' };
}

/** Nothing where the site has none. */
function hooks(host: HostReader): readonly Examined[] {
  const topic = 'hooks';
  const all = allHooks(host);
  const refused = all.flatMap(({ path, state: of }): readonly Examined[] =>
    typeof of === 'object' ? [{ topic, state: 'note', text: `${path} is not run: ${of.refused}` }] : [],
  );
  const named = all.flatMap(({ path, state: of }) =>
    typeof of === 'object' ? [] : [of === 'off' ? `${path} (off: not executable)` : path],
  );
  return [...(named.length === 0 ? [] : [{ topic, state: 'ok' as const, text: named.join(', ') }]), ...refused];
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first = '0', second = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}
