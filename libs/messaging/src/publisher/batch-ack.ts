import type { Msg } from '@nats-io/transport-node';
import { isRecord, jsonOf } from './publish-ack.ts';

/** nats-server: "atomic publish is disabled". */
const ATOMIC_PUBLISH_DISABLED = 10174;

/** What must stand in the answer to a batch, so that it counts as stored. */
export interface SentBatch {
  id: string;
  stream: string;
  count: number;
}

/** The answer to the last message of a batch: the sequence at which that one is stored, or why nothing is. */
export function readBatchAck(answer: Msg, sent: SentBatch): number | 'disabled' | 'refused' {
  const body = jsonOf(answer);
  if (!isRecord(body)) return 'refused';
  const { stream, seq, batch, count, error } = body;
  if (isRecord(error)) return error['err_code'] === ATOMIC_PUBLISH_DISABLED ? 'disabled' : 'refused';
  // Any subscriber of the subject may answer, and only a stream's word counts.
  const named = stream === sent.stream && batch === sent.id && count === sent.count;
  return named && typeof seq === 'number' ? seq : 'refused';
}
