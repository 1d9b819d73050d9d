import { type Database, Transaction } from '@orderflow/database';
import { MessageLife } from '../../src/processing/message-life.ts';
import { PartitionWorker } from '../../src/processing/partition-worker.ts';

/** Ways to get it wrong, each known from a library in use: they prove that the ledger shows it. */
export type Breakage = 'ack-before-commit' | 'no-fence' | 'inbox-before-handler' | 'no-inbox';

type Query = (this: Transaction, text: string, values?: readonly unknown[]) => Promise<unknown[]>;

/** Breaks the library in this process, for good. */
export function breakLibrary(how: Breakage, database: Database): void {
  const breakages: Record<Breakage, () => void> = {
    'ack-before-commit': acknowledgeFirst,
    'no-fence': forgetTheFence,
    'inbox-before-handler': () => markFirst(database),
    'no-inbox': forgetTheInbox,
  };
  breakages[how]();
}

function acknowledgeFirst(): void {
  const run = MessageLife.prototype.run;
  MessageLife.prototype.run = function (received) {
    for (const held of received.messages) held.delivery.ack();
    return run.call(this, received);
  };
}

/** A stale owner that nobody tells and nobody stops. */
function forgetTheFence(): void {
  PartitionWorker.prototype.lost = () => undefined;
  interceptQueries((text, values) => {
    if (!text.includes('FROM messaging.ownership') || !text.includes('FOR SHARE')) return undefined;
    const resources = values[1];
    return Promise.resolve(
      Array.isArray(resources) ? resources.map((resource: unknown) => ({ resource })) : [],
    );
  });
}

/** The id is stored in a transaction of its own: a message whose handler did not get through is taken for handled. */
function markFirst(database: Database): void {
  interceptQueries((text, values) =>
    text.includes('INSERT INTO messaging.inbox') ? database.query(text, values) : undefined,
  );
}

/** Trusts the broker to deliver once: everything that comes is new. */
function forgetTheInbox(): void {
  interceptQueries((text, values) => {
    if (!text.includes('INSERT INTO messaging.inbox')) return undefined;
    const ids = Array.isArray(values[1]) ? values[1] : [];
    // Sends the claim on to its second statement, which gets the answer that it expects.
    const doubtful = true;
    const unseen = { doubtful, recorded: 'handled', in_inbox: false, waiting_ms: null, attempts: null };
    return Promise.resolve(ids.map(() => unseen));
  });
}

function interceptQueries(
  answer: (text: string, values: readonly unknown[]) => Promise<unknown[]> | undefined,
): void {
  const query: Query = Transaction.prototype.query;
  const intercepted: Query = function (text, values = []) {
    return answer(text, values) ?? query.call(this, text, values);
  };
  Object.assign(Transaction.prototype, { query: intercepted });
}
