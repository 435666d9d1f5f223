import type { Plan } from '../model/plan.ts';
import { shown } from './printable.ts';

type PlanChange = Plan['changes'][number];

/** What a change takes away and adds, as lines of a diff: the file or object, then `-` and `+` lines. */
export function differenceLines(change: PlanChange): readonly string[] {
  const { target } = change;
  switch (target.type) {
    case 'audit-rule':
      return [`  ${target.file}`, ...target.rules.map((rule) => `${change.op === 'remove' ? '-' : '+'} ${rule}`)];
    case 'file-access':
      return [
        `  ${target.path}`,
        ...members(change.before).map((text) => `- ${text}`),
        ...members(change.after).map((text) => `+ ${text}`),
        ...(target.durable === undefined
          ? []
          : [
              `  ${target.durable.file}`,
              ...target.durable.text
                .trimEnd()
                .split('\n')
                .map((line) => `+ ${line}`),
            ]),
      ];
    case 'daemon-option':
      return [
        `  ${target.file}`,
        `- ${optionLine(target.key, change.before)}`,
        `+ ${optionLine(target.key, change.after)}${change.op === 'activate' ? '  (in the file already)' : ''}`,
      ];
  }
}

function optionLine(key: string, value: PlanChange['before']): string {
  if (isObject(value) && 'state' in value) {
    const rest = Object.entries(value)
      .filter(([name]) => name !== 'state')
      .map(([name, member]) => `, ${name} ${shown(member)}`);
    return `(${key} ${shown(value['state'])}${rest.join('')})`;
  }
  return `"${key}": ${JSON.stringify(value)}`;
}

function members(value: PlanChange['before']): readonly string[] {
  return isObject(value) ? Object.entries(value).map(([name, member]) => `${name} ${shown(member)}`) : [shown(value)];
}

function isObject(value: PlanChange['before']): value is Readonly<Record<string, PlanChange['before']>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
