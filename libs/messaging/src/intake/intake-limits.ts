/**
 * All limits of what a process takes from its streams and has not yet settled. What waits longer than a moment waits in
 * the database (lane-limits.ts); beyond these limits nothing more is taken, and the broker keeps it.
 */
export const INTAKE_LIMITS = {
  /** Unsettled messages of one partition of a stream: bounds the work repeated after a crash. The broker keeps this limit. */
  messages: 512,
  /** Unsettled messages of a queue group, of all instances together. */
  groupMessages: 256,
  /** Bytes of unsettled messages of one partition of a stream. */
  bytes: 16_777_216,
  /** Bytes of unsettled messages of the process. A partition that holds none may go beyond it, so that none is starved. */
  processBytes: 67_108_864,
  /** What was read from the database and is not yet handled. */
  loadedMessages: 1_024,
  loadedBytes: 16_777_216,
  /** Messages asked for ahead, and bytes of them by the average size of the stream's messages; one message at least. */
  pullMessages: 256,
  pullBytes: 4_194_304,
  /** Bytes of the bodies in one transaction; one message at least. Decoded they are larger. */
  batchBytes: 8_388_608,
} as const;

/** How many messages to ask for ahead, by what the stream has. */
export function pullMessagesFor(
  { bytes, messages }: { readonly bytes: number; readonly messages: number },
  most: number = INTAKE_LIMITS.pullMessages,
): number {
  const average = messages === 0 ? 0 : bytes / messages;
  if (average === 0) return most;
  return Math.min(Math.max(Math.floor(INTAKE_LIMITS.pullBytes / average), 1), most);
}

/** How much more may be read from the database, beside what was. */
export function roomBeside(loaded: { readonly messages: number; readonly bytes: number }): {
  readonly messages: number;
  readonly bytes: number;
} {
  const { loadedMessages, loadedBytes } = INTAKE_LIMITS;
  return { messages: loadedMessages - loaded.messages, bytes: loadedBytes - loaded.bytes };
}
