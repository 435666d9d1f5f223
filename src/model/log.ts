/** What HARDEN_LOG takes. */
export const LOG_CHOICES = ['auto', 'journal', 'file', 'off'] as const;

/** One line of the log, for whoever asks the next morning what was done. `priority`: as syslog(3) has it. */
export interface LogEntry {
  readonly priority: 3 | 4 | 6 | 7;
  readonly message: string;
  /** More of the same, by names that the system's journal takes: capitals and underscores. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Takes entries as they come. Gives, once, why nothing more is written. Never throws. */
export interface LogSink {
  write(entry: LogEntry): string | undefined;
}
