/** `trouble`: harden cannot work here, or would not see something. `note`: good to know. */
export type Soundness = 'ok' | 'note' | 'trouble';

/** One thing harden needs, and how it stands here. */
export interface Examined {
  readonly topic: string;
  readonly state: Soundness;
  readonly text: string;
  /** What mends it, as a command or a sentence. */
  readonly mend?: string;
}
