import type { SqlExecutor } from '@orderflow/database';
import type { HeldMessage } from '../consumer/held-message.ts';
import type { AttemptRecord, Claim, ClaimStore } from '../inbox/inbox.ts';
import { lockKey, settleKey } from './blocked-keys.ts';

const HEAD = `
  SELECT id, state, attempts, history FROM messaging.parked
  WHERE consumer = $1 AND key = $2 AND blocks ORDER BY id LIMIT 1`;

const REMOVE = `DELETE FROM messaging.parked WHERE id = $1`;

const HANDLED = `
  UPDATE messaging.inbox SET state = 'handled' WHERE consumer = $1 AND message_id = $2 AND stream = $3`;

interface HeadRow {
  id: number;
  state: 'dead' | 'waiting';
  attempts: number;
  history: AttemptRecord[];
}

/** Claims parked messages: the counterpart of the inbox for what is handled from the database. One message at a time. */
export class ParkedClaims implements ClaimStore {
  readonly #consumer: string;

  constructor(consumer: string) {
    this.#consumer = consumer;
  }

  async claim(tx: SqlExecutor, messages: readonly HeldMessage[]): Promise<Claim[]> {
    const claims: Claim[] = [];
    for (const held of messages) claims.push(await this.#take(tx, held));
    return claims;
  }

  async look(tx: SqlExecutor, held: HeldMessage): Promise<Claim> {
    const head = await this.#head(tx, held);
    return head === undefined
      ? { state: 'seen' }
      : { state: 'new', attempts: head.attempts, history: head.history };
  }

  async lookAll(tx: SqlExecutor, messages: readonly HeldMessage[]): Promise<Claim[]> {
    const claims: Claim[] = [];
    for (const held of messages) claims.push(await this.look(tx, held));
    return claims;
  }

  /** They are columns of the row that `claim` removes. */
  async forgetAttempts(): Promise<void> {
    await Promise.resolve();
  }

  async #take(tx: SqlExecutor, held: HeldMessage): Promise<Claim> {
    const head = await this.#head(tx, held);
    if (head === undefined) return { state: 'seen' };
    await tx.query(REMOVE, [head.id]);
    await tx.query(HANDLED, [this.#consumer, held.messageId, held.stream]);
    await settleKey(tx, { consumer: this.#consumer, key: held.key });
    return { state: 'new', attempts: head.attempts, history: head.history };
  }

  /** The row, unless it was handled, discarded or given up in the meantime. */
  async #head(tx: SqlExecutor, held: HeldMessage): Promise<HeadRow | undefined> {
    if ((await lockKey(tx, { consumer: this.#consumer, key: held.key })) !== 'draining') return undefined;
    const [head] = await tx.query<HeadRow>(HEAD, [this.#consumer, held.key]);
    return head?.id === held.parkedId && head?.state === 'waiting' ? head : undefined;
  }
}
