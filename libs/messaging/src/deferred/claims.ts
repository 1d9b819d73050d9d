import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Claim, ClaimStore } from '../inbox/claim.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { appendMessages } from './appended-messages.ts';
import type { DeferredClaims } from './deferred-claims.ts';

type ClaimSome = (messages: readonly ReceivedMessage[]) => Promise<Claim[]>;

/**
 * One way to claim messages, wherever they come from: those of a stream by the inbox, those of the database by their
 * rows. A message whose key has earlier ones in the database is `blocked`, and has been appended to them.
 */
export class Claims implements ClaimStore {
  readonly #inbox: Inbox;
  readonly #rows: DeferredClaims;
  readonly #consumer: string;

  constructor(parts: { inbox: Inbox; rows: DeferredClaims; consumer: string }) {
    this.#inbox = parts.inbox;
    this.#rows = parts.rows;
    this.#consumer = parts.consumer;
  }

  /** Rows first: when the last one of a key is claimed, what comes from the stream behind it is no longer blocked. */
  async claim(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<Claim[]> {
    return await this.#each(tx, messages, {
      rows: (deferred) => this.#rows.claim(tx, deferred),
      inbox: (streamed) => this.#inbox.claim(tx, streamed),
    });
  }

  async peek(tx: SqlExecutor, message: ReceivedMessage): Promise<Claim> {
    const [claim] = await this.peekAll(tx, [message]);
    return claim ?? { state: 'seen' };
  }

  async peekAll(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<Claim[]> {
    return await this.#each(tx, messages, {
      rows: (deferred) => this.#rows.peek(tx, deferred),
      inbox: (streamed) => this.#inbox.peekAll(tx, streamed),
    });
  }

  /** Those of rows went with them. */
  async forgetAttempts(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<void> {
    await this.#inbox.forgetAttempts(tx, messages.filter(isStreamed));
  }

  async #each(
    tx: SqlExecutor,
    messages: readonly ReceivedMessage[],
    by: { rows: ClaimSome; inbox: ClaimSome },
  ): Promise<Claim[]> {
    const deferred = messages.filter((held) => !isStreamed(held));
    const streamed = deferred.length === 0 ? messages : messages.filter(isStreamed);
    const claims = new Map<ReceivedMessage, Claim | undefined>();
    const add = (some: readonly ReceivedMessage[], found: readonly Claim[]): void => {
      for (const [index, held] of some.entries()) claims.set(held, found[index]);
    };
    if (deferred.length > 0) add(deferred, await by.rows(deferred));
    if (streamed.length > 0) {
      add(streamed, await by.inbox(streamed));
      const blocked = streamed.filter((held) => claims.get(held)?.state === 'blocked');
      if (blocked.length > 0) await appendMessages(tx, this.#consumer, blocked);
    }
    return messages.map((held) => {
      const claim = claims.get(held);
      // Taken for seen it would be acknowledged without its effect.
      if (claim === undefined) throw new TypeError('There are fewer claims than messages.');
      return claim;
    });
  }
}

function isStreamed(held: ReceivedMessage): boolean {
  return held.parkedId === undefined;
}
