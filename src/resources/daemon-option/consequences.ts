import type { Json } from '../../model/canonical.ts';
import type { ContainerFacts, HostFacts } from '../../model/facts.ts';
import { knowledgeOf } from './keys.ts';
import type { OptionState } from './state.ts';

const NAMES_SHOWN = 20;

/** What setting `key` stops for whom, with names of containers that run; each a sentence. What a restart stops is the plan's to say: it knows whether live-restore comes first. */
export function breaksOf(key: string, value: Json | undefined, facts: HostFacts): readonly string[] {
  const running = (facts.engine.containers ?? []).filter((container) => container.running);
  return breaksByKey(key, value, running);
}

export function runningNames(facts: HostFacts): readonly string[] {
  return (facts.engine.containers ?? []).filter((container) => container.running).map((container) => container.name);
}

/** Costs and remarks that go with every change of `key`; each a sentence. */
export function notesFor(key: string, state: OptionState, facts: HostFacts): readonly string[] {
  const known = knowledgeOf(key);
  const { document, surroundings } = state;
  const marked = document.status !== 'absent' && document.status !== 'invalid' && document.encoding !== 'utf-8';
  return [
    ...(known?.remark === undefined ? [] : [known.remark]),
    ...(known?.takesEffect === 'recreate' && runningNames(facts).length > 0
      ? [`made before: ${listed(runningNames(facts))}`]
      : []),
    ...(marked ? ['the file is written back as plain UTF-8, without its byte order mark'] : []),
    ...(state.linkedFrom === undefined ? [] : [`${state.linkedFrom} is a link; ${state.file} is what is written`]),
    ...(facts.engine.argvSource === 'process' && document.status !== 'absent' ? [] : absentNote(state)),
    ...surroundings.blockedModules.map(
      ({ module, file }) =>
        `${file} keeps the kernel module ${module} from loading; docker may not come back after a boot`,
    ),
  ];
}

function absentNote(state: OptionState): readonly string[] {
  return state.document.status === 'absent' ? [`${state.file} is created, readable by root only`] : [];
}

function breaksByKey(key: string, value: Json | undefined, running: readonly ContainerFacts[]): readonly string[] {
  if (key === 'icc' && value === false) {
    const members = running
      .filter((container) => container.networks.includes('bridge'))
      .map((container) => container.name);
    return members.length > 1 ? [`${listed(members)} no longer reach each other over docker0`] : [];
  }
  if (key === 'userland-proxy' && value === false) {
    const published = running.filter((container) => container.publishedPorts > 0).map((container) => container.name);
    return published.length > 0
      ? [`published ports of ${listed(published)} can behave differently from localhost and over IPv6`]
      : [];
  }
  if (key === 'seccomp-profile' || key === 'default-ulimits') {
    const names = running.map((container) => container.name);
    return names.length > 0 ? [`other limits apply to ${listed(names)} at their next start`] : [];
  }
  return [];
}

export function listed(names: readonly string[]): string {
  const rest = names.length > NAMES_SHOWN ? `${names.length - NAMES_SHOWN} more` : names.at(-1);
  const first = names.slice(0, Math.min(NAMES_SHOWN, names.length - 1));
  return [first.join(', '), rest].filter((part) => part !== '').join(' and ');
}
