/** What `harden help` explains beside commands. */
export const TOPIC_NAMES = [
  'configuration',
  'environment',
  'errors',
  'exit-codes',
  'files',
  'health',
  'plan-file',
  'selection',
  'waivers',
  'way-back',
] as const;
export type TopicName = (typeof TOPIC_NAMES)[number];

export function isTopicName(word: string): word is TopicName {
  return TOPIC_NAMES.some((name) => name === word);
}
