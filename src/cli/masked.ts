import { redactJsonText } from '../host/redact-json.ts';
import { redactText } from '../host/redact-text.ts';
import type { Differences } from '../model/file-difference.ts';

/** File texts as they may be shown: values of secret names, users in URLs and keys are masked on both sides. */
export function masked({ files, unseen }: Differences): Differences {
  return {
    files: files.map(({ path, before, after }) => ({
      path,
      before: withoutSecrets(before),
      after: withoutSecrets(after),
    })),
    unseen,
  };
}

function withoutSecrets(text: string | null): string | null {
  const note = (): void => undefined;
  return text === null ? null : (redactJsonText(text, note) ?? redactText(text, note));
}
