/** What is said of an error code: a lower-case line without a stop, why it happens, and what to do. */
export interface CodePage {
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
}
