export interface OutgoingMessage {
  /** The stream that must take it; another one taking it is an error. */
  stream: string;
  subject: string;
  messageId: string;
  headers: Readonly<Record<string, string>>;
  payload: Uint8Array | string;
}
