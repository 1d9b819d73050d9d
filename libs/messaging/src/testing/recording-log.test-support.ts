import type { Log } from '../log/log.ts';

export interface LogEntry {
  level: keyof Log;
  fields: object;
  message: string;
}

/** A log that keeps what it is told. */
export function recordingLog(): Log & { entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      entries.push({ level, fields, message });
    };
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
