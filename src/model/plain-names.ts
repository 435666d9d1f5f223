import type { Plan } from './plan.ts';

/** What people call these controls: numbers in the benchmark of the plan, each once; of one that has none its name. */
export function numbersIn({ controls }: Pick<Plan, 'controls'>, names: readonly string[]): readonly string[] {
  const numbers = names.map((name) => {
    const number = controls.find(({ slug }) => slug === name)?.ids[0] ?? '-';
    return number === '-' ? name : number;
  });
  return [...new Set(numbers)];
}

/** What people call the thing at an address of a plan: the option of dockerd, the path, what an audit rule is about. */
export function thingAt(address: string): string {
  const [, type = '', key = address] = /^([a-z-]+):(.*)$/s.exec(address) ?? [];
  const [, path = key, part] = /^(.*?)(?:#(mode|owner))?$/s.exec(key) ?? [];
  switch (type) {
    case 'daemon-option':
      return `${key} of dockerd`;
    case 'audit-rule':
      return `the audit rule for ${key}`;
    case 'file-access':
      return part === undefined ? path : `${part} of ${path}`;
    default:
      return key;
  }
}

/** What people call a waiver: its control, and its hosts where it is not for all. */
export function waiverNamed(id: string): string {
  const at = id.lastIndexOf('@');
  const hosts = at < 0 ? '*' : id.slice(at + 1);
  const control = at < 0 ? id : id.slice(0, at);
  return hosts === '*' ? control : `${control} on ${hosts.replaceAll(',', ', ')}`;
}
