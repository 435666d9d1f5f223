import type { Impact, Pending } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Activation } from '../../model/transaction.ts';
import { parseFlags } from './flags.ts';
import { knowledgeOf } from './keys.ts';

/** Longer than docker.service gives its containers to stop, so that systemd's own limit speaks first. */
const RESTART_LIMIT_MS = 180_000;
const RELOAD_LIMIT_MS = 30_000;
/** `systemctl reload` sends a signal and is done; dockerd was seen to read its file 30 ms later. */
const RELOAD_SETTLES_MS = 1_000;

/** True where a service manager runs dockerd here and can be told to restart it. */
export function canActivate(facts: HostFacts): boolean {
  return (
    facts.serviceManager.type === 'systemd' && facts.engine.running && facts.engine.service?.activeState === 'active'
  );
}

/** A reload drops authorization plugins that were given as a flag only, so a host with that flag is never reloaded. */
export function reloadIsSafe(facts: HostFacts): boolean {
  return !parseFlags(facts.engine.argv).has('authorization-plugins');
}

/** What making `key` live interrupts on this host; `none` where nobody here can do it. */
export function impactOf(key: string, facts: HostFacts): Extract<Impact, 'none' | 'reload' | 'restart'> {
  if (!canActivate(facts)) {
    return 'none';
  }
  return knowledgeOf(key)?.takesEffect === 'reload' && reloadIsSafe(facts) ? 'reload' : 'restart';
}

/** The command a person gives to make what is written live. */
export function pendingFor(key: string, facts: HostFacts): Pending {
  const reload = knowledgeOf(key)?.takesEffect === 'reload' && reloadIsSafe(facts);
  const service = facts.engine.service;
  if (facts.serviceManager.type === 'systemd' && service !== undefined) {
    return {
      until: 'restart',
      command: `systemctl ${reload && facts.engine.running ? 'reload' : 'restart'} ${service.name}`,
    };
  }
  if (reload && facts.engine.running) {
    return { until: 'restart', command: `kill -HUP "$(cat ${pidFileOf(facts)})"` };
  }
  return {
    until: 'restart',
    command: facts.engine.running ? 'restart dockerd the way it was started' : 'start dockerd',
  };
}

export function pidFileOf(facts: HostFacts, inFile?: string): string {
  const flag = parseFlags(facts.engine.argv).get('pidfile')?.value;
  return typeof flag === 'string' && flag !== '' ? flag : (inFile ?? '/var/run/docker.pid');
}

/** The start limit of the unit counts failed starts too; without a reset even good settings would be refused. */
export function activationOf(action: Activation['action'], facts: HostFacts): Activation {
  const service = facts.engine.service?.name ?? 'docker.service';
  if (action === 'reload') {
    return {
      service: 'docker',
      action,
      commands: [{ tool: 'systemctl', args: ['reload', service] }],
      timeoutMs: RELOAD_LIMIT_MS,
      ...(facts.hostKind === 'live' ? { settleMs: RELOAD_SETTLES_MS } : {}),
    };
  }
  const socket = facts.engine.socketUnit?.loadState === 'loaded' ? [facts.engine.socketUnit.name] : [];
  return {
    service: 'docker',
    action,
    commands: [
      { tool: 'systemctl', args: ['reset-failed', service, ...socket] },
      { tool: 'systemctl', args: ['restart', service] },
    ],
    timeoutMs: RESTART_LIMIT_MS,
  };
}
