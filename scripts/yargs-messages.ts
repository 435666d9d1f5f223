import { format } from 'node:util';

/** What yargs asks of the package y18n. */
interface Messages {
  __(text: string, ...values: readonly unknown[]): string;
  __n(one: string, many: string, count: number, ...values: readonly unknown[]): string;
  getLocale(): string;
  setLocale(locale: string): void;
  updateLocale(strings: Readonly<Record<string, string>>): void;
}

/**
 * Takes the place of yargs' translations in a bundle. Those are looked up on disk by the user's locale, relative to the
 * running file: a program run by root reads nothing from there, and its messages are English.
 */
function messages(): Messages {
  const replaced = new Map<string, string>();
  const say = (text: string, values: readonly unknown[]): string => format(replaced.get(text) ?? text, ...values);
  return {
    __: (text, ...values) => say(text, values),
    __n: (one, many, count, ...values) => {
      const text = count === 1 ? one : many;
      return say(text, text.includes('%d') ? [count, ...values] : values);
    },
    getLocale: () => 'en',
    setLocale: () => undefined,
    updateLocale: (strings) => {
      for (const [text, replacement] of Object.entries(strings)) {
        replaced.set(text, replacement);
      }
    },
  };
}

export { messages as default };
