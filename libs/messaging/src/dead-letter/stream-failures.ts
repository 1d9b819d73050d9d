import type { SqlExecutor } from '@orderflow/database';
import type { Burial } from './dead-letter-row.ts';
import type { Parking } from './dead-letter-writer.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { HeldMessage } from '../message/received-message.ts';
import type { FailedAttempt, FailureStore } from './failure-store.ts';

/** Records failures of messages that come from a stream. */
export class StreamFailures implements FailureStore {
  readonly #inbox: Inbox;
  readonly #parking: Parking;

  constructor(inbox: Inbox, parking: Parking) {
    this.#inbox = inbox;
    this.#parking = parking;
  }

  async recordAttempt(tx: SqlExecutor, held: HeldMessage, attempt: FailedAttempt): Promise<void> {
    await this.#inbox.recordAttempt(tx, held, attempt);
  }

  async bury(
    tx: SqlExecutor,
    held: HeldMessage,
    burial: Omit<Burial, 'deaths'> & { blocks: boolean },
  ): Promise<void> {
    await this.#parking.bury(tx, held, { ...burial, deaths: 1 });
  }
}
