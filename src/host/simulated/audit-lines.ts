import { type KernelRule, RuleRefused, parseRule } from './audit-rule-text.ts';

/** Listed rules are complete: nothing of a version's own is added to them. */
const AS_LISTED = [0, 0] as const;

/** The rule behind a line of `auditctl -l`, where nothing is escaped; undefined where it is not one we read. */
export function listedRule(line: string): KernelRule | undefined {
  const [, path, permissions = '', keys = ''] = /^-w (.+) -p ([rwxa]+)((?: -k .+)?)$/.exec(line) ?? [];
  const words =
    path === undefined
      ? line.split(/ (?=-[FSC] )/).flatMap((part) => [part.slice(0, 2), part.slice(3)])
      : [
          '-w',
          path,
          '-p',
          permissions,
          ...keys
            .split(' -k ')
            .slice(1)
            .flatMap((key) => ['-k', key]),
        ];
  const [option = '', first = '', ...rest] = words;
  try {
    return option === '-a' || option === '-w' ? parseRule(option, first, rest, AS_LISTED) : undefined;
  } catch (error) {
    if (error instanceof RuleRefused) {
      return undefined;
    }
    throw error;
  }
}

/** The rules of a file for `auditctl -R`: words between spaces, a backslash keeps a space, no quotes. Lines count from 1. */
export function ruleFileLines(text: string): readonly { readonly line: number; readonly words: readonly string[] }[] {
  return text.split('\n').flatMap((line, index) => {
    const words = (line.trim().match(/(?:\\.|[^\s\\])+/g) ?? []).map((word) => word.replaceAll(/\\(.)/g, '$1'));
    return words.length === 0 || words[0]?.startsWith('#') === true ? [] : [{ line: index + 1, words }];
  });
}
